"""The settings that workers start with: the keeper's own, not what a file says by then.

A file that was broken meanwhile must not keep a dead worker from being replaced.
"""

import os
from typing import Any

from chassis.config import Settings
from chassis.secrets import Secret
from chassis.toml_lines import toml_value

__all__ = ["WorkerSettings"]


class WorkerSettings:
    """A file in memory that successors of workers inherit; it holds the database's password."""

    def __init__(self) -> None:
        self.descriptor = os.memfd_create("radiusd-workers.toml")

    @property
    def path(self) -> str:
        """How a process that inherited the descriptor opens the file."""
        return f"/proc/self/fd/{self.descriptor}"

    def write(self, settings: Settings) -> None:
        """Replace what it says."""
        octets = _toml(settings).encode()
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, octets, 0)

    def close(self) -> None:
        """Workers that run have read it."""
        os.close(self.descriptor)


def _toml(settings: Settings) -> str:
    lines: list[str] = []
    for table, values in settings.model_dump(mode="python").items():
        lines.append(f"[{table}]")
        lines += [
            f"{key} = {toml_value(_plain(value))}"
            for key, value in values.items()
            if value is not None
        ]
    return "\n".join(lines)


def _plain(value: Any) -> Any:
    return value.reveal() if isinstance(value, Secret) else value
