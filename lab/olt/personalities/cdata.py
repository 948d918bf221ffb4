"""C-Data: an FD1608S (GPON), an FD1208S (EPON) and an older EPON model with its own MIB."""

from collections.abc import Callable, Sequence
from typing import Final

from isp.access_network import DownCause
from lab.olt import standard, wire
from lab.olt.device import Personality
from lab.olt.plant import Onu, Plant
from lab.olt.standard import table
from lab.olt.telling import Cell, fixed, interfaces, of, online
from lab.olt.view import Column, Rows, scalar
from lab.olt.wire import Oid

__all__ = ["PERSONALITIES"]

NSCRTV: Final[Oid] = (1, 3, 6, 1, 4, 1, 17409)
EPON_EOC: Final[Oid] = (1, 3, 6, 1, 4, 1, 34592)
NO_RX, NO_TX, ZERO = wire.integer(-1), wire.integer(-3000), wire.integer(0)
CAUSES: Final = {DownCause.DYING_GASP: "dying-gasp", DownCause.LOS: "LOS"}


def if_index(port: int) -> int:
    """Device 1, ports after the uplinks."""
    return 1 << 24 | (port + 13) << 8


def onu_number(onu: Onu) -> int:
    """Device, slot, port and ONU packed, as the MIB says."""
    return 1 << 24 | (onu.port + 1) << 8 | onu.onu_id


def onu_number_tagged(onu: Onu) -> int:
    """The same as later firmware packs it."""
    return 0x480000 + (onu.port << 12) + onu.onu_id


def status(onu: Onu) -> bytes:
    """up(1), down(2)."""
    return wire.integer(1 if onu.online else 2)


def cause(onu: Onu) -> bytes:
    """In words; `--` before the first."""
    return wire.octets("--" if onu.cause is None else CAUSES.get(onu.cause, "unknown"))


def clock(onu: Onu) -> bytes:
    """In words too."""
    return wire.octets("--" if onu.down_at is None else f"{onu.down_at:%Y-%m-%d %H:%M:%S}")


def pon_interfaces(plant: Plant) -> Sequence[Column]:
    """`pon0/0/1`."""
    return interfaces(
        plant,
        lambda port: (if_index(port), f"pon0/0/{port + 1}"),
        lambda number: (1 << 24 | (number + 1) << 8, f"xge0/0/{number + 1}"),
        kind=standard.ETHERNET,
    )


def itself(model: str, software: str) -> list[Column]:
    """Device 1 and its board 0."""
    device, board = Rows({(1,): model}), Rows({(1, 0): software})
    return [
        *table((*NSCRTV, 2, 3, 1, 2, 1, 1), device, {3: wire.octets}),
        *table(
            (*NSCRTV, 2, 3, 1, 3, 1, 1), board, {7: lambda _: wire.octets("V1.1"), 9: wire.octets}
        ),
    ]


def transceiver(onus: Rows, entry: Oid) -> list[Column]:
    """The ONUs' own light; an ONU that is away is told as -0.01 and -30.00 dBm."""
    return table(
        entry,
        onus,
        {
            4: online(fixed("rx_dbm", 100), NO_RX),
            5: online(fixed("tx_dbm", 100), NO_TX),
            6: online(fixed("bias_milliamperes", 100), ZERO),
            7: online(fixed("voltage_volts", 100), ZERO),
            8: online(fixed("temperature_celsius", 100), ZERO),
        },
    )


def gpon(plant: Plant) -> Sequence[Column]:
    """NSCRTV-FTTX-GPON-MIB and the vendor's later columns."""
    onus = Rows({(onu_number_tagged(onu),): onu for onu in plant.onus})
    lights = Rows({(onu_number_tagged(onu), 0, 0): onu for onu in plant.onus})
    return [
        *pon_interfaces(plant),
        *itself("FD1608S-B1", "V3.3.45_250430"),
        *table((*NSCRTV, 2, 3, 3, 6, 1), onus, {2: online(fixed("olt_rx_dbm", 100), NO_RX)}),
        *table(
            (*NSCRTV, 2, 8, 4, 1, 1),
            onus,
            {
                2: of(wire.octets, "name"),
                3: of(wire.octets, "serial_octets"),
                6: of(wire.octets, "model"),
                7: status,
                9: online(of(wire.integer, "distance_m"), ZERO),
                102: clock,
                103: cause,
            },
        ),
        *table(
            (*NSCRTV, 2, 8, 4, 2, 1),
            onus,
            {
                2: of(wire.octets, "firmware"),
                6: lambda _: wire.octets("V0"),
                8: lambda _: ZERO,
            },
        ),
        *transceiver(lights, (*NSCRTV, 2, 8, 4, 4, 1)),
    ]


def epon(plant: Plant) -> Sequence[Column]:
    """NSCRTV-FTTX-EPON-MIB."""
    onus = Rows({(onu_number(onu),): onu for onu in plant.onus})
    lights = Rows({(onu_number(onu), 0, 0): onu for onu in plant.onus})
    return [
        *pon_interfaces(plant),
        *itself("FD1208S-B0", "V1.5.2"),
        *table(
            (*NSCRTV, 2, 3, 4, 1, 1),
            onus,
            {
                2: of(wire.octets, "name"),
                7: of(wire.octets, "mac"),
                8: status,
                13: of(wire.octets, "firmware"),
                15: online(of(wire.integer, "distance_m"), ZERO),
                26: of(wire.octets, "model"),
            },
        ),
        *transceiver(lights, (*NSCRTV, 2, 3, 4, 2, 1)),
        *table((*EPON_EOC, 1, 3, 100, 12, 3, 1, 1), onus, {7: cause}),
    ]


def tenths_of_microwatts(name: str) -> Cell:
    """Light as the older models have it."""
    return lambda onu: wire.integer(round(10 ** (getattr(onu, name) / 10) * 10_000))


def fd(plant: Plant) -> Sequence[Column]:
    """FD-ONU-MIB."""
    onus = Rows({(1, onu.port + 1, onu.onu_id): onu for onu in plant.onus})
    return [
        *pon_interfaces(plant),
        scalar((*EPON_EOC, 1, 3, 1, 5, 2, 1, 1, 4), lambda: wire.octets("V4.0")),
        scalar((*EPON_EOC, 1, 3, 1, 5, 2, 1, 1, 5), lambda: wire.octets("4.2.7.58")),
        *table(
            (*EPON_EOC, 1, 3, 4, 1, 1),
            onus,
            {
                4: of(wire.octets, "name"),
                6: of(wire.octets, "firmware"),
                7: of(wire.octets, "mac"),
                11: lambda onu: wire.integer(4 if onu.online else 2),
                13: online(of(wire.integer, "distance_m"), ZERO),
                36: online(tenths_of_microwatts("rx_dbm"), ZERO),
                37: online(tenths_of_microwatts("tx_dbm"), ZERO),
                45: cause,
            },
        ),
    ]


def personality(
    name: str, object_id: Oid, columns: Callable[[Plant], Sequence[Column]]
) -> Personality:
    """All three say no more of themselves than their enterprise."""
    return Personality(
        name=name,
        descr="olt",
        object_id=object_id,
        vendor_id="XPON",
        columns=columns,
        if_index=if_index,
    )


PERSONALITIES = (
    personality("cdata_gpon", NSCRTV, gpon),
    personality("cdata_epon", NSCRTV, epon),
    personality("cdata_fd", EPON_EOC, fd),
)
