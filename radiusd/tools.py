"""What all sockets of one worker answer with."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from chassis.clock import Clock
from radiusd.access import Accept, Decision, ServiceRecord
from radiusd.access_request import AccessRequest
from radiusd.attempts import Attempts
from radiusd.loading import OpenSealed
from radiusd.tally import Tally

__all__ = ["Settle", "Tools"]

Settle = Callable[[Accept, ServiceRecord, AccessRequest, int], Awaitable[Decision]]
"""Does with the database what an Accept still needs; the number is the NAS's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tools:
    """What all sockets of a worker answer with."""

    clock: Clock
    attempts: Attempts
    tally: Tally
    open_sealed: OpenSealed
    settle: Settle
    database_present: Callable[[], bool]
    on_internal_error: Callable[[Exception], None]
