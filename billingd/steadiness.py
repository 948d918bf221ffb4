"""Whether the wall clock can be believed: bills and blocks go by its date."""

from typing import Final

from chassis.clock import Clock
from chassis.log import get_logger

__all__ = ["Steadiness"]

JUMP_SECONDS_MAX: Final = 60.0
"""Against the monotonic clock, between two looks half a minute apart: what corrects a clock slowly
stays far below."""

BELIEVED_AFTER_SECONDS: Final = 600.0
"""Who set it wrongly has noticed by then, or nobody will."""

log = get_logger("billingd")


class Steadiness:
    """Compares the wall clock with the monotonic one, look by look."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._apart: float | None = None
        self._believed_from = 0.0

    def is_steady(self) -> bool:
        """Whether the wall clock has not jumped for some minutes."""
        monotonic = self._clock.monotonic()
        apart = self._clock.now().timestamp() - monotonic
        if self._apart is not None and abs(apart - self._apart) > JUMP_SECONDS_MAX:
            self._believed_from = monotonic + BELIEVED_AFTER_SECONDS
            log.error("clock_jumped", seconds=round(apart - self._apart))
        self._apart = apart
        return monotonic >= self._believed_from
