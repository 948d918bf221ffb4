"""The ONUs of one device pass one at a time, whoever asks: an OLT has to ask each for its light."""

import asyncio
from typing import Final

__all__ = ["ONUS_PER_SECOND", "Turnstile"]

ONUS_PER_SECOND: Final = 2.0
"""What an OLT's control processor asks of its ONUs beside its own work."""


class Turnstile:
    """So many ONUs a second at most; times are by the loop's clock."""

    def __init__(self, onus_per_second: float = ONUS_PER_SECOND) -> None:
        self._spacing = 1 / onus_per_second
        self._opens_at = 0.0

    @property
    def opens_at(self) -> float:
        """When the next ONU may be asked."""
        return self._opens_at

    def passed(self, now: float) -> None:
        """An ONU is asked now."""
        self._opens_at = now + self._spacing

    async def wait(self) -> None:
        """Until an ONU may be asked, which is asked then."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._opens_at - loop.time()))
        self.passed(loop.time())
