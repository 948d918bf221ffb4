"""How vendors tell a plant: numbers in their units, what stands for nothing, their clocks."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from isp.access_network import OnuState
from lab.olt import standard, wire
from lab.olt.plant import Onu, Plant
from lab.olt.view import Column

__all__ = ["Cell", "coded", "date_and_time", "fixed", "interfaces", "of", "online", "words"]

Cell = Callable[[Any], bytes | None]


def of(encode: Callable[[Any], bytes], name: str) -> Cell:
    """An attribute as it is."""
    return lambda held: encode(getattr(held, name))


def fixed(name: str, scale: float, offset: float = 0.0) -> Cell:
    """An attribute as an INTEGER of `scale` to its unit: 100 for hundredths."""
    return lambda held: wire.integer(round((getattr(held, name) - offset) * scale))


def words(name: str, form: str) -> Cell:
    """An attribute in a text: `{:.2f} dBm`."""
    return lambda held: wire.octets(form.format(getattr(held, name)))


def online(cell: Cell, away: bytes | None) -> Cell:
    """The cell while the ONU is online; `away` otherwise, a sentinel or nothing."""
    return lambda onu: cell(onu) if onu.online else away


def coded(codes: dict[OnuState, int]) -> Cell:
    """The ONU's state as the vendor numbers it; a state that it does not know is its offline."""
    return lambda onu: wire.integer(codes.get(onu.state, codes[OnuState.OFFLINE]))


def date_and_time(moment: datetime | None) -> bytes:
    """DateAndTime of 8 octets (RFC 2579), zeros for never."""
    if moment is None:
        return wire.octets(bytes(8))
    clock = (moment.month, moment.day, moment.hour, moment.minute, moment.second, 0)
    return wire.octets(moment.year.to_bytes(2, "big") + bytes(clock))


def interfaces(
    plant: Plant,
    pon: Callable[[int], tuple[int, str]],
    uplink: Callable[[int], tuple[int, str]] = lambda number: (number + 1, f"GE0/{number + 1}"),
    *,
    kind: int = standard.GPON,
    onu: Callable[[Onu], tuple[int, str]] | None = None,
) -> Sequence[Column]:
    """IF-MIB of the plant: each function makes ifIndex and name; `onu` where ONUs have rows too."""
    rows = [
        standard.Interface(
            *pon(port.number), kind, lambda port=port: (port.up, port.octets_up, port.octets_down)
        )
        for port in plant.ports
    ]
    rows += [
        standard.Interface(
            *uplink(each.number),
            standard.ETHERNET,
            lambda each=each: (each.up, each.octets_in, each.octets_out),
        )
        for each in plant.uplinks
    ]
    if onu is not None:
        rows += [
            standard.Interface(
                *onu(each), kind, lambda each=each: (each.online, each.octets_up, each.octets_down)
            )
            for each in plant.onus
        ]
    return standard.interfaces(rows)
