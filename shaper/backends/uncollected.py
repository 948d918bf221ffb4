"""Work that makes values by the hundred thousand and no cycles."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

__all__ = ["uncollected"]


class _Collector:
    """The interpreter's, which all threads share: the first at such work stops it, and the last
    sets it going, if it went before.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._at_work = 0
        self._was_on = False

    def stop(self) -> None:
        with self._lock:
            if self._at_work == 0:
                self._was_on = gc.isenabled()
                gc.disable()
            self._at_work += 1

    def go_on(self) -> None:
        with self._lock:
            self._at_work -= 1
            if self._at_work == 0 and self._was_on:
                gc.enable()


_collector = _Collector()


@contextmanager
def uncollected() -> Iterator[None]:
    """Nobody looks for cycles meanwhile: that would take a third of the time."""
    _collector.stop()
    try:
        yield
    finally:
        _collector.go_on()
