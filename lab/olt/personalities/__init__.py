"""The vendor families an OLT can be of, one file each with its `PERSONALITIES`."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from lab.olt.device import Personality

__all__ = ["personalities"]


@cache
def personalities() -> Mapping[str, Personality]:
    """Every family, by its name."""
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    return {each.name: each for module in modules for each in module.PERSONALITIES}
