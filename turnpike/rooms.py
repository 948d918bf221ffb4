"""Every table of the configuration with the room that owns it: the suite's whole schema."""

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Final

from chassis.config import DAEMONS, Settings, Table, suite_settings

__all__ = ["daemons", "suite_settings_model", "tables"]

CONFIG_CLASS: Final = "{}Config"
"""`CoaConfig` in `coa/config.py`, and so on: one drawer, one name."""


@cache
def tables() -> dict[str, type[Table]]:
    """The table of each daemon that has one, beside `chassis` and `database`."""
    return {
        daemon: getattr(import_module(f"{daemon}.config"), CONFIG_CLASS.format(daemon.capitalize()))
        for daemon in DAEMONS
        if find_spec(f"{daemon}.config") is not None
    }


@cache
def suite_settings_model() -> type[Settings]:
    """The settings of the whole suite."""
    return suite_settings(tables())


def daemons() -> tuple[str, ...]:
    """The daemons that can be started, in the order in which they are."""
    return tuple(daemon for daemon in DAEMONS if find_spec(f"{daemon}.__main__") is not None)
