"""V-SOL: a V1600G (GPON) and a V1600D (EPON), which tell light in words."""

from collections.abc import Sequence
from typing import Final

from isp.access_network import DownCause, OnuState
from lab.olt import standard, wire
from lab.olt.device import Personality
from lab.olt.plant import Onu, Plant
from lab.olt.standard import table
from lab.olt.telling import Cell, coded, interfaces, of, online, words
from lab.olt.view import Column, Rows, scalar
from lab.olt.wire import Oid

__all__ = ["PERSONALITIES"]

VSOL: Final[Oid] = (1, 3, 6, 1, 4, 1, 37950, 1, 1)
GPON: Final[Oid] = (*VSOL, 6, 1, 1)
AWAY: Final = wire.octets("N/A")
PHASES: Final = {
    OnuState.LOGGING: 0,
    OnuState.LOS: 1,
    OnuState.ONLINE: 3,
    OnuState.DYING_GASP: 4,
    OnuState.AUTH_FAILED: 5,
    OnuState.OFFLINE: 6,
}
REASONS: Final = {DownCause.DYING_GASP: "Dying-Gasp", DownCause.LOS: "LOS"}
PORT_BASE, ONU_BASE = 5, 1000


def if_index(port: int) -> int:
    """Ports stand after the uplinks."""
    return PORT_BASE + port


def identity(model: str) -> list[Column]:
    """How both say who they are."""
    return [
        scalar((*VSOL, 5, 10, 12, 5, 4), lambda: wire.octets("V2.03.74R")),
        scalar((*VSOL, 5, 10, 12, 5, 11), lambda: wire.octets("V2007150017")),
        scalar((*VSOL, 5, 10, 14, 5), lambda: wire.octets(model)),
    ]


def milliwatts(name: str) -> Cell:
    """`0.03 mW (-14.61 dBm)`."""

    def told(onu: Onu) -> bytes:
        dbm = getattr(onu, name)
        return wire.octets(f"{10 ** (dbm / 10):.2f} mW ({dbm:.2f} dBm)")

    return told


def reason(onu: Onu) -> bytes:
    """Why it left last, in words."""
    return AWAY if onu.cause is None else wire.octets(REASONS.get(onu.cause, "Unknown"))


def clock(onu: Onu) -> bytes:
    """When it left last, in words."""
    return AWAY if onu.down_at is None else wire.octets(f"{onu.down_at:%Y/%m/%d %H:%M:%S}")


def gpon(plant: Plant) -> Sequence[Column]:
    """The V1600G MIB."""
    onus = Rows({(onu.port + 1, onu.onu_id): onu for onu in plant.onus})
    return [
        *interfaces(plant, lambda port: (if_index(port), f"GPON0/{port + 1}")),
        *identity("V1600G1"),
        *table(
            (*GPON, 1, 1),
            onus,
            {5: coded(PHASES), 7: of(wire.octets, "name"), 9: clock, 10: reason},
        ),
        *table((*GPON, 2, 1), onus, {5: of(wire.octets, "serial"), 6: of(wire.octets, "model")}),
        *table(
            (*GPON, 3, 1),
            onus,
            {
                3: online(words("temperature_celsius", "{:.2f}"), AWAY),
                4: online(words("voltage_volts", "{:.2f}"), AWAY),
                5: online(words("bias_milliamperes", "{:.2f}"), AWAY),
                6: online(words("tx_dbm", "{:.2f}"), AWAY),
                7: online(words("rx_dbm", "{:.2f}"), AWAY),
            },
        ),
        *table((*GPON, 4, 1), onus, {25: of(wire.octets, "firmware")}),
        *table((*GPON, 12, 1), onus, {3: online(of(wire.integer, "distance_m"), None)}),
        *table(
            (*GPON, 17, 1),
            onus,
            {13: of(wire.counter64, "octets_up"), 15: of(wire.counter64, "octets_down")},
        ),
    ]


def epon(plant: Plant) -> Sequence[Column]:
    """The V1600D MIB; ONUs are interfaces too."""
    onus = Rows({(onu.port + 1, onu.onu_id): onu for onu in plant.onus})
    ports = Rows({(port.number + 1,): port for port in plant.ports})
    return [
        *interfaces(
            plant,
            lambda port: (if_index(port), f"EPON0/{port + 1}"),
            kind=standard.ETHERNET,
            onu=lambda onu: (
                ONU_BASE + onu.port * 128 + onu.onu_id,
                f"EPON0/{onu.port + 1}:{onu.onu_id}",
            ),
        ),
        *identity("V1600D4"),
        *table(
            (*VSOL, 5, 10, 13, 1, 1),
            ports,
            {
                2: words("temperature_celsius", "{:.2f} .C"),
                3: words("voltage_volts", "{:.2f} V"),
                4: words("bias_milliamperes", "{:.2f} mA"),
                5: words("tx_dbm", "{:.2f} dbm"),
            },
        ),
        *table(
            (*VSOL, 5, 12, 1, 25, 1),
            onus,
            {
                4: lambda onu: wire.integer(int(onu.online)),
                5: lambda onu: wire.octets(onu.mac.hex(":")),
                9: of(wire.octets, "name"),
                15: lambda onu: wire.integer(int(onu.cause is DownCause.DYING_GASP)),
                17: online(of(wire.integer, "distance_m"), None),
            },
        ),
        *table((*VSOL, 5, 12, 2, 1, 2, 1), onus, {4: of(wire.octets, "model")}),
        *table(
            (*VSOL, 5, 12, 2, 1, 8, 1),
            onus,
            {
                3: online(words("temperature_celsius", "{:.2f} C"), None),
                4: online(words("voltage_volts", "{:.2f} V"), None),
                5: online(words("bias_milliamperes", "{:.2f} mA"), None),
                6: online(milliwatts("tx_dbm"), None),
                7: online(milliwatts("rx_dbm"), wire.octets("0.00 mW (-inf dBm)")),
            },
        ),
    ]


PERSONALITIES = (
    Personality(
        name="vsol_gpon",
        descr="V1600G",
        object_id=(*VSOL, 5, 10, 14, 1),
        vendor_id="VSOL",
        columns=gpon,
        if_index=if_index,
    ),
    Personality(
        name="vsol_epon",
        descr="V1600D",
        object_id=(*VSOL, 5, 10, 14, 1),
        vendor_id="VSOL",
        columns=epon,
        if_index=if_index,
    ),
)
