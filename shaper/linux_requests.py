"""A plan as the kernel is told it, in the order that leaves nobody unlimited or without a class.

First the new classes are built and the others changed where they are; then one transaction moves
names and addresses over; then the classes that nothing points at any more are cleared.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

from shaper.linux_maps import (
    create_label_set,
    create_map,
    delete_addresses,
    delete_labels,
    put_addresses,
    put_labels,
)
from shaper.linux_netlink import Request
from shaper.linux_plan import LinuxPlan, Placed
from shaper.linux_rules import create_chain, create_rule, delete_chain, delete_rules
from shaper.linux_sets import put_on_lists, take_off_lists
from shaper.linux_state import MAJOR, Chain, HtbClass, LinuxState, class_id, major_of
from shaper.linux_tc import add_family, delete_class, put_class, put_leaf

__all__ = ["Interfaces", "build", "clear", "switch", "undo"]


DOWN, UP = attrgetter("down"), attrgetter("up")


@dataclass(frozen=True, slots=True, kw_only=True)
class Interfaces:
    """The indexes of the interfaces where down and up are shaped."""

    down: int
    up: int


def build(plan: LinuxPlan, interfaces: Interfaces) -> Iterator[tuple[Placed, Request]]:
    """Each request with the queue that it is for."""
    for interface, direction in ((interfaces.down, DOWN), (interfaces.up, UP)):
        missing = dict(plan.families)
        for placed in plan.placed:
            family = major_of(placed.at)
            if family in missing:
                for request in add_family(interface, family, missing.pop(family)):
                    yield placed, request
            had = None if placed.before is None else direction(placed.before)
            for request in changed(placed, interface, had, direction(placed.queue)):
                yield placed, request


def changed(
    placed: Placed, interface: int, had: HtbClass | None, wanted: HtbClass | None
) -> Iterator[Request]:
    if wanted is None or had == wanted:
        return
    yield put_class(interface, placed.at, placed.above, wanted)
    if wanted.leaf is not None and (had is None or had.leaf != wanted.leaf):
        yield put_leaf(interface, placed.at, wanted.leaf)


def switch(
    plan: LinuxPlan, before: LinuxState, *, table: str, chains: Sequence[Chain]
) -> Iterator[Request]:
    """The members of one transaction; none where nothing moves."""
    if not before.table:
        yield create_label_set(table)
    for key in plan.after.maps - before.maps:
        yield create_map(table, key)
    yield from delete_addresses(table, plan.unaddressed)
    yield from delete_labels(table, plan.unlabelled)
    yield from put_labels(table, plan.labelled)
    yield from put_addresses(table, plan.addressed)
    yield from take_off_lists(table, plan.off_lists)
    yield from put_on_lists(table, plan.on_lists)
    yield from rewired(table, before.chains, chains)


def rewired(table: str, before: Sequence[Chain], wanted: Sequence[Chain]) -> Iterator[Request]:
    for chain in before:
        if chain not in wanted:
            yield delete_rules(table, chain.name)
            yield delete_chain(table, chain.name)
    for chain in wanted:
        if chain not in before:
            yield create_chain(table, chain)
            yield from (create_rule(table, chain, rule) for rule in chain.rules if rule)


def clear(plan: LinuxPlan, interfaces: Interfaces) -> Iterator[Request]:
    """The classes that have become useless; one that is not there does not matter."""
    return deletions(plan.cleared, interfaces)


def undo(plan: LinuxPlan, interfaces: Interfaces) -> Iterator[Request]:
    """The new classes away again, children first: what was there is still in force."""
    new = [placed.at for placed in reversed(plan.placed) if placed.before is None]
    leaves = [at for at in new if major_of(at) != MAJOR]
    families = [class_id(MAJOR, number) for number in plan.families]
    nodes = [at for at in new if major_of(at) == MAJOR]
    return deletions((*leaves, *families, *nodes), interfaces)


def deletions(ids: Iterable[int], interfaces: Interfaces) -> Iterator[Request]:
    for at in ids:
        yield delete_class(interfaces.down, at)
        yield delete_class(interfaces.up, at)
