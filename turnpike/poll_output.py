"""A reading of a device as people see it; machines get it as it is."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from turnpike.output import note, show_one, show_table

__all__ = ["show_poll"]

TABLES: Final = {
    "ports": ("port", "state", "onus", "onus_online", "tx_dbm", "rx_dbm", "temperature_celsius"),
    "interfaces": ("name", "alias", "oper_up", "octets_in", "octets_out"),
    "onus": (
        *("serial", "port", "onu_id", "state", "rx_dbm", "olt_rx_dbm", "tx_dbm", "distance_m"),
        *("temperature_celsius", "last_down_cause", "model", "description"),
    ),
    "unprovisioned": ("serial", "port", "model", "first_seen"),
}
"""What fits a screen; `--json` has all."""


def show_poll(outcome: Mapping[str, Any]) -> None:
    """The device, then a table for each kind of thing that it has."""
    show_one({name: value for name, value in outcome["device"].items() if value is not None})
    for title, columns in TABLES.items():
        if rows := outcome[title]:
            print()
            show_table(title.capitalize(), columns, _cells(rows, columns))
    if partial := outcome["partial"]:
        note(f"not read in full: {', '.join(partial)}")


def _cells(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> list[list[Any]]:
    return [[row[column] for column in columns] for row in rows]
