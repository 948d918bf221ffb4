"""A look at one target: what it should have, what it has, and the difference."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from isp.shaping import Method
from shaper.audit import audit
from shaper.backend import Applied, Backend, Change, Difference, Kind
from shaper.desired import desired
from shaper.queue import Tree
from shaper.state import Drift, State, states
from shaper.store.load import Loaded
from shaper.target import Target

__all__ = ["Look", "Wanted", "compare", "report", "wanted"]

CHANGES_TOLD_MAX: Final = 1000
"""A report for people; all of the drift is in `report.queues`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What a target should have; where RADIUS shapes it, `tree` is only compared."""

    loaded: Loaded
    tree: Tree


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """One reading compared. `difference` is what would be written."""

    wanted: Wanted
    reading: Any
    difference: Difference
    states: Mapping[str, State]

    @property
    def drifted(self) -> int:
        """How many subjects are not as they should be."""
        return sum(1 for state in self.states.values() if state.drift is not None)

    @property
    def doubtful(self) -> int:
        """How many have no queue because of a doubt or a conflict."""
        unsure = (Drift.DOUBT, Drift.CONFLICT)
        return sum(1 for state in self.states.values() if state.drift in unsure)


def wanted(loaded: Loaded) -> Wanted:
    """The decision; pure."""
    return Wanted(loaded=loaded, tree=desired(loaded.site, loaded.services, loaded.claims))


def compare(should: Wanted, reading: Any, backend: Backend) -> Look:
    """What is missing; pure. A router that RADIUS shapes has no rows of ours."""
    by_radius = should.loaded.site.method is Method.RADIUS
    difference = backend.plan(Tree() if by_radius else should.tree, reading)
    if by_radius:
        logins = {subject: owned.login for subject, owned in should.loaded.owners.items()}
        found = audit(should.tree, logins, reading) | states(Tree(), difference)
    else:
        found = states(should.tree, difference)
    return Look(wanted=should, reading=reading, difference=difference, states=found)


def report(
    target: Target, look: Look, held: Collection[Change] = (), applied: Applied | None = None
) -> dict[str, Any]:
    """The look as JSON, for the person who asked."""
    kinds = Counter(change.kind for change in look.difference.changes)
    return {
        "router": target.name,
        "mode": "enabled" if target.writes else "observe",
        "method": target.method.value,
        "version": look.reading.version,
        "wanted": len(look.states),
        "add": kinds[Kind.ADD],
        "set": kinds[Kind.SET] + kinds[Kind.MOVE],
        "remove": kinds[Kind.REMOVE],
        "foreign": look.difference.foreign,
        "held": len(held),
        "paused": look.wanted.loaded.paused,
        "warnings": list(look.reading.warnings),
        "drift": list(_drifted(look)),
        "changes": [_told(each, look) for each in look.difference.changes[:CHANGES_TOLD_MAX]],
        "applied": None if applied is None else _applied(applied),
    }


def _drifted(look: Look) -> Iterator[dict[str, Any]]:
    """What the changes do not tell: doubts, conflicts, and what RADIUS has to change."""
    owners = look.wanted.loaded.owners
    silent = {change.subject for change in look.difference.changes}
    for subject, state in sorted(look.states.items()):
        if state.drift is not None and subject not in silent:
            owner = owners.get(subject)
            yield {
                "subject": subject,
                "login": None if owner is None else owner.login,
                "drift": state.drift.value,
                "wanted": state.wanted,
                "actual": state.actual,
            }


def _told(change: Change, look: Look) -> dict[str, Any]:
    owner = look.wanted.loaded.owners.get(change.subject)
    return {
        "kind": change.kind.value,
        "subject": change.subject,
        "login": None if owner is None else owner.login,
        "before": change.before,
        "after": change.after,
        "edited": change.edited,
    }


def _applied(applied: Applied) -> dict[str, Any]:
    problems: Sequence[str] = applied.problems
    return {"done": applied.done, "failed": applied.failed, "problems": list(problems)}
