"""What is wanted of the kernel against what it has, in words and as queues to put (pure)."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from isp.limit import PRIORITY_LOWEST
from shaper.backend import Change, Kind
from shaper.kept_out import KeptOut
from shaper.linux_classes import limit_of
from shaper.linux_leaves import choose_kind
from shaper.linux_lists import ListsDifference, lists_difference
from shaper.linux_requests import Interfaces
from shaper.linux_state import NAMELESS, LeafKind, LinuxQueue, LinuxState
from shaper.linux_tree import queues_of
from shaper.linux_wiring import Wiring
from shaper.prefixes import Prefixes
from shaper.queue import Listed, Tree
from shaper.wording import limit_text

__all__ = ["Entry", "LinuxDifference", "LinuxReading", "difference", "queue_text"]

PLAIN_LEAVES = "this kernel has neither CAKE nor fq_codel: queues are plain, of 100 ms"
NO_WALLS = "no rule stands beside the sets walled and suspended (docs/shaper.md): all pass"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinuxReading:
    """The kernel as it was read. `kinds` are the leaves that it knows, `interfaces` where the
    queues are, 0 for one that is not there yet.
    """

    state: LinuxState
    interfaces: Interfaces
    kinds: frozenset[LeafKind]
    free_octets: int
    version: str | None = None
    cpu_percent: float | None = None

    @property
    def size(self) -> int:
        return len(self.state.queues) + sum(1 for each in self.state.listed if each.subject)

    @property
    def warnings(self) -> tuple[str, ...]:
        told = {
            PLAIN_LEAVES: self.kinds == {LeafKind.BFIFO},
            NO_WALLS: bool(self.state.listed) and not self.state.walls,
        }
        return tuple(text for text, holds in told.items() if holds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One change: of a queue as it was, as it will be; of who is on a list; of the rules that
    classify where all are None.
    """

    change: Change
    before: LinuxQueue | None = None
    after: LinuxQueue | None = None
    off_list: Listed | None = None
    on_list: Listed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinuxDifference:
    """What is to be done; queues that are not ours cannot be where ours are."""

    entries: tuple[Entry, ...] = ()
    conflicts: tuple[tuple[str, str], ...] = ()
    foreign: int = 0

    @property
    def changes(self) -> tuple[Change, ...]:
        return tuple(entry.change for entry in self.entries)

    @property
    def put(self) -> tuple[LinuxQueue, ...]:
        """The queues to be as they will be."""
        return tuple(entry.after for entry in self.entries if entry.after is not None)

    @property
    def removed(self) -> frozenset[str]:
        """The names of the queues to go."""
        return frozenset(
            entry.before.name
            for entry in self.entries
            if entry.before is not None and entry.after is None
        )

    @property
    def on_lists(self) -> tuple[Listed, ...]:
        """Who is to be on the lists."""
        return tuple(entry.on_list for entry in self.entries if entry.on_list is not None)

    @property
    def off_lists(self) -> tuple[Listed, ...]:
        """Who is on the lists and is not to be."""
        return tuple(entry.off_list for entry in self.entries if entry.off_list is not None)

    def without(self, kept: Collection[Change]) -> "LinuxDifference":
        """A queue that is kept keeps those above it."""
        parents = {
            entry.before.name: entry.before.parent
            for entry in self.entries
            if entry.before is not None and entry.after is None
        }
        spared: set[str] = set()
        for entry in self.entries:
            at = entry.before.name if entry.before and entry.change in kept else None
            while at in parents and at not in spared:
                spared.add(at)
                at = parents[at]
        left = (
            entry
            for entry in self.entries
            if entry.change not in kept
            and not (entry.before and entry.after is None and entry.before.name in spared)
        )
        return replace(self, entries=tuple(left))


def difference(tree: Tree, reading: LinuxReading, wiring: Wiring) -> LinuxDifference:
    """See shaper.backend."""
    kind = choose_kind(
        reading.kinds,
        reading.state.queues.values(),
        leaves=len(tree.queues),
        free_octets=reading.free_octets,
    )
    wanted = queues_of(tree, kind)
    present = reading.state.queues
    entries = [
        entry_of(present.get(name), queue)
        for name, queue in wanted.items()
        if present.get(name) != queue
    ]
    entries += [entry_of(queue, None) for name, queue in present.items() if name not in wanted]
    entries += rewiring(reading, wiring)
    lists = lists_difference(tree.listed, reading.state.listed)
    entries += list_entries(lists, tree.listed)
    return LinuxDifference(entries=tuple(entries), conflicts=lists.conflicts)


def rewiring(reading: LinuxReading, wiring: Wiring) -> Iterator[Entry]:
    """The rules, where there are queues already that they should lead to."""
    state = reading.state
    chains = wiring.chains(state.maps, reading.interfaces.up)
    if state.queues and (not state.rooted or state.chains != chains):
        change = Change(
            kind=Kind.SET,
            subject=wiring.inside,
            before="packets are not classified as they should be",
            after="packets are classified",
        )
        yield Entry(change=change)


def entry_of(before: LinuxQueue | None, after: LinuxQueue | None) -> Entry:
    change = Change(
        kind=kind_of(before, after),
        subject=next(queue.subject or queue.name for queue in (after, before) if queue),
        before=None if before is None else queue_text(before),
        after=None if after is None else queue_text(after),
    )
    return Entry(change=change, before=before, after=after)


def list_entries(lists: ListsDifference, wanted: Collection[Listed]) -> Iterator[Entry]:
    """Who goes back in takes along whom he covered: that one stays on the list under his own name,
    which is no news to him.
    """
    kept_out = KeptOut(wanted)
    let_in: defaultdict[str, Prefixes[Listed]] = defaultdict(Prefixes)
    for off, on in lists.changes:
        if on is None and off and kept_out.lets_in(off.list_name, off.subject, (off.network,)):
            let_in[off.list_name].put(off.network, off)
    for off, on in lists.changes:
        listed = next(each for each in (on, off) if each)
        opens = next(let_in[listed.list_name].around(listed.network), None) is not None
        yield list_entry(off, on, opens=opens)


def list_entry(off: Listed | None, on: Listed | None, *, opens: bool) -> Entry:
    change = Change(
        kind=kind_of(off, on),
        subject=next(listed.subject for listed in (on, off) if listed),
        before=None if off is None else listed_text(off),
        after=None if on is None else listed_text(on),
        opens=opens,
    )
    return Entry(change=change, off_list=off, on_list=on)


def kind_of(before: object | None, after: object | None) -> Kind:
    return Kind.ADD if before is None else Kind.REMOVE if after is None else Kind.SET


def listed_text(listed: Listed) -> str:
    """`10.0.0.7/32 on turnpike-walled`."""
    return f"{listed.network} on {listed.list_name}"


def queue_text(queue: LinuxQueue) -> str:
    """`s17-ann 100M/20M 10.0.0.7/32`: as people read it, download first."""
    if queue.down is None or queue.up is None:
        return f"{queue.name} incomplete"
    borrows = queue.parent is not None
    down, up = limit_of(queue.down, borrows=borrows), limit_of(queue.up, borrows=borrows)
    words = [queue.name, f"{limit_text(down.rate_bps)}/{limit_text(up.rate_bps)}"]
    if down.guaranteed_bps or up.guaranteed_bps:
        pair = (down.guaranteed_bps, up.guaranteed_bps)
        words.append(f"guaranteed {'/'.join(limit_text(bps) if bps else '0' for bps in pair)}")
    if (down.priority, up.priority) != (PRIORITY_LOWEST, PRIORITY_LOWEST):
        words.append(f"priority {down.priority}/{up.priority}")
    if queue.parent and not queue.parent.startswith(NAMELESS):
        words.append(f"under {queue.parent}")
    ordered = sorted(queue.targets, key=lambda each: (each.version, each.network_address))
    return " ".join((*words, *map(str, ordered)))
