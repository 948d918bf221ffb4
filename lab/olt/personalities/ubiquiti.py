"""A Ubiquiti UF-OLT: UBNT-UFIBER-MIB, where an ONU's row is its serial as a string."""

from collections.abc import Sequence
from typing import Final

from lab.olt import standard, wire
from lab.olt.device import Personality
from lab.olt.plant import Onu, Plant
from lab.olt.standard import table
from lab.olt.telling import fixed, interfaces, of, online
from lab.olt.view import Column, Rows, scalar
from lab.olt.wire import Oid

__all__ = ["PERSONALITIES"]

UFIBER: Final[Oid] = (1, 3, 6, 1, 4, 1, 41112, 1, 5)
DARK: Final = wire.integer(0)


def row(onu: Onu) -> Oid:
    """Length, then the characters; this vendor writes its serials in small letters."""
    text = serial(onu)
    return (len(text), *text)


def serial(onu: Onu) -> bytes:
    """`UBNT2073b7de`."""
    return f"{onu.vendor_id}{onu.number:08x}".encode()


def columns(plant: Plant) -> Sequence[Column]:
    """All tables."""
    onus = Rows({row(onu): onu for onu in plant.onus})
    sfps = Rows({(port.number,): port for port in plant.ports})
    thermometers = Rows({(number,): number for number in range(3)})
    return [
        *interfaces(
            plant,
            lambda port: (port + 10, f"pon{port + 1}"),
            lambda number: (number + 1, f"eth{number}"),
            kind=standard.ETHERNET,
        ),
        scalar((*UFIBER, 1, 1), lambda: wire.octets("UFiber OLT")),
        scalar((*UFIBER, 1, 2), lambda: wire.octets("B4FBE41B4808")),
        scalar((*UFIBER, 1, 3), lambda: wire.octets("UF-OLT.ER-e600.v4.4.2.4598.220304.1412")),
        *table((*UFIBER, 4, 2, 1), thermometers, {3: lambda _: wire.integer(47250)}),
        *table(
            (*UFIBER, 6, 2, 1),
            onus,
            {
                1: lambda onu: wire.octets(serial(onu)),
                2: of(wire.octets, "name"),
                3: lambda onu: wire.integer(1 if onu.online else 2),
                4: of(wire.octets, "model"),
                5: lambda onu: wire.integer(onu.port + 1 if onu.online else 0),
                8: online(fixed("tx_dbm", 100), DARK),
                9: online(fixed("rx_dbm", 100), DARK),
                10: of(wire.counter64, "octets_down"),
                11: of(wire.counter64, "octets_up"),
            },
        ),
        *table(
            (*UFIBER, 7, 2, 1),
            sfps,
            {
                2: lambda port: wire.octets(f"pon{port.number + 1}"),
                3: lambda port: wire.integer(1 if port.up else 2),
                6: of(wire.counter64, "octets_down"),
                7: of(wire.counter64, "octets_up"),
            },
        ),
    ]


PERSONALITIES = (
    Personality(
        name="ubiquiti",
        descr="EdgeOS v4.4.2.4598.220304.1412",
        object_id=UFIBER,
        vendor_id="UBNT",
        columns=columns,
        if_index=lambda port: port + 10,
    ),
)
