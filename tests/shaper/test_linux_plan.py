"""Plans for Linux: what is changed where it is, what gets a new class, and in which order."""

from collections.abc import Mapping
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isp.errors import Refused
from isp.shaping import Method
from shaper.linux_difference import LinuxReading, difference
from shaper.linux_plan import FAMILY_MAX, NUMBERS_MAX, LinuxPlan, plan_changes
from shaper.linux_requests import Interfaces
from shaper.linux_state import MAJOR, LeafKind, LinuxState, major_of, number_of
from shaper.linux_tree import REST, queues_of
from shaper.linux_wiring import Wiring
from shaper.queue import Tree
from tests.shaper.router_states import random_tree
from tests.support.many_queues import many
from tests.support.sizes import size

WIRING = Wiring(inside="lan")
INTERFACES = Interfaces(down=2, up=3)


def reading_of(state: LinuxState) -> LinuxReading:
    state = replace(state, rooted=True, chains=WIRING.chains(state.maps, INTERFACES.up))
    return LinuxReading(
        state=state, interfaces=INTERFACES, kinds=frozenset({LeafKind.BFIFO}), free_octets=0
    )


def plan_for(tree: Tree, state: LinuxState) -> LinuxPlan:
    found = difference(tree, reading_of(state), WIRING)
    return plan_changes(
        state,
        put=found.put,
        removed=found.removed,
        on_lists=found.on_lists,
        off_lists=found.off_lists,
    )


@pytest.mark.prove
@settings(max_examples=size(150, 5_000), deadline=None)
@given(seed=st.integers(0, 2**32))
def test_whatever_was_there_a_plan_makes_it_right_and_takes_no_class_away_too_early(seed: int):
    random = Random(seed)
    state = LinuxState()
    for _ in range(3):
        tree = random_tree(random, Method.LINUX, services=random.randrange(12))
        plan = plan_for(tree, state)
        check_order(plan, state)
        state = plan.after

        assert () == difference(tree, reading_of(state), WIRING).changes
        assert queues_of(tree, LeafKind.BFIFO) == state.queues
        assert len(state.ids) + len(state.families) == len(numbers(state))
        assert {*state.addresses.values()} <= {*state.ids.values()}


def check_order(plan: LinuxPlan, before: LinuxState) -> None:
    """A class is there before an address leads to it, and goes after the last has left it; parents
    come before their children and go after them.
    """
    standing = {*before.ids.values(), *before.families, *plan.families}
    for placed in plan.placed:
        above = placed.above
        assert number_of(above) == 0 or above in standing or major_of(above) in standing
        standing.add(placed.at)
    assert {*plan.addressed.values()} <= standing
    addresses = {to: at for to, at in before.addresses.items() if to not in plan.unaddressed}
    assert not {*(addresses | dict(plan.addressed)).values()} & {*plan.cleared}
    depths = [number_of(at) in before.families for at in plan.cleared if major_of(at) == MAJOR]
    assert sorted(depths, reverse=True) == depths


def numbers(state: LinuxState) -> Mapping[int, None]:
    return dict.fromkeys([*map(number_of, state.ids.values()), *state.families])


def test_families_are_filled_before_another_is_made():
    state = plan_for(many(2 * FAMILY_MAX + 1), LinuxState()).after
    sizes = sorted(
        sum(1 for at in state.ids.values() if major_of(at) == family) for family in state.families
    )

    assert [1, FAMILY_MAX, FAMILY_MAX] == sizes


def test_a_place_that_came_free_is_taken_again():
    tree = many(FAMILY_MAX)
    state = plan_for(tree, LinuxState()).after
    fewer = plan_for(Tree(queues=tree.queues[:-1]), state).after
    again = plan_for(tree, fewer).after

    assert state.families == again.families


def test_more_queues_than_handles_are_refused_with_what_to_do():
    tree = many(NUMBERS_MAX)

    with pytest.raises(Refused, match="divide the subscribers among more interfaces"):
        plan_for(tree, LinuxState())


def test_a_node_with_networks_and_services_has_a_leaf_for_the_others():
    tree = random_tree(Random(3), Method.LINUX, services=8)
    queues = queues_of(tree, LeafKind.BFIFO)
    parents = {queue.parent for queue in queues.values() if queue.parent}

    assert parents
    for name in parents:
        assert frozenset() == queues[name].targets
    rests = {name.removesuffix(REST) for name in queues if name.endswith(REST)}
    assert rests <= parents


def test_two_ports_of_a_card_with_long_names_have_an_ifb_each():
    names = [f"enp129s0f0np{port}" for port in (0, 1)]
    ifbs = [Wiring(inside=name).up_interface for name in names]

    assert ["tp-np129s0f0np0", "tp-np129s0f0np1"] == ifbs
    assert "tp-eth1" == Wiring(inside="eth1").up_interface
