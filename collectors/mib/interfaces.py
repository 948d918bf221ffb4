"""IF-MIB (RFC 2863): the interfaces of any device, and their counters."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

from collectors.driver import Table
from collectors.mib.cells import Cells, counter, number, text
from devices.snmp.values import Index, Value
from isp.access_network import InterfaceReading

__all__ = [
    "COUNTERS",
    "IF_DESCR",
    "IF_HC_IN_OCTETS",
    "IF_HC_OUT_OCTETS",
    "IF_OPER_STATUS",
    "INTERFACES",
    "OPER_STATES",
    "interface_names",
    "interfaces",
    "is_up",
    "link_state",
]

IF_TABLE: Final = "1.3.6.1.2.1.2.2.1"
IF_X_TABLE: Final = "1.3.6.1.2.1.31.1.1.1"
IF_DESCR, IF_TYPE, IF_SPEED = f"{IF_TABLE}.2", f"{IF_TABLE}.3", f"{IF_TABLE}.5"
IF_ADMIN_STATUS, IF_OPER_STATUS = f"{IF_TABLE}.7", f"{IF_TABLE}.8"
IF_IN_OCTETS, IF_OUT_OCTETS = f"{IF_TABLE}.10", f"{IF_TABLE}.16"
IF_IN_DISCARDS, IF_IN_ERRORS = f"{IF_TABLE}.13", f"{IF_TABLE}.14"
IF_OUT_DISCARDS, IF_OUT_ERRORS = f"{IF_TABLE}.19", f"{IF_TABLE}.20"
IF_NAME, IF_ALIAS = f"{IF_X_TABLE}.1", f"{IF_X_TABLE}.18"
IF_HC_IN_OCTETS, IF_HC_OUT_OCTETS = f"{IF_X_TABLE}.6", f"{IF_X_TABLE}.10"
IF_HIGH_SPEED, IF_DISCONTINUITY = f"{IF_X_TABLE}.15", f"{IF_X_TABLE}.19"

INTERFACES: Final = Table(
    name="interfaces",
    columns=(
        IF_DESCR,
        IF_TYPE,
        IF_SPEED,
        IF_ADMIN_STATUS,
        IF_OPER_STATUS,
        IF_NAME,
        IF_HIGH_SPEED,
        IF_ALIAS,
    ),
)
OPER_STATES: Final = Table(name="interface_states", columns=(IF_DESCR, IF_OPER_STATUS, IF_NAME))
"""For devices whose ONUs, or whose PON ports, have rows of their own in ifTable."""

COUNTERS: Final = Table(
    name="interface_counters",
    columns=(
        IF_DESCR,
        IF_SPEED,
        IF_IN_OCTETS,
        IF_IN_DISCARDS,
        IF_IN_ERRORS,
        IF_OUT_OCTETS,
        IF_OUT_DISCARDS,
        IF_OUT_ERRORS,
        IF_NAME,
        IF_HC_IN_OCTETS,
        IF_HC_OUT_OCTETS,
        IF_HIGH_SPEED,
        IF_DISCONTINUITY,
    ),
)
"""With the speeds, which tell what a counter cannot have counted."""

WIDE, NARROW = (IF_HC_IN_OCTETS, IF_HC_OUT_OCTETS), (IF_IN_OCTETS, IF_OUT_OCTETS)

UP: Final = 1
OPER_UP: Final[Mapping[int, bool]] = {1: True, 2: False, 3: False, 5: False, 6: False, 7: False}
"""ifOperStatus; 4 is `unknown`, which is not down."""


def is_up(status: Value) -> bool | None:
    """ifOperStatus; None for what the device does not know either."""
    found = number(status)
    return None if found is None else OPER_UP.get(found)


def link_state(status: Value) -> str | None:
    """ifOperStatus as a port's state is written."""
    up = is_up(status)
    return None if up is None else "up" if up else "down"


def interface_names(cells: Cells) -> Mapping[Index, str]:
    """ifName, else ifDescr, else the number; names that are not unique get their number too."""
    names, descriptions = cells.column(IF_NAME), cells.column(IF_DESCR)
    found = {
        index: text(names.get(index)) or text(descriptions.get(index)) or str(index[-1])
        for index in cells.rows(IF_NAME, IF_DESCR, IF_OPER_STATUS)
    }
    often = Counter(found.values())
    return {
        index: f"{name} ({index[-1]})" if often[name] > 1 else name for index, name in found.items()
    }


def interfaces(
    cells: Cells, wanted: Callable[[Index, str], bool] = lambda _index, _name: True
) -> tuple[InterfaceReading, ...]:
    """The interfaces that are `wanted` by index and name: those that are no ONU's."""
    column = cells.column
    admin, oper = column(IF_ADMIN_STATUS), column(IF_OPER_STATUS)
    aliases, discontinuity = column(IF_ALIAS), column(IF_DISCONTINUITY)
    errors_in, errors_out = column(IF_IN_ERRORS), column(IF_OUT_ERRORS)
    discards_in, discards_out = column(IF_IN_DISCARDS), column(IF_OUT_DISCARDS)
    return tuple(
        InterfaceReading(
            name=name,
            if_index=index[-1],
            alias=text(aliases.get(index)),
            admin_up=None if (state := number(admin.get(index))) is None else state == UP,
            oper_up=is_up(oper.get(index)),
            speed_bits_per_second=_speed(cells, index),
            **_octets(cells, index),
            errors_in=counter(errors_in.get(index)),
            errors_out=counter(errors_out.get(index)),
            discards_in=counter(discards_in.get(index)),
            discards_out=counter(discards_out.get(index)),
            discontinuity_ticks=counter(discontinuity.get(index)),
        )
        for index, name in interface_names(cells).items()
        if wanted(index, name)
    )


def _speed(cells: Cells, index: Index) -> int | None:
    megabits = number(cells.column(IF_HIGH_SPEED).get(index))
    if megabits:
        return megabits * 1_000_000
    return number(cells.column(IF_SPEED).get(index)) or None


def _octets(cells: Cells, index: Index) -> dict[str, Any]:
    """The counters of 64 bits where the device has them in both directions, else those of 32."""
    wide = index in cells.column(IF_HC_IN_OCTETS) and index in cells.column(IF_HC_OUT_OCTETS)
    into, out = WIDE if wide else NARROW
    return {
        "octets_in": counter(cells.column(into).get(index)),
        "octets_out": counter(cells.column(out).get(index)),
        "octets_bits": 64 if wide else 32,
    }
