"""The changes that bring the kernel from what it has to what it should have (pure).

A queue keeps its class while that can be changed where it is. One that cannot (another parent,
another kind of leaf) gets a new class beside the old one, and so does all that hangs under it. How
the kernel is told is in `linux_requests`.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from heapq import heapify, heappop, heappush
from typing import Final, TypeVar

from isp.errors import Refused
from shaper.linux_state import (
    MAJOR,
    NAMELESS,
    HtbClass,
    LinuxQueue,
    LinuxState,
    class_id,
    major_of,
    number_of,
)
from shaper.queue import Listed, Network

__all__ = ["FAMILY_MAX", "NUMBERS_MAX", "LinuxPlan", "Placed", "plan_changes"]

NUMBERS: Final = range(1, 0xFFFF)
"""Handles have 16 bits; 0 is the root and 0xffff the ingress."""
NUMBERS_MAX: Final = len(NUMBERS) - 1
"""Ours is taken, for a family or a leaf has its number as its handle."""
FAMILY_MAX: Final = 200
"""Making a class in an HTB of n classes takes about n * 80 ns."""

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A queue that is new or changes, its class id and the one above it; `before` is what its
    class is now, None where it is new.
    """

    queue: LinuxQueue
    at: int
    above: int
    before: LinuxQueue | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinuxPlan:
    """`placed` stand parents first, and are preceded by their `families`, the number of the class
    above each; `cleared` are the ids of the classes to go, children first. `labelled` and
    `addressed` are what the maps get, `unlabelled` and `unaddressed` what they lose before that; so
    the lists. A map that has become empty stays until the next reboot; it costs a look.
    """

    placed: tuple[Placed, ...]
    families: Mapping[int, int]
    cleared: tuple[int, ...]
    labelled: Mapping[int, LinuxQueue]
    unlabelled: tuple[int, ...]
    addressed: Mapping[Network, int]
    unaddressed: tuple[Network, ...]
    after: LinuxState
    on_lists: Collection[Listed] = ()
    off_lists: Collection[Listed] = ()


def plan_changes(
    state: LinuxState,
    *,
    put: Iterable[LinuxQueue],
    removed: Collection[str] = (),
    on_lists: Collection[Listed] = (),
    off_lists: Collection[Listed] = (),
) -> LinuxPlan:
    """What to do so that `put` are as given and `removed` are gone, who is to be on the lists is
    and who is not is not; all others stay as they are.

    Raises Refused where there are more queues than an interface can have.
    """
    plan = _Change(state, list(put), set(removed)).plan()
    listed = state.listed.difference(off_lists).union(on_lists)
    after = replace(plan.after, listed=listed)
    return replace(plan, on_lists=on_lists, off_lists=off_lists, after=after)


class _Change:
    def __init__(self, state: LinuxState, put: list[LinuxQueue], removed: set[str]) -> None:
        self._state = state
        self._put = put
        self._queues = without(state.queues, removed) | {queue.name: queue for queue in put}
        self._ids = without(state.ids, removed)
        self._cleared = {name: state.ids[name] for name in removed & state.ids.keys()}
        self._families: dict[int, int] = {}

    def plan(self) -> LinuxPlan:
        state = self._state
        placed = tuple(self._place())
        labelled = {
            each.at: each.queue
            for each in placed
            if each.before is None or each.before.subject != each.queue.subject
        }
        relabelled = [each.at for each in placed if each.before and each.at in labelled]
        addressed, unaddressed = self._moved(placed)
        orphans = self._orphans()
        return LinuxPlan(
            placed=placed,
            families=self._families,
            cleared=(*self._cleared_leaves(), *orphans, *self._cleared_nodes()),
            labelled=labelled,
            unlabelled=(*self._named(), *relabelled),
            addressed=addressed,
            unaddressed=unaddressed,
            after=replace(
                state,
                queues=self._queues,
                ids=self._ids,
                families=without(state.families, map(number_of, orphans)) | self._families,
                addresses=without(state.addresses, unaddressed) | addressed,
                maps=state.maps | {(each.version, each.prefixlen) for each in addressed},
            ),
        )

    def _place(self) -> Iterator[Placed]:
        """Parents first; what is given, and what must follow a parent that got a new class."""
        waiting = [(depth(queue.name, self._queues), queue.name) for queue in self._put]
        heapify(waiting)
        done: set[str] = set()
        while waiting:
            level, name = heappop(waiting)
            if name in done:
                continue
            done.add(name)
            queue = self._queues[name]
            before = self._state.queues.get(name)
            parent = number_of(self._ids[queue.parent]) if queue.parent else 0
            if before is None or not self._stays(before, queue, parent):
                before = None
                self._settle(queue, parent)
                for child in self._children.get(name, ()):
                    heappush(waiting, (level + 1, child))
            at = self._ids[name]
            family = major_of(at)
            above = class_id(family, parent if family == MAJOR else family)
            yield Placed(queue=queue, at=at, above=above, before=before)

    def _stays(self, before: LinuxQueue, after: LinuxQueue, parent: int) -> bool:
        """Whether its class can be changed where it is."""
        family = major_of(self._ids[after.name])
        if family == MAJOR:
            above_before = number_of(self._state.ids.get(after.parent or "", 0))
        else:
            above_before = self._state.families.get(family, -1)
        return (
            before.parent == after.parent
            and above_before == parent
            and same_leaf(before.down, after.down)
            and same_leaf(before.up, after.up)
        )

    def _settle(self, queue: LinuxQueue, parent: int) -> None:
        """Give it a new class."""
        if queue.name in self._ids:
            self._cleared[queue.name] = self._ids[queue.name]
        is_leaf = queue.down is not None and queue.down.leaf is not None
        major = self._family(parent) if is_leaf else MAJOR
        self._ids[queue.name] = class_id(major, self._number())

    def _family(self, parent: int) -> int:
        """One under the parent that has room, a new one where none has."""
        room = self._room[parent]
        while room and room[-1][1] == 0:
            room.pop()
        if not room:
            number = self._number()
            self._families[number] = parent
            room.append((number, FAMILY_MAX))
        number, left = room.pop()
        room.append((number, left - 1))
        return number

    @cached_property
    def _room(self) -> defaultdict[int, list[tuple[int, int]]]:
        """The families under each parent, and how many more queues they can have."""
        sizes = Counter(map(major_of, self._state.ids.values()))
        room: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        for number, parent in self._state.families.items():
            room[parent].append((number, max(0, FAMILY_MAX - sizes[number])))
        return room

    def _number(self) -> int:
        number = next(self._free, None)
        if number is None:
            problem = f"an interface has {NUMBERS_MAX} handles, old and new queues need more"
            raise Refused(problem, remedy="divide the subscribers among more interfaces")
        return number

    @cached_property
    def _free(self) -> Iterator[int]:
        taken = {MAJOR, *map(number_of, self._state.ids.values()), *self._state.families}
        return (number for number in NUMBERS if number not in taken)

    @cached_property
    def _children(self) -> Mapping[str | None, list[str]]:
        children: defaultdict[str | None, list[str]] = defaultdict(list)
        for name, queue in self._queues.items():
            children[queue.parent].append(name)
        return children

    def _cleared_leaves(self) -> Iterator[int]:
        return (at for at in self._cleared.values() if major_of(at) != MAJOR)

    def _cleared_nodes(self) -> Iterator[int]:
        nodes = [(name, at) for name, at in self._cleared.items() if major_of(at) == MAJOR]
        nodes.sort(key=lambda each: -depth(each[0], self._state.queues))
        return (at for _, at in nodes)

    def _orphans(self) -> tuple[int, ...]:
        """The places of the families whose parent goes."""
        gone = {number_of(at) for at in self._cleared_nodes()}
        return tuple(
            class_id(MAJOR, number)
            for number, parent in self._state.families.items()
            if parent in gone
        )

    def _named(self) -> Iterator[int]:
        """The cleared classes that have a label."""
        return (at for name, at in self._cleared.items() if not name.startswith(NAMELESS))

    def _moved(self, placed: Iterable[Placed]) -> tuple[dict[Network, int], tuple[Network, ...]]:
        """The networks that get a class, and those that lose the one they have."""
        state = self._state
        claimed = {network: each.at for each in placed for network in each.queue.targets}
        addressed = {
            network: at for network, at in claimed.items() if state.addresses.get(network) != at
        }
        touched = [*self._cleared, *(each.queue.name for each in placed)]
        left = {
            network
            for name in touched
            if name in state.queues
            for network in state.queues[name].targets
            if network not in claimed
        }
        return addressed, (*left, *(each for each in addressed if each in state.addresses))


def without(known: Mapping[K, V], gone: Iterable[K]) -> dict[K, V]:
    """A copy; one of few losses does not look at every member."""
    copy = dict(known)
    for key in gone:
        copy.pop(key, None)
    return copy


def same_leaf(before: HtbClass | None, after: HtbClass | None) -> bool:
    """Whether one becomes the other where it is; what is missing is only added."""
    if before is None or after is None:
        return True
    return (before.leaf and before.leaf.kind) == (after.leaf and after.leaf.kind)


def depth(name: str, queues: Mapping[str, LinuxQueue]) -> int:
    """How many queues are above it."""
    above, at = 0, queues.get(name)
    while at is not None and at.parent is not None:
        above, at = above + 1, queues.get(at.parent)
    return above
