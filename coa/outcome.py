"""What an answer of a NAS means (RFC 5176 §3.5), and what is held about the session after it."""

from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from coa.states import State
from policy.session import Cause, ChangeOfAuthorization, Disconnect
from radius.packet import Code

__all__ = ["ErrorCause", "Outcome", "judge", "next_try_at", "request_code", "state_after"]

RETRY_SECONDS = 30
RETRY_SECONDS_MAX = 900
"""A silent or unwilling NAS is asked again after 30 s, 1 min … 15 min: it heals by itself."""
PROOF_SECONDS = 10
"""How long a Stop may follow a Disconnect-ACK before the NAS is asked again whether it is gone."""
UNSUPPORTED_SECONDS = 3600
"""What a NAS cannot do today it cannot do in a minute; an upgrade is noticed within the hour."""


class ErrorCause(IntEnum):
    """The Error-Cause values that are told apart (RFC 5176 §3.5)."""

    UNSUPPORTED_ATTRIBUTE = 401
    MISSING_ATTRIBUTE = 402
    UNSUPPORTED_SERVICE = 405
    UNSUPPORTED_EXTENSION = 406
    SESSION_CONTEXT_NOT_FOUND = 503
    REQUEST_INITIATED = 507


class Outcome(StrEnum):
    """How an action ended, as far as the NAS says."""

    PENDING = "pending"
    """Written down, not answered yet."""
    ACKNOWLEDGED = "acknowledged"
    INITIATED = "initiated"
    """The NAS will ask again by an Access-Request (507)."""
    GONE = "gone"
    """The NAS has no such session (503)."""
    UNSUPPORTED = "unsupported"
    """The NAS cannot do a CoA, or not with what it said."""
    REFUSED = "refused"
    UNANSWERED = "unanswered"
    UNREACHABLE = "unreachable"
    """No one address of the NAS is known."""


_UNSUPPORTED = {
    None,
    ErrorCause.UNSUPPORTED_ATTRIBUTE,
    ErrorCause.MISSING_ATTRIBUTE,
    ErrorCause.UNSUPPORTED_SERVICE,
    ErrorCause.UNSUPPORTED_EXTENSION,
}
"""Without an Error-Cause a CoA-NAK is taken as inability too: accel-ppp says no more."""

_STATES = {
    Outcome.PENDING: State.PENDING,
    Outcome.ACKNOWLEDGED: State.ACKNOWLEDGED,
    Outcome.INITIATED: State.ACKNOWLEDGED,
    Outcome.GONE: State.SUSPECT,
    Outcome.UNSUPPORTED: State.REFUSED,
    Outcome.REFUSED: State.REFUSED,
    Outcome.UNANSWERED: State.PENDING,
    Outcome.UNREACHABLE: State.REFUSED,
}


def request_code(action: ChangeOfAuthorization | Disconnect) -> Code:
    """The packet that carries the action."""
    return Code.DISCONNECT_REQUEST if isinstance(action, Disconnect) else Code.COA_REQUEST


def judge(sent: Code, answer: int | None, error_cause: int | None) -> Outcome:
    """The outcome of a request, from the code of its answer (None: there was none).

    A NAK 503 to a Disconnect-Request means that the session had ended already, which is what was
    wanted; an earlier answer may just have been lost.
    """
    if answer is None:
        return Outcome.UNANSWERED
    if answer in (Code.DISCONNECT_ACK, Code.COA_ACK):
        return Outcome.ACKNOWLEDGED
    if error_cause == ErrorCause.SESSION_CONTEXT_NOT_FOUND:
        return Outcome.GONE
    if error_cause == ErrorCause.REQUEST_INITIATED:
        return Outcome.INITIATED
    if sent is Code.COA_REQUEST and error_cause in _UNSUPPORTED:
        return Outcome.UNSUPPORTED
    return Outcome.REFUSED


def state_after(outcome: Outcome) -> State:
    """What is held about the session from then on."""
    return _STATES[outcome]


def next_try_at(
    outcome: Outcome, action: ChangeOfAuthorization | Disconnect, tries: int, now: datetime
) -> datetime | None:
    """When the session is looked at again though nothing new was decided; None: when seen again.

    `tries` counts the actions for the same decision, this one included. A loss or return of access
    that a CoA could not bring is looked at again at once, for a Disconnect can.
    """
    change = isinstance(action, ChangeOfAuthorization)
    match outcome:
        case Outcome.GONE:
            return None
        case Outcome.ACKNOWLEDGED | Outcome.INITIATED:
            first = None if change else PROOF_SECONDS
        case Outcome.UNSUPPORTED:
            first = UNSUPPORTED_SECONDS if action.cause is Cause.RATES else 0
        case Outcome.UNREACHABLE:
            first = UNSUPPORTED_SECONDS
        case Outcome.PENDING | Outcome.REFUSED | Outcome.UNANSWERED:
            first = RETRY_SECONDS
    if first is None:
        return None
    longest = max(first, RETRY_SECONDS_MAX)
    return now + timedelta(seconds=min(first * 2 ** min(tries - 1, 10), longest))
