"""This machine: how busy its processors are, and how much memory is free (proc(5))."""

import os
from pathlib import Path
from typing import Final

__all__ = ["Processors", "free_octets", "kernel_version"]

STAT: Final = Path("/proc/stat")
MEMORY: Final = Path("/proc/meminfo")
IDLE_FIELDS: Final = (3, 4)
"""Of the first line of /proc/stat: idle, and waiting for a disk."""


class Processors:
    """How busy they were since the last look."""

    def __init__(self) -> None:
        self._total, self._idle = ticks()

    def percent(self) -> float | None:
        """None where no time has passed."""
        total, idle = ticks()
        passed, idled = total - self._total, idle - self._idle
        if passed == 0:
            return None
        self._total, self._idle = total, idle
        return round(100 * (passed - idled) / passed, 1)


def ticks() -> tuple[int, int]:
    """All ticks of all processors since the start, and those that were idle."""
    first, _, _ = STAT.read_text().partition("\n")
    fields = [int(each) for each in first.split()[1:]]
    return sum(fields[:8]), sum(fields[at] for at in IDLE_FIELDS)


def free_octets() -> int:
    """The memory that can be had."""
    for line in MEMORY.read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "MemAvailable":
            return int(value.split()[0]) * 1024
    return 0


def kernel_version() -> str:
    return f"Linux {os.uname().release}"
