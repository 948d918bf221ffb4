"""BDCOM: a GP3600 (GPON) and a P3608 (EPON), where every ONU is an interface."""

from collections.abc import Sequence
from typing import Final

from isp.access_network import DownCause, OnuState
from lab.olt import wire
from lab.olt.device import Personality
from lab.olt.plant import Onu, Plant, Port
from lab.olt.standard import ETHERNET, table
from lab.olt.telling import coded, fixed, interfaces, of, online
from lab.olt.view import Column, Rows
from lab.olt.wire import Oid

__all__ = ["PERSONALITIES"]

BDCOM: Final[Oid] = (1, 3, 6, 1, 4, 1, 3320)
GPON: Final[Oid] = (*BDCOM, 10)
EPON: Final[Oid] = (*BDCOM, 101)
PORT_BASE, ONU_BASE = 110, 1179
DARK: Final = wire.integer(0)
GPON_STATES: Final = {OnuState.OFFLINE: 0, OnuState.DISABLED: 2, OnuState.ONLINE: 3}
EPON_STATES: Final = {OnuState.OFFLINE: 2, OnuState.ONLINE: 3}
GPON_CAUSES: Final = {DownCause.DYING_GASP: 1, DownCause.LOS: 6, DownCause.RESET: 11}
EPON_CAUSES: Final = {DownCause.DYING_GASP: 9, DownCause.LOS: 8}


def if_index(port: int) -> int:
    """PON ports stand after the uplinks."""
    return PORT_BASE + port


def onu_index(onu: Onu) -> int:
    """ONUs stand after the ports."""
    return ONU_BASE + onu.port * 128 + onu.onu_id


def board() -> list[Column]:
    """The main board."""
    entry = (*BDCOM, 3, 6, 10, 1)
    rows = Rows({(0,): None})
    return table(
        entry,
        rows,
        {
            4: lambda _: wire.octets("00321000156"),
            6: lambda _: wire.octets("10.3.0D Build 74104"),
            11: lambda _: wire.integer(4),
            12: lambda _: wire.integer(26),
            13: lambda _: wire.integer(33),
        },
    )


def gpon(plant: Plant) -> Sequence[Column]:
    """NMS-GPON-MIB."""
    onus = Rows({(onu_index(onu),): onu for onu in plant.onus})
    ports = Rows({(if_index(port.number),): port for port in plant.ports})

    def active(port: Port) -> bytes:
        return wire.integer(sum(onu.online for onu in plant.on(port.number)))

    return [
        *interfaces(
            plant,
            lambda port: (if_index(port), f"GPON0/{port + 1}"),
            onu=lambda onu: (onu_index(onu), f"GPON0/{onu.port + 1}:{onu.onu_id}"),
        ),
        *board(),
        *table((*GPON, 2, 1, 1), ports, {4: active}),
        *table((*GPON, 2, 3, 1), onus, {3: online(fixed("olt_rx_dbm", 10), DARK)}),
        *table(
            (*GPON, 3, 1, 1),
            onus,
            {
                4: of(wire.octets, "serial"),
                9: of(wire.octets, "model"),
                20: of(wire.octets, "firmware"),
                33: online(fixed("distance_m", 10), None),
                35: lambda onu: wire.integer(GPON_CAUSES.get(onu.cause, 0)),
            },
        ),
        *table(
            (*GPON, 3, 3, 1),
            onus,
            {2: of(wire.octets, "serial"), 4: coded(GPON_STATES)},
        ),
        *table(
            (*GPON, 3, 4, 1),
            onus,
            {2: online(fixed("rx_dbm", 10), DARK), 3: online(fixed("tx_dbm", 10), DARK)},
        ),
    ]


def epon(plant: Plant) -> Sequence[Column]:
    """NMS-EPON-ONU, NMS-EPON-OLT-PON-EXT and NMS-EPON-LLID-ONU-BIND MIBs."""
    onus = Rows({(onu_index(onu),): onu for onu in plant.onus})
    ports = Rows({(if_index(port.number),): port for port in plant.ports})
    bound = Rows({(if_index(onu.port), *onu.mac): onu for onu in plant.onus})
    return [
        *interfaces(
            plant,
            lambda port: (if_index(port), f"EPON0/{port + 1}"),
            kind=ETHERNET,
            onu=lambda onu: (onu_index(onu), f"EPON0/{onu.port + 1}:{onu.onu_id}"),
        ),
        *board(),
        *table(
            (*EPON, 10, 1, 1),
            onus,
            {
                2: of(wire.octets, "model"),
                3: of(wire.octets, "mac"),
                6: of(wire.octets, "firmware"),
                26: coded(EPON_STATES),
                27: online(of(wire.integer, "distance_m"), None),
            },
        ),
        *table(
            (*EPON, 10, 5, 1),
            onus,
            {
                2: online(fixed("temperature_celsius", 256), DARK),
                5: online(fixed("rx_dbm", 10), DARK),
                6: online(fixed("tx_dbm", 10), DARK),
            },
        ),
        *table(
            (*EPON, 11, 1, 1),
            bound,
            {11: lambda onu: wire.integer(EPON_CAUSES.get(onu.cause, 2))},
        ),
        *table((*EPON, 107, 1), ports, {3: fixed("tx_dbm", 10)}),
        *table((*EPON, 108, 1), onus, {3: online(fixed("olt_rx_dbm", 10), DARK)}),
    ]


PERSONALITIES = (
    Personality(
        name="bdcom_gpon",
        descr="BDCOM(tm) GP3600-16B Software, Version 74104\nhardware version: A",
        object_id=(*BDCOM, 1, 390, 0),
        vendor_id="BDCM",
        columns=gpon,
        if_index=if_index,
    ),
    Personality(
        name="bdcom_epon",
        descr="BDCOM(tm) P3608B Software, Version 10.1.0F Build 79889",
        object_id=(*BDCOM, 1, 339, 0),
        vendor_id="BDCM",
        columns=epon,
        if_index=if_index,
    ),
)
