"""A plan's own attributes."""

from dataclasses import replace

import pytest

from isp.access import Access
from policy.additions import AdditionError, parse_addition
from radius import numbers
from tests.policy.test_vendors import GENERIC, MIKROTIK, NONE, WANTED, mikrotik_values, values

BURST = 'Mikrotik-Rate-Limit="20M/100M 40M/200M"'


def with_additions(*additions: str, access: Access = Access.FULL):
    return replace(WANTED, attributes=additions, access=access)


def test_an_addition_is_said_beside_ours():
    plan = with_additions("Idle-Timeout=600")
    said = values(GENERIC.accept_attributes(plan, NONE, b"c"))

    assert [(600).to_bytes(4, "big")] == said[numbers.IDLE_TIMEOUT]
    assert [b"c"] == said[numbers.CLASS]


def test_an_addition_takes_the_place_of_ours_of_its_kind():
    plan = with_additions(BURST, "Acct-Interim-Interval=600")
    said = MIKROTIK.accept_attributes(plan, NONE, b"c")

    assert b"20M/100M 40M/200M" == mikrotik_values(said)[8]
    assert [(600).to_bytes(4, "big")] == values(said)[numbers.ACCT_INTERIM_INTERVAL]
    assert {8: b"20M/100M 40M/200M"} == mikrotik_values(MIKROTIK.change_attributes(plan, b"c"))


def test_neither_class_nor_the_wall_gives_way():
    plan = with_additions('Class="x"', 'Filter-Id="open"', access=Access.WALLED)
    said = values(GENERIC.accept_attributes(plan, NONE, b"c"))

    assert [b"c"] == said[numbers.CLASS]
    assert [b"turnpike-walled"] == said[numbers.FILTER_ID]
    free = with_additions('Filter-Id="open"')
    assert [b"open"] == values(GENERIC.accept_attributes(free, NONE, b"c"))[numbers.FILTER_ID]


def test_another_vendors_attributes_are_not_said_to_a_known_vendor():
    plan = with_additions('Cisco-AVPair="ip:vrf-id=homes"')

    assert numbers.VENDOR_SPECIFIC in values(GENERIC.accept_attributes(plan, NONE, b"c"))
    said = MIKROTIK.accept_attributes(plan, NONE, b"c")
    assert len(mikrotik_values(said)) == len(values(said)[numbers.VENDOR_SPECIFIC])


def test_an_addition_that_cannot_be_read_is_refused_when_asked_and_left_out_at_login():
    with pytest.raises(AdditionError):
        parse_addition("No-Such-Attribute=1")
    with pytest.raises(AdditionError):
        parse_addition("Idle-Timeout=soon")

    plain = GENERIC.accept_attributes(WANTED, NONE, b"c")
    assert plain == GENERIC.accept_attributes(with_additions("No-Such-Attribute=1"), NONE, b"c")
