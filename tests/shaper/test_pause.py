"""A pause lets back in whoever may be, and lets nobody out who is to be kept."""

from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_network

import pytest

from policy.vendors.profile import WALL
from shaper.backend import Change, Difference, Kind
from shaper.desired import SUSPENDED
from shaper.guard import paused
from shaper.linux_difference import LinuxReading, difference
from shaper.linux_requests import Interfaces
from shaper.linux_state import LeafKind, LinuxState
from shaper.linux_wiring import Wiring
from shaper.plan import plan
from shaper.queue import Listed, Tree
from shaper.routeros_rows import found_row, wanted_rows
from shaper.routeros_words import ADDRESS_LIST
from shaper.row import Actual

Lists = tuple[Listed, ...]
Planner = Callable[[Lists, Lists], Difference]


def on(list_name: str, network: str, subject: str) -> Listed:
    return Listed(list_name=list_name, network=ip_network(network), subject=subject)


def routeros(before: Lists, after: Lists) -> Difference:
    rows = wanted_rows(Tree(listed=before), "main")
    found = (
        found_row(row.path, {".id": f"*{number}", **row.words}, "main")
        for number, row in enumerate(rows, start=1)
    )
    return plan(wanted_rows(Tree(listed=after), "main"), Actual(rows=tuple(found)))


def linux(before: Lists, after: Lists) -> Difference:
    reading = LinuxReading(
        state=replace(LinuxState(), listed=before),
        interfaces=Interfaces(down=2, up=3),
        kinds=frozenset({LeafKind.BFIFO}),
        free_octets=0,
    )
    return difference(Tree(listed=after), reading, Wiring(inside="lan"))


planners = pytest.mark.parametrize("planned", [routeros, linux])


def through(found: Difference) -> set[tuple[Kind, str]]:
    """What is written while enforcement is paused."""
    left: list[Change] = list(found.without(paused(found.changes)).changes)
    return {(change.kind, change.before or change.after or "") for change in left}


def counted(found: Difference) -> dict[Kind, int]:
    kinds = [change.kind for change in found.changes]
    return {kind: kinds.count(kind) for kind in kinds}


@planners
def test_who_is_to_be_on_no_list_is_let_in_for_good_on_all_his_networks(planned: Planner):
    mine = (on(WALL, "10.0.0.7", "s1"), on(WALL, "10.9.0.0/24", "s1"))
    stays = on(SUSPENDED, "10.0.0.8", "s2")
    found = planned((*mine, stays), (stays, on(WALL, "10.0.0.9", "s3")))

    assert {Kind.REMOVE: 2, Kind.ADD: 1} == counted(found)
    assert {Kind.REMOVE} == {kind for kind, _ in through(found)}
    assert 2 == len(through(found))


@planners
@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(on(WALL, "10.0.0.7", "s1"), on(SUSPENDED, "10.0.0.7", "s1"), id="list"),
        pytest.param(on(WALL, "10.0.0.7", "s1"), on(WALL, "10.0.0.8", "s1"), id="address"),
        pytest.param(on(WALL, "10.0.0.7", "s1"), on(WALL, "10.0.0.0/24", "s1"), id="wider"),
        pytest.param(on(WALL, "10.0.0.7", "s1"), on(WALL, "10.0.0.0/24", "s2"), id="another's"),
        pytest.param(on(WALL, "10.0.0.7", "s1"), on(SUSPENDED, "10.0.0.7", "s2"), id="handed on"),
    ],
)
def test_who_is_to_be_listed_otherwise_stays_until_he_can_be(
    planned: Planner, before: Listed, after: Listed
):
    found = planned((before,), (after,))

    assert {Kind.REMOVE: 1, Kind.ADD: 1} == counted(found)
    assert set() == through(found)


def test_on_linux_he_whom_a_wider_network_covered_stays_on_the_list_when_that_is_let_in():
    wide, narrow = on(WALL, "10.0.0.0/24", "s1"), on(WALL, "10.0.0.7", "s2")
    found = linux((wide,), (narrow, on(WALL, "10.0.1.7", "s3"), on(SUSPENDED, "10.0.0.9", "s4")))

    assert {
        (Kind.REMOVE, "10.0.0.0/24 on turnpike-walled"),
        (Kind.ADD, "10.0.0.7/32 on turnpike-walled"),
    } == through(found)


def test_an_entry_that_a_person_made_a_range_goes_when_its_subscriber_is_let_in():
    (row,) = wanted_rows(Tree(listed=(on(WALL, "10.0.0.7", "s1"),)), "main")
    words = {**row.words, ".id": "*1", "address": "10.0.0.7-10.0.0.9"}
    found = plan((), Actual(rows=(found_row(ADDRESS_LIST, words, "main"),)))

    assert 1 == len(through(found))
