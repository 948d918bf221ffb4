"""C-Data FD12xx and other EPON models: NSCRTV-FTTX-EPON-MIB, where an ONU is known by its MAC."""

import re
from typing import Final

from collectors.driver import Driver, Part, Readings, Table
from collectors.mib import access, health
from collectors.mib.access import Field
from collectors.mib.cdata import (
    DEVICE,
    EPON_EOC,
    FARES,
    NSCRTV,
    PORT_OPTICS,
    device,
    first_port,
    place,
    ports,
)
from collectors.mib.cells import Cells, Gate, choice, serial, text, unit
from collectors.mib.interfaces import COUNTERS, INTERFACES, OPER_STATES, interfaces
from collectors.mib.words import cause_in_words
from isp.access_network import OnuState, Poll

__all__ = ["DRIVER"]

ONUS: Final = f"{NSCRTV}.2.3.4.1.1"
NAME, MAC, STATUS, SOFTWARE, DISTANCE, MODEL = (f"{ONUS}.{n}" for n in (2, 7, 8, 13, 15, 26))
RX, TX, BIAS, VOLTAGE, TEMPERATURE = (f"{NSCRTV}.2.3.4.2.1.{n}" for n in range(4, 9))
OFFLINE_REASON: Final = f"{EPON_EOC}.1.3.100.12.3.1.1.7"

STATES: Final = {1: OnuState.ONLINE, 2: OnuState.OFFLINE}
DARK: Final = (0, -1, -3000, -4000)
"""An ONU that is away is told as -0.01 dBm received and -30.00 dBm sent."""

hundredths = unit(0.01, none=DARK)

ONU: Final = (
    Field("serial", MAC, serial),
    Field("state", STATUS, choice(STATES, OnuState.UNKNOWN)),
    Field("last_down_cause", OFFLINE_REASON, cause_in_words, access.own_row),
    Field("description", NAME, text),
    Field("model", MODEL, text),
    Field("firmware", SOFTWARE, text),
    Field("distance_m", DISTANCE, unit(1, none=(0,))),
    Field("rx_dbm", RX, hundredths, first_port),
    Field("tx_dbm", TX, hundredths, first_port),
    Field("bias_milliamperes", BIAS, hundredths, first_port),
    Field("voltage_volts", VOLTAGE, hundredths, first_port),
    Field("temperature_celsius", TEMPERATURE, hundredths, first_port),
)


def parse(readings: Readings) -> Poll:
    """Everything that was read."""
    cells, gate = Cells(readings), Gate()
    onus = access.onus(cells, gate, ONU, place)
    return Poll(
        device=health.completed(device(cells, gate), cells, gate),
        ports=access.with_onus(ports(cells, gate), onus),
        interfaces=interfaces(cells),
        onus=onus,
        doubts=gate.doubts,
    )


DRIVER = Driver(
    name="cdata_epon",
    sys_object_ids=(NSCRTV, EPON_EOC),
    tables={
        Part.INVENTORY: (
            INTERFACES,
            Table(name="onus", columns=(NAME, MAC, SOFTWARE, DISTANCE, MODEL)),
        ),
        Part.STATE: (
            Table(name="onu_states", columns=(MAC, STATUS)),
            Table(name="onu_causes", columns=(OFFLINE_REASON,)),
            OPER_STATES,
        ),
        Part.OPTICS: (
            Table(name="onu_serials", columns=(MAC, DISTANCE)),
            Table(
                name="onu_optics",
                columns=(RX, TX, BIAS, VOLTAGE, TEMPERATURE),
                of_onu=first_port,
            ),
        ),
        Part.TRAFFIC: (COUNTERS,),
        Part.HEALTH: (PORT_OPTICS, OPER_STATES),
    },
    scalars={Part.INVENTORY: DEVICE, Part.HEALTH: FARES},
    parse=parse,
    sys_descr=re.compile(r"\bFD12\d\d"),
)
