"""One file per noun. A noun's file holds `app`; a file of single commands holds `register(app)`.

A file `nas.py` with `app` is `turnpike nas …`; several words in a file's name are joined by `-`.
"""

from importlib import import_module
from pkgutil import iter_modules

import typer

__all__ = ["register_all"]


def register_all(application: typer.Typer) -> None:
    """Put every command of this directory into the application."""
    for name in sorted(module.name for module in iter_modules(__path__)):
        module = import_module(f"{__name__}.{name}")
        if hasattr(module, "app"):
            application.add_typer(module.app, name=name.replace("_", "-"))
        if hasattr(module, "register"):
            module.register(application)
