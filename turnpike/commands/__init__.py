"""One file for each first word of a command line: `nas.py` is `turnpike nas …`.

A file of subcommands holds `app`; a file of one command holds `register(application)`. Several
words in a file's name are joined by `-`.
"""

from importlib import import_module
from pkgutil import iter_modules

import typer

__all__ = ["register"]


def register(application: typer.Typer, command: str | None = None) -> None:
    """Put every command of this directory into the application.

    Only `command`, where there is a file for it: what the others import is seconds of waiting.
    """
    names = sorted(module.name for module in iter_modules(__path__))
    only = (command or "").replace("-", "_")
    for name in (only,) if only in names else names:
        module = import_module(f"{__name__}.{name}")
        if hasattr(module, "app"):
            application.add_typer(module.app, name=name.replace("_", "-"))
        if hasattr(module, "register"):
            module.register(application)
