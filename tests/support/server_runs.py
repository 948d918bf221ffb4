"""The directory of a test run's servers, and the end of servers whose run was killed.

A run holds a lock on its directory as long as it lives. A later run that finds a directory without
a holder stops what is left in it.
"""

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from database.embedded import EmbeddedServer
from database.embedded.locks import FileLock
from tests.support.apart import apart

__all__ = ["begin_run", "end_run", "run_directory"]

RUN_VARIABLE: Final = "TURNPIKE_TEST_RUN"
PREFIX: Final = "turnpike-tests-"
ALIVE: Final = "alive"
MEMORY: Final = Path("/dev/shm")
MEMORY_OCTETS_MIN: Final = 2 << 30

_own: dict[Path, FileLock] = {}


def begin_run() -> None:
    """Choose the directory, unless we are a worker and inherit it; end what killed runs left."""
    if RUN_VARIABLE in os.environ:
        return
    parent = _fastest_directory()
    for directory in parent.glob(f"{PREFIX}*"):
        with suppress(OSError):
            _end_if_abandoned(directory)
    directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    directory.chmod(0o755)
    _own[directory] = alive = FileLock(directory / ALIVE)
    assert alive.try_exclusive()
    os.environ[RUN_VARIABLE] = str(directory)


def run_directory() -> Path:
    """Where the servers of this run live."""
    return Path(os.environ[RUN_VARIABLE])


def end_run() -> None:
    """Remove what the run's servers left; workers leave that to the run."""
    for directory, alive in _own.items():
        shutil.rmtree(directory, ignore_errors=True)
        alive.release()
        del os.environ[RUN_VARIABLE]
    _own.clear()


def _end_if_abandoned(directory: Path) -> None:
    if not (directory / ALIVE).exists():
        return
    alive = FileLock(directory / ALIVE)
    if alive.try_exclusive():
        for data in directory.iterdir():
            if (data / "postgres").is_dir():
                apart(EmbeddedServer(data).stop())
        shutil.rmtree(directory)
        alive.release()


def _fastest_directory() -> Path:
    """Memory where there is room: copying a template makes hundreds of files; else the usual."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MEMORY_OCTETS_MIN
    return MEMORY if roomy and os.access(MEMORY, os.W_OK) else Path(tempfile.gettempdir())
