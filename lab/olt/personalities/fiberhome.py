"""A FiberHome AN5516-01: GEPON-OLT-COMMON-MIB."""

from collections.abc import Sequence
from typing import Final

from isp.access_network import OnuState
from lab.olt import wire
from lab.olt.device import Personality
from lab.olt.plant import Onu, Plant, Port
from lab.olt.standard import table
from lab.olt.telling import coded, fixed, interfaces, of, online
from lab.olt.view import Column, Rows, scalar
from lab.olt.wire import Oid

__all__ = ["PERSONALITIES"]

COMMON: Final[Oid] = (1, 3, 6, 1, 4, 1, 5875, 800, 3)
PORTS_PER_CARD: Final = 16
DARK: Final = wire.integer(0)
STATES: Final = {
    OnuState.LOS: 0,
    OnuState.ONLINE: 1,
    OnuState.DYING_GASP: 2,
    OnuState.OFFLINE: 3,
}


def place(port: int) -> tuple[int, int]:
    """Slot and PON; slots from 11, as line cards stand."""
    return port // PORTS_PER_CARD + 11, port % PORTS_PER_CARD + 1


def port_row(port: int) -> int:
    """A PON port's row."""
    slot, pon = place(port)
    return slot << 25 | pon << 19


def onu_row(onu: Onu) -> int:
    """An ONU's row."""
    return port_row(onu.port) | onu.onu_id << 8


def name(port: int) -> str:
    """`PON 11/4`."""
    slot, pon = place(port)
    return f"PON {slot}/{pon}"


def columns(plant: Plant) -> Sequence[Column]:
    """All tables."""
    onus = Rows({(onu_row(onu),): onu for onu in plant.onus})
    seen_by_olt = Rows({(port_row(onu.port), onu.onu_id): onu for onu in plant.onus})
    ports = Rows({(port_row(port.number),): port for port in plant.ports})
    found = Rows({(n,): onu for n, onu in enumerate(plant.unprovisioned, 1)})

    def count(port: Port) -> bytes:
        return wire.integer(sum(1 for _ in plant.on(port.number)))

    return [
        *interfaces(plant, lambda port: (port_row(port), name(port))),
        scalar((*COMMON, 9, 4, 3), lambda: wire.octets("RP0700")),
        scalar((*COMMON, 9, 4, 5), lambda: wire.integer(41)),
        *table(
            (*COMMON, 9, 3, 3, 1),
            onus,
            {
                6: online(fixed("rx_dbm", 100), DARK),
                7: online(fixed("tx_dbm", 100), DARK),
                8: online(fixed("voltage_volts", 100), DARK),
                9: online(fixed("bias_milliamperes", 100), DARK),
                10: online(fixed("temperature_celsius", 100), DARK),
            },
        ),
        *table(
            (*COMMON, 9, 3, 4, 1),
            ports,
            {
                2: lambda port: wire.octets(name(port.number)),
                5: lambda port: wire.integer(int(port.up)),
                8: fixed("tx_dbm", 100),
                9: fixed("voltage_volts", 100),
                10: fixed("bias_milliamperes", 100),
                11: fixed("temperature_celsius", 100),
                12: count,
            },
        ),
        *table((*COMMON, 9, 3, 7, 1), seen_by_olt, {2: online(fixed("olt_rx_dbm", 100), DARK)}),
        *table(
            (*COMMON, 10, 1, 1),
            onus,
            {
                2: lambda onu: wire.integer(place(onu.port)[0]),
                3: lambda onu: wire.integer(place(onu.port)[1]),
                4: of(wire.integer, "onu_id"),
                5: lambda _: wire.integer(546),
                7: of(wire.octets, "name"),
                10: of(wire.octets, "serial"),
                11: coded(STATES),
                12: of(wire.octets, "firmware"),
            },
        ),
        *table(
            (*COMMON, 11, 1, 1),
            found,
            {
                2: lambda onu: wire.integer(place(onu.port)[0]),
                3: lambda onu: wire.integer(place(onu.port)[1]),
                7: of(wire.octets, "serial"),
            },
        ),
    ]


PERSONALITIES = (
    Personality(
        name="fiberhome",
        descr="AN5516-01",
        object_id=(1, 3, 6, 1, 4, 1, 5875, 800, 1001, 11),
        vendor_id="FHTT",
        columns=columns,
        if_index=port_row,
    ),
)
