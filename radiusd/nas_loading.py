"""The NASes of the snapshot with their secrets opened."""

from collections.abc import Iterator

from chassis.log import get_logger
from chassis.sealing import SealBroken
from isp.sealed import Sealed
from radiusd import metrics
from radiusd.loading import OpenSealed
from radiusd.nas_table import NasTable, NasWithSecrets
from radiusd.snapshot import NasValue, Reading

__all__ = ["load_nas_table"]

log = get_logger("nas")


def load_nas_table(reading: Reading, open_sealed: OpenSealed) -> NasTable:
    """All NASes; one whose secret does not open is left out, counted and logged."""
    return NasTable(_opened(reading, open_sealed))


def _opened(reading: Reading, open_sealed: OpenSealed) -> Iterator[NasWithSecrets]:
    for value in reading.every_nas():
        try:
            yield _with_secrets(value, open_sealed)
        except SealBroken as broken:
            metrics.secrets_broken.add("nas")
            log.error("nas_secret_unreadable", nas=value.nas.name, problem=str(broken))


def _with_secrets(value: NasValue, open_sealed: OpenSealed) -> NasWithSecrets:
    previous = value.secret_previous_sealed
    return NasWithSecrets(
        nas=value.nas,
        network=value.network,
        secret=open_sealed(value.secret_sealed, Sealed.NAS_SECRET),
        secret_previous=None if previous is None else open_sealed(previous, Sealed.NAS_SECRET),
        secret_previous_until=value.secret_previous_until,
    )
