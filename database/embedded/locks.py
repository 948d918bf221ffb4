"""Advisory locks on files, waited for without blocking the loop. A dead holder holds nothing."""

import asyncio
import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Final

__all__ = ["FileLock"]

POLL_SECONDS: Final = 0.02


class FileLock:
    """One open file under `flock`; an instance holds it once, shared or exclusively."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    async def share(self) -> None:
        """Hold it together with others."""
        await self._wait(fcntl.LOCK_SH)

    def try_exclusive(self) -> bool:
        """Hold it alone, if nobody else holds it now."""
        return self._try(fcntl.LOCK_EX)

    def release(self) -> None:
        """Let go; harmless where nothing is held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    async def __aenter__(self) -> None:
        await self._wait(fcntl.LOCK_EX)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    async def _wait(self, operation: int) -> None:
        while not self._try(operation):  # noqa: ASYNC110 - nothing tells when a flock is free
            await asyncio.sleep(POLL_SECONDS)

    def _try(self, operation: int) -> bool:
        if self._descriptor is None:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._descriptor, operation | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            return False
        return True
