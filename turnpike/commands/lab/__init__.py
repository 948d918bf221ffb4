"""`turnpike lab …`: one simulated device in the foreground, one file each with `register(app)`."""

from importlib import import_module
from pkgutil import iter_modules

import typer

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Simulated devices on real sockets.")

for name in sorted(module.name for module in iter_modules(__path__)):
    device = import_module(f"{__name__}.{name}")
    if hasattr(device, "register"):
        device.register(app)
