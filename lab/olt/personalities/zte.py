"""ZTE in both of its trees: a C300 of version 1 (A) and a C600 (B)."""

from collections.abc import Sequence
from typing import Final

from isp.access_network import DownCause, OnuState
from lab.olt import wire
from lab.olt.device import Personality
from lab.olt.plant import Onu, Plant
from lab.olt.standard import table
from lab.olt.telling import Cell, coded, date_and_time, fixed, interfaces, of, online
from lab.olt.view import Column, Rows
from lab.olt.wire import Oid

__all__ = ["PERSONALITIES"]

ZTE: Final[Oid] = (1, 3, 6, 1, 4, 1, 3902)
GPON: Final[Oid] = (*ZTE, 1012, 3)
PON: Final[Oid] = (*ZTE, 1082, 500)
PORTS_PER_CARD: Final = 16
NO_LIGHT: Final = wire.integer(65535)
NO_RECEIVED: Final = wire.integer(-80000)
PHASES_A: Final = {
    OnuState.LOGGING: 0,
    OnuState.LOS: 1,
    OnuState.ONLINE: 3,
    OnuState.DYING_GASP: 4,
    OnuState.AUTH_FAILED: 5,
    OnuState.OFFLINE: 6,
}
PHASES_B: Final = {state: phase + 1 for state, phase in PHASES_A.items()}
REASONS: Final = {DownCause.LOS: 2, DownCause.DYING_GASP: 9, DownCause.RESET: 12}


def light(name: str) -> Cell:
    """Steps of 0.002 dB from -30 dBm in 16 bits of two's complement."""
    return lambda onu: wire.integer(round((getattr(onu, name) + 30) / 0.002) & 0xFFFF)


def place(port: int) -> tuple[int, int]:
    """Slot and port, from 1."""
    return port // PORTS_PER_CARD + 1, port % PORTS_PER_CARD + 1


def port_id(port: int) -> int:
    """Tree A's own index of a port."""
    slot, number = place(port)
    return 1 << 28 | slot << 16 | number << 8


def if_index_a(port: int) -> int:
    """IF-MIB's, which counts from 0."""
    slot, number = place(port)
    return 1 << 28 | (slot - 1) << 16 | (number - 1) << 8


def columns_a(plant: Plant) -> Sequence[Column]:
    """Tree A."""
    onus = Rows({(port_id(onu.port), onu.onu_id): onu for onu in plant.onus})
    lights = Rows({(port_id(onu.port), onu.onu_id, 1): onu for onu in plant.onus})
    ports = Rows({(port_id(port.number),): port for port in plant.ports})
    found = Rows({(port_id(onu.port), n): onu for n, onu in enumerate(plant.unprovisioned, 1)})

    def name(port: int) -> str:
        slot, number = place(port)
        return f"gpon-olt_1/{slot}/{number}"

    return [
        *interfaces(
            plant,
            lambda port: (if_index_a(port), name(port)),
            lambda number: (1 << 28 | 18 << 16 | number << 8, f"gei_1/19/{number + 1}"),
        ),
        *table(
            (*GPON, 28, 1, 1),
            onus,
            {
                1: of(wire.octets, "model"),
                2: lambda onu: wire.octets(f"ONU-{onu.onu_id}"),
                3: of(wire.octets, "name"),
                5: of(wire.octets, "serial_octets"),
            },
        ),
        *table((*GPON, 28, 2, 1), onus, {4: coded(PHASES_A)}),
        *table((*GPON, 11, 4, 1), onus, {2: of(wire.integer, "distance_m")}),
        *table((*GPON, 13, 1, 1), ports, {1: lambda port: wire.octets(f"OLT-{port.number + 1}")}),
        *table((*GPON, 13, 3, 1), found, {2: of(wire.octets, "serial_octets")}),
        *table(
            (*GPON, 50, 12, 1, 1),
            lights,
            {10: online(light("rx_dbm"), NO_LIGHT), 14: online(light("tx_dbm"), NO_LIGHT)},
        ),
        *table(
            (*ZTE, 1015, 1010, 11, 2, 1),
            onus,
            {2: online(fixed("olt_rx_dbm", 1000), NO_RECEIVED)},
        ),
    ]


def if_index_b(port: int) -> int:
    """Tree B has one index for both."""
    slot, number = place(port)
    return 0x11 << 24 | 1 << 16 | slot << 8 | number


def reason(onu: Onu) -> bytes:
    """Why it left last; 1 is unknown."""
    return wire.integer(1 if onu.cause is None else REASONS.get(onu.cause, 13))


def columns_b(plant: Plant) -> Sequence[Column]:
    """Tree B."""
    onus = Rows({(if_index_b(onu.port), onu.onu_id): onu for onu in plant.onus})
    lights = Rows({(if_index_b(onu.port), onu.onu_id, 1): onu for onu in plant.onus})
    found = Rows({(if_index_b(onu.port), n): onu for n, onu in enumerate(plant.unprovisioned, 1)})

    def name(port: int) -> str:
        slot, number = place(port)
        return f"gpon_olt-1/{slot}/{number}"

    return [
        *interfaces(
            plant,
            lambda port: (if_index_b(port), name(port)),
            lambda number: (0x11 << 24 | 1 << 16 | 19 << 8 | number + 1, f"xgei-1/19/{number + 1}"),
        ),
        *table(
            (*PON, 10, 2, 3, 3, 1),
            onus,
            {
                2: lambda onu: wire.octets(f"ONU-{onu.onu_id}"),
                3: of(wire.octets, "name"),
                6: of(wire.octets, "serial_octets"),
                18: lambda onu: wire.octets(f"1,{onu.serial}"),
            },
        ),
        *table(
            (*PON, 10, 2, 3, 8, 1),
            onus,
            {4: coded(PHASES_B), 6: lambda onu: date_and_time(onu.down_at), 7: reason},
        ),
        *table((*PON, 10, 2, 3, 10, 1), onus, {2: of(wire.integer, "distance_m")}),
        *table(
            (*PON, 10, 2, 2, 5, 1),
            found,
            {2: of(wire.octets, "serial_octets"), 7: of(wire.octets, "model")},
        ),
        *table((*PON, 20, 2, 1, 2, 1), onus, {8: of(wire.octets, "model")}),
        *table(
            (*PON, 20, 2, 2, 2, 1),
            lights,
            {10: online(light("rx_dbm"), NO_LIGHT), 14: online(light("tx_dbm"), NO_LIGHT)},
        ),
        *table((*PON, 1, 2, 4, 2, 1), onus, {2: online(fixed("olt_rx_dbm", 1000), NO_RECEIVED)}),
    ]


PERSONALITIES = (
    Personality(
        name="zte",
        descr="ZXA10 C300, ZTE ZXA10 Software Version: V1.2.5P3",
        object_id=(*ZTE, 1082, 1001, 300, 2, 1),
        vendor_id="ZTEG",
        columns=columns_a,
        if_index=if_index_a,
    ),
    Personality(
        name="zte_titan",
        descr="C600 Version V1.2.2 Software, Copyright (c) by ZTE Corporation",
        object_id=(*ZTE, 1082, 1001, 600, 2, 1),
        vendor_id="ZTEG",
        columns=columns_b,
        if_index=if_index_b,
    ),
)
