"""The order of writes, and rows that change hands."""

from dataclasses import replace

from isp.limit import Limit
from shaper.backend import Kind
from shaper.guard import held_removals, paused
from shaper.plan import Plan, plan
from shaper.prefixes import network
from shaper.queue import Queue, Tree
from shaper.routeros_rows import found_row, wanted_rows
from shaper.routeros_words import SIMPLE
from shaper.row import Actual


def queue(subject: str, target: str, parent: str | None = None, name: str | None = None) -> Queue:
    return Queue(
        name=name or f"{subject}-x",
        subject=subject,
        targets=(network(target),),
        down=Limit(rate_bps=1_000_000),
        up=Limit(rate_bps=1_000_000),
        parent=parent,
    )


def actual(*queues: Queue) -> Actual:
    """As a router has it that was given those queues."""
    rows = wanted_rows(Tree(queues=queues), "main")
    return Actual(
        rows=tuple(
            found_row(SIMPLE, {".id": f"*{number}", **row.words}, "main")
            for number, row in enumerate(rows, start=1)
        )
    )


def planned(before: tuple[Queue, ...], after: tuple[Queue, ...]) -> Plan:
    return plan(wanted_rows(Tree(queues=after), "main"), actual(*before))


def steps(found: Plan) -> list[tuple[Kind, str]]:
    return [(step.kind, step.row.subject) for wave in found.waves() for step in wave]


SITE, HALL = queue("n1", "10.0.0.0/8"), queue("n2", "10.1.0.0/16", parent="n1-x")


def test_parents_are_added_before_their_children_and_removed_after_them():
    child = queue("s1", "10.1.0.7", parent="n2-x")

    assert [(Kind.ADD, "n1"), (Kind.ADD, "n2"), (Kind.ADD, "s1")] == steps(
        planned((), (SITE, HALL, child))
    )
    assert [(Kind.REMOVE, "s1"), (Kind.REMOVE, "n2"), (Kind.REMOVE, "n1")] == steps(
        planned((SITE, HALL, child), ())
    )


def test_an_address_that_changes_hands_keeps_its_row():
    found = planned((queue("s1", "10.0.0.7"),), (queue("s2", "10.0.0.7"),))

    assert [(Kind.SET, "s2")] == steps(found)
    assert {"name", "comment"} == found.steps[0].words.keys()


def test_an_address_that_moves_between_two_is_given_before_it_is_taken():
    def both(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[Queue, ...]:
        one, two = queue("s1", "10.0.0.1"), queue("s2", "10.0.0.2")
        return (
            replace(one, targets=tuple(map(network, first))),
            replace(two, targets=tuple(map(network, second))),
        )

    before = both(("10.0.0.1", "10.0.0.7"), ("10.0.0.2",))
    after = both(("10.0.0.1",), ("10.0.0.2", "10.0.0.7"))

    assert [(Kind.SET, "s2"), (Kind.SET, "s1")] == steps(planned(before, after))


def test_a_renamed_parent_takes_its_children_along():
    child = queue("s1", "10.0.0.7", parent="n1-x")
    renamed = queue("n1", "10.0.0.0/8", name="n1-north")
    moved = queue("s1", "10.0.0.7", parent="n1-north")
    found = planned((SITE, child), (renamed, moved))

    assert [(Kind.SET, "n1")] == steps(found)


def test_a_host_is_placed_before_a_network_that_holds_it_and_else_at_the_end():
    wide = queue("s1", "10.0.0.0/24")
    found = planned((wide,), (queue("s2", "10.0.0.7"), wide, queue("s3", "10.9.0.1")))

    assert {"s2": "*1", "s3": None} == {step.row.subject: step.before for step in found.steps}


def test_a_host_below_a_network_that_became_wide_is_moved_above_it():
    before = (queue("s1", "10.0.0.1"), queue("s2", "10.0.0.7"))
    after = (queue("s2", "10.0.0.7"), queue("s1", "10.0.0.0/24"))

    assert [(Kind.MOVE, "s2"), (Kind.SET, "s1")] == steps(planned(before, after))


def test_what_somebody_changed_is_told_from_what_is_wanted_otherwise():
    (row,) = actual(queue("s1", "10.0.0.7")).rows
    edited = found_row(SIMPLE, {".id": "*1", **row.row.words, "max-limit": "0/0"}, "main")
    wanted = wanted_rows(Tree(queues=(queue("s1", "10.0.0.7"),)), "main")

    assert [True] == [each.edited for each in plan(wanted, Actual(rows=(edited,))).changes]
    moved = planned((queue("s1", "10.0.0.7"),), (queue("s1", "10.0.0.8"),))
    assert [False] == [each.edited for each in moved.changes]


def test_the_guard_holds_what_is_more_than_a_tenth_and_than_twenty():
    everybody = tuple(queue(f"s{number}", f"10.0.0.{number}") for number in range(1, 200))

    def held(kept: int, explained: int) -> int:
        changes = planned(everybody, everybody[:kept]).changes
        names = {f"s{number}" for number in range(200 - explained, 200)}
        return len(held_removals(changes, len(everybody), names.__contains__))

    assert (0, 0, 21, 0) == (held(199, 0), held(179, 0), held(178, 0), held(100, 80))


def test_a_pause_lets_nothing_through_that_does_not_let_back_in():
    changes = planned((queue("s1", "10.0.0.7"),), (queue("s2", "10.0.0.8"),)).changes

    assert changes == paused(changes)
