"""The global options of this call: what was said before or after the command's own words.

Apart from `context`, so that a command that needs no database does not wait for one's driver.
"""

from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["GlobalOptions", "options", "use"]


@dataclass(frozen=True, kw_only=True, slots=True)
class GlobalOptions:
    """`--data DIR`, `--config FILE`, `--tenant NAME`, `--json`."""

    data: Path | None = None
    config: Path | None = None
    tenant: str | None = None
    json: bool = False


NO_OPTIONS: Final = GlobalOptions()
_options: ContextVar[GlobalOptions] = ContextVar("options")


def use(given: GlobalOptions) -> None:
    """Remember the global options for the command that follows."""
    _options.set(given)


def options() -> GlobalOptions:
    """The global options of this call."""
    return _options.get(NO_OPTIONS)
