"""What RouterOS writes in several ways is one to us."""

import pytest

from isp.limit import Limit
from shaper.plan import plan
from shaper.prefixes import network
from shaper.queue import Listed, Queue, Tree
from shaper.routeros_rows import found_row, wanted_rows
from shaper.routeros_words import ADDRESS_LIST, SIMPLE, canonical
from shaper.row import Actual, Owner

QUEUE = Queue(
    name="s1-ann",
    subject="s1",
    targets=(network("10.0.0.7"), network("2001:db8::/56")),
    down=Limit(rate_bps=2_000_000),
    up=Limit(rate_bps=7_000_000),
)


@pytest.mark.parametrize(
    ("word", "one", "other"),
    [
        ("max-limit", "7M/2M", "7000000/2000000"),
        ("max-limit", "512k", "512000/512000"),
        ("limit-at", "0", "0/0"),
        ("priority", "8", "8/8"),
        ("burst-time", "10/10", "10s/10s"),
        ("burst-time", "1m30s", "90s/90s"),
        ("burst-time", "00:01:30/5s", "90s/5s"),
        ("target", "2001:db8::1/56,10.0.0.7", "10.0.0.7/32,2001:db8::/56"),
        ("target", "<pppoe-ann>", "<pppoe-ann>"),
        ("disabled", "no", "false"),
    ],
)
def test_spellings_of_one_value_are_equal(word: str, one: str, other: str):
    assert canonical(SIMPLE, {word: one}) == canonical(SIMPLE, {word: other})


@pytest.mark.parametrize("word", ["max-limit", "burst-time", "target"])
def test_what_cannot_be_read_stays_and_differs(word: str):
    assert "strange" in canonical(SIMPLE, {word: "strange"})[word]


def test_left_out_words_are_their_defaults():
    (wanted,) = wanted_rows(Tree(queues=(QUEUE,)), "main")
    told = {
        ".id": "*1",
        "name": "s1-ann",
        "target": "10.0.0.7/32,2001:db8::/56",
        "max-limit": "7000000/2000000",
        "comment": wanted.words["comment"],
    }
    found = found_row(SIMPLE, told, "main")

    assert Owner.OURS is found.owner
    assert () == plan([wanted], Actual(rows=(found,))).steps


@pytest.mark.parametrize(
    ("raw", "owner"),
    [
        ({"comment": "isp:main:s1:0123abcd"}, Owner.OURS),
        ({"comment": "isp:other:s1:0123abcd"}, Owner.FOREIGN),
        ({"comment": "see isp:main:s1:0123abcd"}, Owner.FOREIGN),
        ({"comment": "isp:main:s1:0123abcd", "dynamic": "true"}, Owner.DYNAMIC),
        ({}, Owner.FOREIGN),
    ],
)
def test_only_rows_with_our_whole_tag_are_ours(raw: dict[str, str], owner: Owner):
    assert owner is found_row(SIMPLE, {".id": "*1"} | raw, "main").owner


def test_an_entry_that_somebody_made_already_is_not_made_again():
    listed = Listed(list_name="turnpike-walled", network=network("10.0.0.7"), subject="s1")
    theirs = found_row(
        ADDRESS_LIST, {".id": "*1", "list": "turnpike-walled", "address": "10.0.0.7"}, "main"
    )
    wanted = wanted_rows(Tree(listed=(listed,)), "main")

    assert () == plan(wanted, Actual(rows=(theirs,))).steps


def test_a_name_that_somebody_else_has_is_a_conflict_and_nothing_is_written():
    theirs = found_row(SIMPLE, {".id": "*1", "name": "s1-ann", "target": "10.9.9.9"}, "main")
    found = plan(wanted_rows(Tree(queues=(QUEUE,)), "main"), Actual(rows=(theirs,)))

    assert () == found.steps
    assert [("s1", "s1-ann is there and not ours")] == list(found.conflicts)
