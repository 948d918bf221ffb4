"""What a cluster directory tells about the server that runs on it."""

import asyncio
import os
from pathlib import Path
from typing import Final

__all__ = ["exited", "postmaster_is_ready", "running_postmaster"]

STATUS_LINE: Final = 7
"""The eighth line of postmaster.pid says `starting`, `ready`, `stopping` (utils/pidfile.h)."""


def running_postmaster(cluster: Path) -> int | None:
    """The process that serves `cluster`, or None.

    The file outlives a killed server and process numbers are reused, so the process must also have
    been started for this cluster.
    """
    lines = _pid_file(cluster)
    if not lines or not lines[0].strip().isdigit():
        return None
    pid = int(lines[0])
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return None
    return pid if os.fsencode(cluster) in arguments else None


def postmaster_is_ready(cluster: Path, pid: int | None) -> bool:
    """Whether postmaster `pid` accepts connections."""
    lines = _pid_file(cluster)
    return (
        len(lines) > STATUS_LINE
        and lines[0].strip() == str(pid)
        and lines[STATUS_LINE].strip() == "ready"
    )


async def exited(pid: int) -> None:
    """Wait until process `pid`, child or not, is no more."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    loop = asyncio.get_running_loop()
    gone = asyncio.Event()
    try:
        loop.add_reader(descriptor, gone.set)
        await gone.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


def _pid_file(cluster: Path) -> list[str]:
    try:
        return (cluster / "postmaster.pid").read_text().splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return []
