"""Work that makes values by the hundred thousand and no cycles."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["uncollected"]


@contextmanager
def uncollected() -> Iterator[None]:
    """Nobody looks for cycles meanwhile: that would take a third of the time. Where several
    threads are at it, the first that is through has them looked for again.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
