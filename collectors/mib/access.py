"""ONUs and PON ports out of a vendor's tables: a driver names the columns, this reads the rows."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, NamedTuple

from collectors.mib.cells import (
    Cells,
    Gate,
    Read,
    choice,
    counter,
    date_and_time,
    serial,
    text,
)
from collectors.mib.interfaces import (
    IF_HC_IN_OCTETS,
    IF_HC_OUT_OCTETS,
    IF_OPER_STATUS,
    interface_names,
    link_state,
)
from devices.snmp.values import Index
from isp.access_network import (
    DownCause,
    OnuReading,
    OnuState,
    PortReading,
    UnprovisionedReading,
)

__all__ = [
    "INTERFACE_PORT",
    "Field",
    "Place",
    "down_state",
    "interface_onus",
    "interface_ports",
    "interface_state",
    "joined",
    "onus",
    "own_row",
    "port_and_number",
    "ports",
    "unprovisioned",
    "with_onus",
]


class Place(NamedTuple):
    """Where an ONU is: the port as its vendor writes it, None if it is not told; its number."""

    port: str | None
    onu_id: int | None


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a reading: the column that tells it, and how its cells are read.

    `row` makes the column's own index of the ONU's, where they differ. Of several fields of the
    same name, the first that has a value tells it.
    """

    name: str
    column: str
    read: Read
    row: Callable[[Index], Index] | None = None


PORT_GATES: Final[Mapping[str, Callable[[Gate, Any], Any]]] = {
    "rx_dbm": Gate.dbm,
    "tx_dbm": Gate.launched,
    "temperature_celsius": Gate.celsius,
    "voltage_volts": Gate.volts,
    "bias_milliamperes": Gate.milliamperes,
}
ONU_GATES: Final = {
    **PORT_GATES,
    "rx_dbm": Gate.received,
    "tx_dbm": Gate.dbm,
    "olt_rx_dbm": Gate.received,
    "olt_tx_dbm": Gate.dbm,
    "distance_m": Gate.metres,
}

INTERFACE_PORT: Final = (
    Field("state", IF_OPER_STATUS, link_state),
    Field("octets_up", IF_HC_IN_OCTETS, counter),
    Field("octets_down", IF_HC_OUT_OCTETS, counter),
)

interface_state = choice(
    {1: OnuState.ONLINE, 2: OnuState.OFFLINE, 6: OnuState.OFFLINE, 7: OnuState.OFFLINE},
    OnuState.UNKNOWN,
)
"""ifOperStatus of an ONU that is an interface: up, down, notPresent, lowerLayerDown."""

AWAY: Final = frozenset({OnuState.OFFLINE, OnuState.LOS, OnuState.DYING_GASP})
OPTICS: Final = ONU_GATES.keys() - {"distance_m"}
"""What an OLT tells of the optics of an ONU that is away is of before, or stands for nothing."""

DOWN_STATES: Final = {
    DownCause.LOS: OnuState.LOS,
    DownCause.DYING_GASP: OnuState.DYING_GASP,
    DownCause.DEACTIVATED: OnuState.DISABLED,
    DownCause.AUTH_FAILED: OnuState.AUTH_FAILED,
}


def down_state(state: OnuState, cause: DownCause | None) -> OnuState:
    """While an ONU is down, its last down cause is that of this outage, and says how it is down."""
    if state is not OnuState.OFFLINE or cause is None:
        return state
    return DOWN_STATES.get(cause, state)


def onus(
    cells: Cells,
    gate: Gate,
    fields: Sequence[Field],
    place: Callable[[Index], Place | None],
    rows: Iterable[Index] | None = None,
) -> tuple[OnuReading, ...]:
    """The ONUs of all rows that any column has; a row without a place is no ONU's."""
    found = []
    for index, values in _rows(cells, gate, ONU_GATES, fields, rows):
        if (where := place(index)) is None:
            continue
        if state := values.get("state"):
            values["state"] = down_state(state, values.get("last_down_cause"))
            if values["state"] in AWAY:
                values = {name: value for name, value in values.items() if name not in OPTICS}
        values.setdefault("serial", None)
        found.append(OnuReading(port=where.port, onu_id=where.onu_id, index=index, **values))
    return tuple(found)


def interface_onus(
    cells: Cells, gate: Gate, fields: Sequence[Field], pattern: re.Pattern[str]
) -> tuple[OnuReading, ...]:
    """ONUs that are interfaces: the pattern's groups are the port and the number in the name.

    One whose interface was not read has no place, but is there if it has a serial.
    """
    places = {
        index: Place(found[1], int(found[2]))
        for index, name in interface_names(cells).items()
        if (found := pattern.fullmatch(name))
    }
    serials = cells.rows(*(field.column for field in fields if field.name == "serial"))
    found = onus(
        cells,
        gate,
        fields,
        lambda index: places.get(index, Place(None, None)),
        sorted({*places, *serials}),
    )
    return tuple(onu for onu in found if onu.serial is not None or onu.index in places)


def ports(
    cells: Cells,
    gate: Gate,
    fields: Sequence[Field],
    name: Callable[[Index], str | None],
    *,
    by_if_index: bool = False,
) -> tuple[PortReading, ...]:
    """The PON ports of all rows; a row without a name is no PON port's."""
    return tuple(
        PortReading(port=port, if_index=index[0] if by_if_index else None, **values)
        for index, values in _rows(cells, gate, PORT_GATES, fields, None)
        if (port := name(index)) is not None
    )


def interface_ports(
    cells: Cells, gate: Gate, pattern: re.Pattern[str], fields: Sequence[Field] = ()
) -> tuple[PortReading, ...]:
    """The PON ports among the interfaces: those whose name fits, known by the pattern's group 1.

    `fields` are of tables that are indexed by ifIndex too. What comes in goes up.
    """
    names = {
        index: found[1]
        for index, name in interface_names(cells).items()
        if (found := pattern.fullmatch(name))
    }
    return ports(cells, gate, (*INTERFACE_PORT, *fields), names.get, by_if_index=True)


def _rows(
    cells: Cells,
    gate: Gate,
    gates: Mapping[str, Callable[[Gate, Any], Any]],
    fields: Sequence[Field],
    rows: Iterable[Index] | None,
) -> Iterator[tuple[Index, dict[str, Any]]]:
    read = [
        (field.name, column, field.read, gates.get(field.name), field.row)
        for field in fields
        if (column := cells.column(field.column))
    ]
    if rows is None:
        rows = cells.rows(*(field.column for field in fields if field.row is None))
    for index in rows:
        values: dict[str, Any] = {}
        for name, column, reading, check, row in read:
            cell = column.get(index if row is None else row(index))
            if cell is None or name in values:
                continue
            value = reading(cell)
            if check is not None:
                value = check(gate, value)
            if value is not None:
                values[name] = value
        yield index, values


def joined(known: Iterable[PortReading], lit: Iterable[PortReading]) -> tuple[PortReading, ...]:
    """Ports of one table with what another table, of other rows, tells of the same names."""
    found = {port.port: port for port in known}
    for port in lit:
        told = {name: value for name, value in asdict(port).items() if value is not None}
        found[port.port] = replace(found[port.port], **told) if port.port in found else port
    return tuple(found.values())


def with_onus(known: Iterable[PortReading], found: Sequence[OnuReading]) -> tuple[PortReading, ...]:
    """The ports with their ONUs counted, and after them those that only ONUs tell of.

    Only a reading of states is one of all ONUs, and counts them; a count that the device gave
    stays. How many are online is known only if each one's state is.
    """
    if all(onu.state is OnuState.UNKNOWN for onu in found):
        return tuple(known)
    states: dict[str, list[OnuState]] = {}
    for onu in found:
        if onu.port is not None:
            states.setdefault(onu.port, []).append(onu.state)
    named = {port.port: port for port in known}
    for name in states:
        named.setdefault(name, PortReading(port=name))
    return tuple(_counted(port, states.get(name, ())) for name, port in named.items())


def _counted(port: PortReading, states: Sequence[OnuState]) -> PortReading:
    if not states:
        return port
    online = None if OnuState.UNKNOWN in states else states.count(OnuState.ONLINE)
    return replace(
        port,
        onus=len(states) if port.onus is None else port.onus,
        onus_online=online if port.onus_online is None else port.onus_online,
    )


def unprovisioned(
    cells: Cells,
    serials: str,
    port: Callable[[Index], str],
    *,
    models: str = "",
    times: str = "",
) -> tuple[UnprovisionedReading, ...]:
    """The ONUs that ports see and nobody configured, by the columns that tell of them."""
    return tuple(
        UnprovisionedReading(
            serial=found,
            port=port(index),
            model=text(cells.column(models).get(index)),
            first_seen=date_and_time(cells.column(times).get(index)),
        )
        for index, value in sorted(cells.column(serials).items())
        if (found := serial(value))
    )


def port_and_number(name: Callable[[int], str]) -> Callable[[Index], Place | None]:
    """The place of a row that is a port's number, which has a name, and an ONU's."""

    def place(index: Index) -> Place | None:
        return Place(name(index[0]), index[1]) if len(index) == 2 else None

    return place


def own_row(index: Index) -> Index:
    """For columns of the ONU's own index whose rows are no news of ONUs."""
    return index
