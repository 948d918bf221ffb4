"""The ONUs as the view `report.onus` tells them: where they are, how they are, whose they are."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from isp.access_network import OnuState
from operations.service_record import ServiceRecord

__all__ = ["ONUS_LISTED_MAX", "Onu", "Unprovisioned", "listed", "of_service", "unprovisioned"]

ONUS_LISTED_MAX: Final = 10_000
"""Some OLTs in full; who wants more reads the view."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Onu:
    """An ONU with its last readings, None where its OLT gives none.

    Powers name both ends: `rx_dbm` is what the ONU receives, `olt_rx_dbm` what the OLT receives of
    it. `last_down_at` is by the OLT's clock. `login` and `subscriber` None: it is nobody's yet.
    """

    serial: str
    device: str
    port: str
    onu_id: int | None
    state: OnuState
    state_changed_at: datetime
    description: str | None
    model: str | None
    last_down_cause: str | None
    last_down_at: datetime | None
    rx_dbm: float | None
    tx_dbm: float | None
    olt_rx_dbm: float | None
    optics_read_at: datetime | None
    distance_m: int | None
    temperature_celsius: float | None
    last_seen_at: datetime
    missing_since: datetime | None
    subscriber: str | None
    login: str | None
    linked_by: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Unprovisioned:
    """An ONU that a port sees and nobody configured; `login` is who was sold it."""

    serial: str
    device: str
    port: str
    model: str | None
    first_seen_at: datetime
    last_seen_at: datetime
    login: str | None


COLUMNS: Final = ", ".join(field.name for field in fields(Onu))
LISTED: Final = text(f"""
    SELECT {COLUMNS} FROM report.onus
     WHERE (CAST(:device AS text) IS NULL OR device = :device)
       AND (CAST(:port AS text) IS NULL OR port = :port)
       AND (CAST(:state AS text) IS NULL OR state = :state)
       AND (NOT :unlinked OR login IS NULL)
     ORDER BY device, port, onu_id, serial LIMIT :rows
""")
OF_SERVICE: Final = text(f"""
    SELECT {COLUMNS} FROM report.onus WHERE subscriber = :subscriber AND login = :login
""")
UNPROVISIONED: Final = text("""
    SELECT seen.serial, device.name AS device, seen.port, seen.model, seen.first_seen_at,
        seen.last_seen_at, service.name AS login
      FROM onu_unprovisioned AS seen
      JOIN device USING (device_id)
      LEFT JOIN service ON service.onu_serial = seen.serial AND service.state <> 'terminated'
     WHERE device.removed_at IS NULL
       AND (CAST(:device AS text) IS NULL OR device.name = :device)
       AND (CAST(:port AS text) IS NULL OR seen.port = :port)
     ORDER BY device.name, seen.port, seen.serial LIMIT :rows
""")


async def listed(
    transaction: AsyncConnection,
    *,
    device: str | None = None,
    port: str | None = None,
    state: OnuState | None = None,
    unlinked: bool = False,
) -> tuple[Onu, ...]:
    """The ONUs by place; `unlinked`: only those that are nobody's."""
    values = {"device": device, "port": port, "state": state, "unlinked": unlinked}
    rows = await transaction.execute(LISTED, values | {"rows": ONUS_LISTED_MAX})
    return tuple(_onu(row._mapping) for row in rows)


async def of_service(transaction: AsyncConnection, found: ServiceRecord) -> Onu | None:
    """The ONU at the end of that service's line, where one is known."""
    values = {"subscriber": found.subscriber, "login": found.login}
    row = (await transaction.execute(OF_SERVICE, values)).first()
    return None if row is None else _onu(row._mapping)


async def unprovisioned(
    transaction: AsyncConnection, *, device: str | None = None, port: str | None = None
) -> tuple[Unprovisioned, ...]:
    """What the ports see that nobody configured, by place."""
    values = {"device": device, "port": port, "rows": ONUS_LISTED_MAX}
    rows = await transaction.execute(UNPROVISIONED, values)
    return tuple(Unprovisioned(**row._mapping) for row in rows)


def _onu(row: RowMapping) -> Onu:
    return Onu(**{**row, "state": OnuState(row["state"])})
