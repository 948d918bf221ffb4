"""A Nokia ISAM 7360: the APON tables, where every ONT is an interface."""

from collections.abc import Sequence
from typing import Final

from lab.olt import wire
from lab.olt.device import Personality
from lab.olt.plant import Onu, Plant
from lab.olt.standard import table
from lab.olt.telling import fixed, interfaces, of, online
from lab.olt.view import Column, Rows
from lab.olt.wire import Oid

__all__ = ["PERSONALITIES"]

ASAM: Final[Oid] = (1, 3, 6, 1, 4, 1, 637, 61, 1)
APON: Final[Oid] = (*ASAM, 35, 10)
PORTS_PER_CARD: Final = 16
NO_LIGHT, NO_VALUE = wire.integer(32768), wire.integer(65534)


def on_card(port: int, kind: int) -> int:
    """Slots from 1, PONs from 0."""
    slot, pon = port // PORTS_PER_CARD + 1, port % PORTS_PER_CARD
    return (slot + 1) << 25 | kind << 21 | pon << 16


def pon_index(port: int) -> int:
    """A PON port."""
    return on_card(port, 13) | 0x2000


def ont_index(onu: Onu) -> int:
    """An ONT."""
    return on_card(onu.port, 14) | (onu.onu_id - 1) << 9


def columns(plant: Plant) -> Sequence[Column]:
    """All tables."""
    onus = Rows({(ont_index(onu),): onu for onu in plant.onus})
    shelf = Rows({(17,): None})
    return [
        *interfaces(
            plant,
            lambda port: (pon_index(port), " X-PON"),
            lambda number: (0x40560000 + number, "Ethernet Link"),
            onu=lambda onu: (ont_index(onu), " ONT"),
        ),
        *table(
            (*ASAM, 23, 2, 1),
            shelf,
            {4: lambda _: wire.octets("NFXS-E"), 13: lambda _: wire.octets("FH2027A0E3C")},
        ),
        *table(
            (*APON, 1, 1),
            onus,
            {
                5: of(wire.octets, "serial_octets"),
                9: of(wire.octets, "firmware"),
                24: of(wire.octets, "name"),
                26: of(wire.octets, "model"),
            },
        ),
        *table((*APON, 4, 1), onus, {3: online(fixed("distance_m", 0.01), NO_VALUE)}),
        *table(
            (*APON, 14, 1),
            onus,
            {2: online(fixed("rx_dbm", 500), NO_LIGHT), 4: online(fixed("tx_dbm", 500), NO_LIGHT)},
        ),
        *table((*APON, 18, 1), onus, {2: online(fixed("olt_rx_dbm", 10), NO_VALUE)}),
    ]


PERSONALITIES = (
    Personality(
        name="nokia",
        descr="R6.5.02r NFXS-E FANT-H NOKIA ISAM Copyright (c) 2016 Nokia.",
        object_id=ASAM,
        vendor_id="ALCL",
        columns=columns,
        if_index=pon_index,
    ),
)
