"""The states of a session under enforcement, and which may follow which."""

from enum import StrEnum

__all__ = ["State", "follows"]


class State(StrEnum):
    """What coa holds to be true; a session without a row is as its Class says."""

    PENDING = "pending"
    """It differs: acted for and not answered, or waiting for its next login."""
    ACKNOWLEDGED = "acknowledged"
    """The NAS said yes; nothing has proven it yet."""
    CONFIRMED = "confirmed"
    """Proven."""
    REFUSED = "refused"
    """The NAS said no."""
    ADOPTED = "adopted"
    """Let in by another server; only a loss of access moves it."""
    SUSPECT = "suspect"
    """The NAS does not know the session, accounting has not closed it."""


_FOLLOWING = {
    None: frozenset({State.PENDING, State.ADOPTED}),
    State.PENDING: frozenset(State),
    State.ACKNOWLEDGED: frozenset({State.PENDING, State.CONFIRMED}),
    State.CONFIRMED: frozenset({State.PENDING}),
    State.REFUSED: frozenset({State.PENDING, State.CONFIRMED, State.ADOPTED}),
    State.ADOPTED: frozenset({State.PENDING, State.CONFIRMED}),
    State.SUSPECT: frozenset({State.PENDING, State.CONFIRMED, State.ADOPTED}),
}


def follows(before: State | None, after: State) -> bool:
    """Whether a session may go from `before` (None: no row yet) to `after`."""
    return after in _FOLLOWING[before]
