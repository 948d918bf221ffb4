"""Whatever the provider and the router were like: one plan makes it right, the next is empty."""

import asyncio
from ipaddress import ip_network
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isp.shaping import Method
from lab.routeros import RouterOs
from lab.routeros.table import Row
from shaper.backends.routeros import RouterOsBackend
from shaper.prefixes import width
from shaper.queue import Tree
from shaper.routeros_words import ADDRESS_LIST, MENUS, SIMPLE
from tests.shaper.router_states import random_tree
from tests.support.router_in_memory import RouterInMemory
from tests.support.sizes import size

STATES = size(150, 10_000)
METHODS = st.sampled_from((Method.SIMPLE, Method.TREE))


@pytest.mark.prove
@settings(max_examples=STATES, deadline=None)
@given(seed=st.integers(0, 2**32), before=METHODS, after=METHODS)
def test_a_plan_that_was_applied_leaves_nothing_to_plan(seed: int, before: Method, after: Method):
    asyncio.run(check(Random(seed), before, after))


async def check(random: Random, before: Method, after: Method) -> None:
    router = RouterOs(seed=random.randrange(1000))
    backend = RouterOsBackend(RouterInMemory(router), instance="main", writes_per_second=1_000_000)
    others = somebody_elses(random, router)
    for method in (before, after):
        tree = random_tree(random, method, services=random.randrange(12))
        reading = await backend.read(tree)
        plan = backend.plan(tree, reading)
        applied = await backend.apply(plan, reading)

        assert () == applied.problems
        assert () == backend.plan(tree, await backend.read(tree)).steps
        if applied.reading is not None:
            assert () == backend.plan(tree, applied.reading).steps
        assert others == written(others_of(router))
        check_first_matches(router, tree)
        tamper(random, router)
        if random.random() < 0.3:
            router.renumber()
        others = written(others_of(router))


def somebody_elses(random: Random, router: RouterOs) -> list[dict[str, str]]:
    """Rows of operators, of another Turnpike and of RADIUS."""
    queues = router.tables[SIMPLE]
    if random.random() < 0.5:
        queues.add({"name": "office", "target": "10.0.0.0/24", "max-limit": "5M/5M"})
    if random.random() < 0.5:
        comment = "isp:other:s1:00000000"
        queues.add({"name": "theirs", "target": "10.0.0.1", "comment": comment})
    if random.random() < 0.5:
        router.dial_in("ann1", "10.0.0.2", "1M/2M")
    if random.random() < 0.5:
        router.tables[ADDRESS_LIST].add({"list": "turnpike-walled", "address": "10.0.0.3"})
    return written(others_of(router))


def others_of(router: RouterOs) -> list[Row]:
    return [
        row
        for path in MENUS
        for row in router.tables[path].rows.values()
        if not row.values.get("comment", "").startswith("isp:main:")
        and not row.values.get("name", "").startswith("isp-main-")
    ]


def written(rows: list[Row]) -> list[dict[str, str]]:
    """Without ids, which a renumbering changes."""
    return [dict(row.values) for row in rows]


def tamper(random: Random, router: RouterOs) -> None:
    """What a person does to rows that are ours."""
    ours = [row for row in router.tables[SIMPLE].rows.values() if "main" in comment_of(row)]
    for row in random.sample(ours, min(len(ours), random.randrange(4))):
        match random.randrange(4):
            case 0:
                router.tables[SIMPLE].remove(row)
            case 1:
                router.tables[SIMPLE].set(row, {"max-limit": "7M/2M", "limit-at": "0/0"})
            case 2:
                router.tables[SIMPLE].set(row, {"comment": ""})
                router.tables[SIMPLE].remove(row)
            case _:
                router.tables[SIMPLE].move([row], None)


def comment_of(row: Row) -> str:
    return row.values.get("comment", "")


def check_first_matches(router: RouterOs, tree: Tree) -> None:
    """Nobody has two queues, and no sibling that is wider stands before a narrower one."""
    ours = [row for row in router.tables[SIMPLE].rows.values() if "main" in comment_of(row)]
    subjects = [comment_of(row).split(":")[2] for row in ours]

    assert sorted(queue.subject for queue in tree.queues) == sorted(subjects)
    for at, row in enumerate(ours):
        for later in ours[at + 1 :]:
            if row.links["parent"] == later.links["parent"]:
                assert not shadows(row, later)


def shadows(row: Row, later: Row) -> bool:
    """Whether the wider row takes what is the narrower one's."""
    wide, narrow = (
        [ip_network(each) for each in one.values["target"].split(",")] for one in (row, later)
    )
    takes = any(a != b and a.version == b.version and b.subnet_of(a) for a in wide for b in narrow)
    return takes and width(wide) > width(narrow)
