"""The difference between the rows that a router should have and those it has."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby
from typing import Final

from shaper.backend import Change, Kind
from shaper.kept_out import KeptOut
from shaper.order import Arrangement, arrange, targets_of
from shaper.prefixes import network
from shaper.queue import Listed, Network
from shaper.routeros_text import row_text
from shaper.routeros_words import MENUS, SIMPLE, TREE, not_default
from shaper.row import Actual, Found, Owner, Row
from shaper.tag import digest

__all__ = ["Plan", "Step", "plan"]

RANKS: Final = {path: rank for rank, path in enumerate(MENUS)}

Place = tuple[str, str]
"""Menu and key."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One write to `row`, as it will be, or as it was where it goes.

    `found` is None for an addition. `words` are those to be written; `before` is the `.id` of the
    row that this one must stand before. `depth` counts the parents above it. `opens`: see
    shaper.backend.
    """

    kind: Kind
    row: Row
    found: Found | None = None
    words: Mapping[str, str] = field(default_factory=dict)
    before: str | None = None
    depth: int = 0
    opens: bool = False

    @property
    def change(self) -> Change:
        """The step in words."""
        return Change(
            kind=self.kind,
            subject=self.row.subject,
            before=None if self.found is None else row_text(self.found.row),
            after=None if self.kind is Kind.REMOVE else row_text(self.row),
            edited=self.found is not None
            and self.kind is Kind.SET
            and self.found.digest == digest(self.row.words),
            opens=self.opens,
        )


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The writes that close the difference (see `shaper.backend.Difference`)."""

    steps: tuple[Step, ...] = ()
    conflicts: tuple[tuple[str, str], ...] = ()
    foreign: int = 0

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """Each step in words."""
        return tuple(step.change for step in self.steps)

    def without(self, kept: Collection[Change]) -> "Plan":
        """The same but those steps."""
        left_out = set(kept)
        pairs = zip(self.steps, self.changes, strict=True)
        return replace(self, steps=tuple(step for step, it in pairs if it not in left_out))

    def waves(self) -> Iterator[tuple[Step, ...]]:
        """The steps in order, together those that do not need each other: rows come after what
        they build on, and go before it.
        """
        for _, wave in groupby(sorted(self.steps, key=_wave), key=_wave):
            yield tuple(wave)


def plan(wanted: Sequence[Row], actual: Actual) -> Plan:
    """What to write so that the router's rows of ours are `wanted` (each after its parent)."""
    ours: dict[Place, Found] = {}
    gone: list[Found] = []
    others = [found for found in actual.rows if found.owner is not Owner.OURS]
    for found in actual.ours():
        if ours.setdefault((found.row.path, found.row.key), found) is not found:
            gone.append(found)
    names, entries = _taken(others)
    fresh: list[Row] = []
    kept: list[tuple[Found, Row]] = []
    conflicts: list[tuple[str, str]] = []
    for row in wanted:
        mine = ours.pop((row.path, row.key), None)
        other = names.get((row.path, row.words.get("name", "")))
        if other is not None:
            conflicts.append((row.subject, f"{row.words['name']} is there and not ours"))
        elif mine is not None:
            kept.append((mine, row))
        elif (row.path, row.key) not in entries:
            fresh.append(row)
    gone += ours.values()
    fresh, gone, handed_over = _hand_over(fresh, gone)
    steps = _steps(fresh, [*kept, *handed_over], gone, others, actual)
    foreign = sum(
        1 for found in others if found.owner is Owner.FOREIGN and found.row.path in (SIMPLE, TREE)
    )
    return Plan(steps=steps, conflicts=tuple(conflicts), foreign=foreign)


def _taken(others: Iterable[Found]) -> tuple[dict[Place, Found], set[Place]]:
    """Names of rows that are not ours, and what such rows put on lists already."""
    names = {
        (found.row.path, found.row.words["name"]): found
        for found in others
        if "name" in found.row.words
    }
    entries = {
        (found.row.path, f"{found.row.words['list']} {found.row.words['address']}")
        for found in others
        if "list" in found.row.words
    }
    return names, entries


def _hand_over(
    fresh: list[Row], gone: list[Found]
) -> tuple[list[Row], list[Found], list[tuple[Found, Row]]]:
    """An address that goes from one to another keeps its row: it is never without a queue, nor
    ever in two.
    """
    leaving = {
        target: found
        for found in gone
        if found.row.path == SIMPLE
        for target in targets_of(found.row)
    }
    handed: dict[str, tuple[Found, Row]] = {}
    for row in fresh:
        if row.path == SIMPLE:
            for target in targets_of(row):
                found = leaving.get(target)
                if found is not None and found.id not in handed:
                    handed[found.id] = (found, row)
                    break
    taken = {row.key for _, row in handed.values()}
    return (
        [row for row in fresh if row.path != SIMPLE or row.key not in taken],
        [found for found in gone if found.row.path != SIMPLE or found.id not in handed],
        list(handed.values()),
    )


def _steps(
    fresh: Sequence[Row],
    kept: Sequence[tuple[Found, Row]],
    gone: Sequence[Found],
    others: Sequence[Found],
    actual: Actual,
) -> tuple[Step, ...]:
    depths = _depths([*(row for _, row in kept), *fresh])
    depths_before = _depths([found.row for found in actual.rows])
    arranged = _arranged(fresh, kept, others, actual)
    renamed = {
        found.row.words["name"]: row.words["name"]
        for found, row in kept
        if row.path == SIMPLE and found.row.words["name"] != row.words["name"]
    }
    steps = [
        Step(
            kind=Kind.ADD,
            row=row,
            words=not_default(row.path, row.words),
            before=arranged.additions.get(row.key) if row.path == SIMPLE else None,
            depth=_depth(row, depths),
        )
        for row in fresh
    ]
    sets = [
        Step(kind=Kind.SET, row=row, found=found, words=words, depth=_depth(row, depths))
        for found, row in kept
        if (words := _changed(found.row, row, renamed))
    ]
    # Who is given an address has it before the other loses it, so that it is never without a queue.
    steps += sorted(sets, key=_gains_no_target)
    by_id = {found.id: (found, row) for found, row in kept if row.path == SIMPLE}
    for moved, before in arranged.moves:
        found, row = by_id[moved]
        steps.append(Step(kind=Kind.MOVE, row=row, found=found, before=before))
    kept_out = _kept_out([*(row for _, row in kept), *fresh])
    for found in gone:
        row, depth = found.row, _depth(found.row, depths_before)
        opens = kept_out.lets_in(row.words.get("list", ""), row.subject, _networks(row))
        steps.append(Step(kind=Kind.REMOVE, row=row, found=found, depth=depth, opens=opens))
    return tuple(steps)


def _kept_out(wanted: Iterable[Row]) -> KeptOut:
    return KeptOut(
        Listed(list_name=row.words["list"], network=each, subject=row.subject)
        for row in wanted
        if "list" in row.words
        for each in _networks(row)
    )


def _networks(row: Row) -> tuple[Network, ...]:
    """Those of a list's row: none where somebody made it a name or a range."""
    return tuple(network(each) for each in row.words.get("address", "").split(",") if "/" in each)


def _changed(found: Row, wanted: Row, renamed: Mapping[str, str]) -> dict[str, str]:
    """The words to set. A row under a parent that is renamed follows without being told."""
    before = dict(found.words)
    if wanted.path == SIMPLE:
        before["parent"] = renamed.get(before["parent"], before["parent"])
    return {name: word for name, word in wanted.words.items() if before[name] != word}


def _gains_no_target(step: Step) -> bool:
    if "target" not in step.words or step.found is None:
        return True
    before = step.found.row.words["target"].split(",")
    return set(step.words["target"].split(",")) <= set(before)


def _arranged(
    fresh: Sequence[Row],
    kept: Sequence[tuple[Found, Row]],
    others: Sequence[Found],
    actual: Actual,
) -> Arrangement:
    """Simple queues among those that will still stand, as they will then be."""
    ours = {found.id: row for found, row in kept if row.path == SIMPLE}
    future = ours | {
        found.id: found.row
        for found in others
        if found.owner is Owner.FOREIGN and found.row.path == SIMPLE
    }
    standing = [
        (found.id, future[found.id])
        for found in actual.rows
        if found.row.path == SIMPLE and found.id in future
    ]
    return arrange(standing, [row for row in fresh if row.path == SIMPLE], ours)


def _depths(rows: Iterable[Row]) -> dict[str, int]:
    """How many parents are above each simple queue, by its name."""
    parents = {row.words["name"]: row.words["parent"] for row in rows if row.path == SIMPLE}
    depths: dict[str, int] = {}
    for name in parents:
        above = [name]
        while parents.get(above[-1]) in parents and len(above) <= len(parents):
            above.append(parents[above[-1]])
        depths[name] = len(above) - 1
    return depths


def _depth(row: Row, depths: Mapping[str, int]) -> int:
    return depths.get(row.words["name"], 0) if row.path == SIMPLE else 0


def _wave(step: Step) -> tuple[int, int, int]:
    rank = RANKS[step.row.path]
    match step.kind:
        case Kind.MOVE:
            return 0, 0, 0
        case Kind.REMOVE:
            return 2, -rank, -step.depth
        case _:
            return 1, rank, step.depth
