"""Calix: an E7-2 with AXOS and one with EXA, neither of which tells an ONT's serial or port."""

from collections.abc import Sequence
from typing import Final

from isp.access_network import DownCause, OnuState
from lab.olt import standard, wire
from lab.olt.device import Personality
from lab.olt.plant import Onu, Plant
from lab.olt.standard import table
from lab.olt.telling import Cell, coded, fixed, interfaces, of, online
from lab.olt.view import Column, Rows
from lab.olt.wire import Oid

__all__ = ["PERSONALITIES"]

CALIX: Final[Oid] = (1, 3, 6, 1, 4, 1, 6321)
AXOS: Final[Oid] = (*CALIX, 1, 2, 4, 2)
EXA: Final[Oid] = (*CALIX, 1, 2, 2, 2, 1)
DARK: Final = wire.integer(0)


def if_index(port: int) -> int:
    """Shelf 1, slot 1."""
    return 110010105 + port


def unit_id(onu: Onu) -> int:
    """ONTs are numbered over the whole node."""
    return onu.port * 1000 + onu.onu_id


def level(name: str) -> Cell:
    """0.0001 mW."""
    return lambda held: wire.integer(round(10 ** (getattr(held, name) / 10) * 10_000))


def pon_interfaces(plant: Plant) -> Sequence[Column]:
    """`1/1/xp1`."""
    return interfaces(
        plant,
        lambda port: (if_index(port), f"1/1/xp{port + 1}"),
        lambda number: (110100101 + number, f"1/1/q{number + 1}"),
        kind=standard.ETHERNET,
    )


def axos(plant: Plant) -> Sequence[Column]:
    """Axos-Card-MIB and Axos-Ont-MIB; the dying gasp is yes for everybody, as in real networks."""
    onts = Rows({(2_000_000 + unit_id(onu),): onu for onu in plant.onus})
    ports = Rows({(if_index(port.number),): port for port in plant.ports})
    cards = Rows({(1, 1): None})
    return [
        *pon_interfaces(plant),
        *table((*AXOS, 4, 1, 1), cards, {6: lambda _: wire.octets("22.2.0")}),
        *table(
            (*AXOS, 4, 2, 1),
            ports,
            {
                2: lambda port: wire.octets(f"1/1/xp{port.number + 1}"),
                3: lambda port: wire.integer(1 if port.up else 2),
                4: fixed("temperature_celsius", 1000),
                5: fixed("bias_milliamperes", 1000),
                6: level("tx_dbm"),
                8: fixed("voltage_volts", 1000),
            },
        ),
        *table(
            (*AXOS, 6, 1, 1),
            onts,
            {
                2: lambda onu: wire.octets(str(unit_id(onu))),
                3: lambda _: wire.integer(1),
                4: lambda onu: wire.integer(int(onu.online)),
                5: lambda _: wire.integer(1),
                6: online(level("rx_dbm"), DARK),
                7: online(level("tx_dbm"), DARK),
                8: online(level("olt_rx_dbm"), DARK),
                9: of(wire.octets, "firmware"),
            },
        ),
    ]


def exa(plant: Plant) -> Sequence[Column]:
    """E7-Calix-MIB."""
    onts = Rows({(unit_id(onu),): onu for onu in plant.onus})
    ports = Rows({(1, 1, port.number + 1): port for port in plant.ports})
    cards = Rows({(1, 1): None})
    return [
        *pon_interfaces(plant),
        *table((*EXA, 6, 1, 1), cards, {7: lambda _: wire.octets("3.4.10.35")}),
        *table(
            (*EXA, 6, 2, 1),
            ports,
            {
                4: lambda port: wire.integer(1 if port.up else 2),
                5: fixed("temperature_celsius", 1),
                6: fixed("bias_milliamperes", 1000),
                7: level("tx_dbm"),
                9: fixed("voltage_volts", 1000),
            },
        ),
        *table(
            (*EXA, 10, 1, 1),
            onts,
            {
                4: coded({OnuState.ONLINE: 1, OnuState.OFFLINE: 3, OnuState.DISABLED: 4}),
                5: lambda onu: wire.integer(int(onu.cause is DownCause.DYING_GASP)),
                6: online(fixed("rx_dbm", 500), DARK),
                7: online(fixed("tx_dbm", 500), DARK),
                8: online(fixed("olt_rx_dbm", 500), DARK),
                9: of(wire.octets, "firmware"),
            },
        ),
    ]


PERSONALITIES = (
    Personality(
        name="calix_axos",
        descr="Calix, Inc E7-2 XG801 none",
        object_id=(*CALIX, 1, 2, 4, 1, 1),
        vendor_id="CXNK",
        columns=axos,
        if_index=if_index,
    ),
    Personality(
        name="calix_exa",
        descr="Calix E7-2",
        object_id=(*CALIX, 1, 2, 2, 5, 3),
        vendor_id="CXNK",
        columns=exa,
        if_index=if_index,
    ),
)
