"""What each service and node is to have on a router, and what was found: the drift report."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from shaper.backend import Change, Difference, Kind
from shaper.queue import Queue, Tree
from shaper.wording import limit_text

__all__ = ["UNTROUBLED", "Drift", "Standing", "State", "states"]


class Standing(StrEnum):
    """How a target stands as a whole."""

    IN_SYNC = "in_sync"
    DRIFTED = "drifted"
    PAUSED = "paused"
    HELD = "held"
    IN_DOUBT = "in_doubt"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"


UNTROUBLED: Final = (Standing.IN_SYNC, Standing.PAUSED)
"""Nothing for a person to look at."""


class Drift(StrEnum):
    """How a router differs; the worst of a subject's rows is told."""

    MISSING = "missing"
    DIFFERENT = "different"
    EDITED = "edited"
    UNWANTED = "unwanted"
    CONFLICT = "conflict"
    DOUBT = "doubt"


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """One subject on one router; no drift: `actual` is as wanted."""

    wanted: str | None
    actual: str | None
    drift: Drift | None = None


ORDER: Final = tuple(Drift)


def states(tree: Tree, difference: Difference) -> dict[str, State]:
    """Every subject's state, from what is wanted and what would still be written."""
    found = {subject: State(wanted=text, actual=text) for subject, text in _wanted(tree).items()}
    changes: defaultdict[str, list[Change]] = defaultdict(list)
    for change in difference.changes:
        changes[change.subject].append(change)
    for subject, those in changes.items():
        before = found.get(subject, State(wanted=None, actual=None))
        actual = "; ".join(change.before for change in those if change.before) or None
        drift = max((_drift(change) for change in those), key=ORDER.index)
        found[subject] = replace(before, actual=actual, drift=drift)
    for subject, reason in difference.conflicts:
        before = found.get(subject, State(wanted=None, actual=None))
        found[subject] = replace(before, actual=reason, drift=Drift.CONFLICT)
    for doubt in tree.doubts:
        before = found.get(doubt.subject, State(wanted=None, actual=None))
        found[doubt.subject] = replace(before, actual=doubt.reason, drift=Drift.DOUBT)
    return found


def _drift(change: Change) -> Drift:
    match change.kind:
        case Kind.ADD:
            return Drift.MISSING
        case Kind.REMOVE:
            return Drift.UNWANTED
        case _:
            return Drift.EDITED if change.edited else Drift.DIFFERENT


def _wanted(tree: Tree) -> Mapping[str, str]:
    texts: defaultdict[str, list[str]] = defaultdict(list)
    for queue in tree.queues:
        texts[queue.subject].append(_queue_text(queue))
    for listed in tree.listed:
        texts[listed.subject].append(f"{listed.network} on {listed.list_name}")
    return {subject: "; ".join(those) for subject, those in texts.items()}


def _queue_text(queue: Queue) -> str:
    targets = ",".join(str(target) for target in queue.targets)
    return f"{limit_text(queue.down.rate_bps)}/{limit_text(queue.up.rate_bps)} {targets}"
