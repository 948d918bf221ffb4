"""A Huawei MA5800: HUAWEI-XPON-MIB."""

from collections.abc import Sequence
from typing import Final

from isp.access_network import DownCause
from lab.olt import wire
from lab.olt.device import Personality
from lab.olt.plant import Onu, Plant, Port
from lab.olt.standard import table
from lab.olt.telling import date_and_time, fixed, interfaces, of, online
from lab.olt.view import Column, Rows, scalar
from lab.olt.wire import Oid

__all__ = ["PERSONALITIES"]

XPON: Final[Oid] = (1, 3, 6, 1, 4, 1, 2011, 6, 128, 1, 1)
PORTS_PER_CARD: Final = 16
NOTHING: Final = wire.integer(2147483647)
INVALID: Final = wire.integer(-1)
CAUSES: Final = {
    DownCause.LOS: 1,
    DownCause.DYING_GASP: 13,
    DownCause.DEACTIVATED: 8,
    DownCause.RESET: 9,
    DownCause.RING: 18,
    DownCause.ROGUE: 37,
    DownCause.OPTICS_OFF: 30,
}


def if_index(port: int) -> int:
    """125 << 25 is GPON; frame 0, slots from 1."""
    slot, number = port // PORTS_PER_CARD + 1, port % PORTS_PER_CARD
    return 125 << 25 | slot << 13 | number << 8


def name(port: int) -> str:
    """As ifName has it."""
    return f"GPON 0/{port // PORTS_PER_CARD + 1}/{port % PORTS_PER_CARD}"


def cause(onu: Onu) -> bytes:
    """The last down cause; -1 before the first."""
    return INVALID if onu.cause is None else wire.integer(CAUSES.get(onu.cause, 10))


def port_tables(plant: Plant) -> list[Column]:
    """What is told of PON ports, by ifIndex."""
    ports = Rows({(if_index(port.number),): port for port in plant.ports})

    def count(port: Port) -> bytes:
        return wire.integer(sum(1 for _ in plant.on(port.number)))

    return [
        *table((*XPON, 2, 21, 1), ports, {16: count}),
        *table(
            (*XPON, 2, 23, 1),
            ports,
            {
                1: fixed("temperature_celsius", 1),
                2: fixed("voltage_volts", 100),
                3: fixed("bias_milliamperes", 1),
                4: fixed("tx_dbm", 100),
                5: lambda _: NOTHING,
            },
        ),
        *table(
            (*XPON, 4, 21, 1),
            ports,
            {15: of(wire.counter64, "octets_up"), 30: of(wire.counter64, "octets_down")},
        ),
    ]


def onu_tables(plant: Plant) -> list[Column]:
    """What is told of ONTs, by ifIndex and ONT id."""
    onus = Rows({(if_index(onu.port), onu.onu_id): onu for onu in plant.onus})
    return [
        *table(
            (*XPON, 2, 43, 1),
            onus,
            {
                3: of(wire.octets, "serial_octets"),
                9: of(wire.octets, "name"),
                10: lambda _: wire.integer(1),
            },
        ),
        *table(
            (*XPON, 2, 45, 1), onus, {4: of(wire.octets, "model"), 5: of(wire.octets, "firmware")}
        ),
        *table(
            (*XPON, 2, 46, 1),
            onus,
            {
                15: lambda onu: wire.integer(1 if onu.online else 2),
                20: online(of(wire.integer, "distance_m"), INVALID),
                22: lambda onu: date_and_time(onu.up_at),
                23: lambda onu: date_and_time(onu.down_at),
                24: cause,
                30: of(wire.octets, "serial_octets"),
            },
        ),
        *table(
            (*XPON, 2, 51, 1),
            onus,
            {
                1: online(fixed("temperature_celsius", 1), NOTHING),
                2: online(fixed("bias_milliamperes", 1), NOTHING),
                3: online(fixed("tx_dbm", 100), NOTHING),
                4: online(fixed("rx_dbm", 100), NOTHING),
                5: online(fixed("voltage_volts", 1000), NOTHING),
                6: online(fixed("olt_rx_dbm", 100, offset=-100), NOTHING),
            },
        ),
        *table(
            (*XPON, 4, 23, 1),
            onus,
            {3: of(wire.counter64, "octets_up"), 4: of(wire.counter64, "octets_down")},
        ),
    ]


def columns(plant: Plant) -> Sequence[Column]:
    """All tables."""
    found = Rows(
        {(if_index(onu.port), count): onu for count, onu in enumerate(plant.unprovisioned, 1)}
    )
    return [
        *interfaces(
            plant,
            lambda port: (if_index(port), name(port)),
            lambda number: (7 << 25 | 8 << 13 | number << 6, f"ethernet0/8/{number}"),
        ),
        scalar((1, 3, 6, 1, 4, 1, 2011, 6, 3, 1, 999), lambda: wire.octets("MA5800V100R019C10")),
        *port_tables(plant),
        *onu_tables(plant),
        *table(
            (*XPON, 2, 48, 1),
            found,
            {2: of(wire.octets, "serial_octets"), 8: lambda onu: date_and_time(onu.up_at)},
        ),
    ]


PERSONALITIES = (
    Personality(
        name="huawei",
        descr="Huawei Integrated Access Software",
        object_id=(1, 3, 6, 1, 4, 1, 2011, 2, 248),
        vendor_id="HWTC",
        columns=columns,
        if_index=if_index,
    ),
)
