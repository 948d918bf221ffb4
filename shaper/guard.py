"""The guards: removals that nothing explains are held; a pause stops all but letting back in."""

from collections.abc import Callable, Collection, Sequence
from typing import Final

from shaper.backend import Change, Kind

__all__ = ["held_removals", "paused"]

ROWS_ALWAYS: Final = 20
ROWS_SHARE: Final = 0.10


def held_removals(
    changes: Sequence[Change], rows: int, explained: Callable[[str], bool]
) -> tuple[Change, ...]:
    """The removals to hold back: where more than 20, and more than 10 % of the router's rows,
    would go without a Stop or a termination of their service, none of those goes.
    """
    unexplained = tuple(
        change
        for change in changes
        if change.kind is Kind.REMOVE and not change.opens and not explained(change.subject)
    )
    return unexplained if len(unexplained) > max(ROWS_ALWAYS, rows * ROWS_SHARE) else ()


def paused(changes: Collection[Change]) -> tuple[Change, ...]:
    """What waits while enforcement is paused: reactivation goes on."""
    return tuple(change for change in changes if not change.opens)
