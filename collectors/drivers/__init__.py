"""One file for each family of models, each with its `DRIVER`."""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

from collectors.driver import Driver

__all__ = ["candidates", "distinguishing", "drivers"]

STANDARD: Final = "standard"


@cache
def drivers() -> Mapping[str, Driver]:
    """Every driver of this directory, by its name."""
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    return {module.DRIVER.name: module.DRIVER for module in modules}


def candidates(sys_object_id: str | None, sys_descr: str | None = None) -> tuple[Driver, ...]:
    """The drivers that fit a sysObjectID best; where none does, all.

    Where there are several, the one with the most `distinguishing` columns that have rows is the
    device's, and the first while there is none: those whose name stands in sysDescr come first,
    and of all, `standard` before those whose does not.
    """
    asked = f"{(sys_object_id or '').strip('.')}."
    fits: dict[str, int] = {
        driver.name: max(
            (len(prefix) for prefix in driver.sys_object_ids if asked.startswith(f"{prefix}.")),
            default=-1,
        )
        for driver in drivers().values()
    }
    best = max(fits.values())
    fitting = (drivers()[name] for name in sorted(fits) if fits[name] == best)

    def place(driver: Driver) -> tuple[bool, bool]:
        named = driver.sys_descr is not None and driver.sys_descr.search(sys_descr or "")
        return not named, driver.name != STANDARD

    return tuple(sorted(fitting, key=place))


def distinguishing(fitting: Iterable[Driver]) -> Mapping[str, frozenset[str]]:
    """Of each of these drivers, by its name, the columns that no other of them reads."""
    read = {driver.name: driver.own_columns for driver in fitting}
    often = Counter(column for columns in read.values() for column in columns)
    return {
        name: frozenset(column for column in columns if often[column] == 1)
        for name, columns in read.items()
    }
