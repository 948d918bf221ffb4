"""Limits as classes of HTB, leaves as the kernel takes them, and both as the kernel's bytes."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroute2.netlink.rtnl.tcmsg import tcmsg

from isp.limit import Limit
from shaper.linux_classes import BORROWER_RATE, UNLIMITED, class_for, limit_of
from shaper.linux_difference import PLAIN_LEAVES, LinuxReading
from shaper.linux_leaves import choose_kind, leaf_for
from shaper.linux_netlink import Request, attribute, decode, encode
from shaper.linux_requests import Interfaces
from shaper.linux_state import HtbClass, Leaf, LeafKind, LinuxQueue, LinuxState
from shaper.linux_tc import class_of, leaf_of, put_class, put_leaf, qdisc_of

KBPS = st.integers(8, 400_000_000)
LIMITS = st.builds(
    Limit,
    rate_bps=st.none() | KBPS.map(lambda kbps: kbps * 1000),
    priority=st.integers(1, 8),
)
GIB = 1024**3


@given(limit=LIMITS, borrows=st.booleans())
def test_a_class_says_the_limit_that_it_was_made_for(limit: Limit, borrows: bool):
    made = class_for(limit, borrows=borrows, leaf_kind=LeafKind.BFIFO)

    assert limit == limit_of(made, borrows=borrows)


def test_a_queue_under_another_borrows_all_but_what_is_guaranteed():
    plain = class_for(Limit(rate_bps=8_000_000), borrows=True, leaf_kind=LeafKind.BFIFO)
    guaranteed = class_for(
        Limit(rate_bps=8_000_000, guaranteed_bps=2_000_000), borrows=True, leaf_kind=LeafKind.BFIFO
    )

    assert (BORROWER_RATE, 1_000_000) == (plain.rate, plain.ceil)
    assert (250_000, 1_000_000) == (guaranteed.rate, guaranteed.ceil)


def test_a_queue_under_none_has_its_whole_rate():
    made = class_for(Limit(rate_bps=8_000_000), borrows=False, leaf_kind=LeafKind.BFIFO)

    assert (1_000_000, 1_000_000) == (made.rate, made.ceil)


def test_a_queue_without_a_rate_is_unlimited():
    assert UNLIMITED == class_for(Limit(), borrows=True, leaf_kind=None).ceil


def test_a_burst_is_as_much_as_a_routeros_burst_from_idle_carries():
    burst = Limit(
        rate_bps=8_000_000, burst_bps=16_000_000, burst_threshold_bps=8_000_000, burst_seconds=16
    )
    plain, bursting = (
        class_for(limit, borrows=True, leaf_kind=LeafKind.BFIFO)
        for limit in (Limit(rate_bps=8_000_000), burst)
    )
    more_seconds = (bursting.ceil_burst_ticks - plain.ceil_burst_ticks) * 64e-9

    # 8 s at 8 Mbit/s beyond the rate, which at the rate takes 8 s.
    assert 8 == pytest.approx(more_seconds, abs=0.001)


def test_bought_rates_share_a_full_parent_in_proportion():
    slow, fast = (
        class_for(Limit(rate_bps=mbit * 1_000_000), borrows=True, leaf_kind=LeafKind.BFIFO)
        for mbit in (20, 200)
    )

    assert 10 == fast.quantum_octets / slow.quantum_octets


@pytest.mark.parametrize(
    ("kinds", "free_octets", "chosen"),
    [
        (list(LeafKind), 16 * GIB, LeafKind.CAKE),
        (list(LeafKind), 8 * GIB, LeafKind.FQ_CODEL),
        (list(LeafKind), 3 * GIB, LeafKind.BFIFO),
        ([LeafKind.FQ_CODEL, LeafKind.BFIFO], 16 * GIB, LeafKind.FQ_CODEL),
        ([LeafKind.BFIFO], 16 * GIB, LeafKind.BFIFO),
    ],
)
def test_the_best_leaf_is_the_one_that_the_kernel_has_and_memory_allows(kinds, free_octets, chosen):
    assert chosen == choose_kind(kinds, [], leaves=10_000, free_octets=free_octets)


def test_a_kernel_without_the_better_leaves_is_told_of():
    def told(*kinds: LeafKind) -> tuple[str, ...]:
        known = frozenset({LeafKind.BFIFO, *kinds})
        interfaces = Interfaces(down=1, up=2)
        reading = LinuxReading(
            state=LinuxState(), interfaces=interfaces, kinds=known, free_octets=0
        )
        return reading.warnings

    assert (PLAIN_LEAVES,) == told()
    assert () == told(LeafKind.FQ_CODEL)


def test_the_leaf_that_is_there_stays():
    limit = class_for(Limit(), borrows=False, leaf_kind=LeafKind.FQ_CODEL)
    there = LinuxQueue(
        name="s1", subject="s1", parent=None, targets=frozenset(), down=limit, up=limit
    )

    assert LeafKind.FQ_CODEL is choose_kind(LeafKind, [there], leaves=1, free_octets=64 * GIB)


def test_a_queue_of_a_slow_line_waits_longer_before_it_drops():
    """RFC 8289 section 4.4: at 1 Mbit/s one frame takes 12 ms."""
    slow, fast = (leaf_for(LeafKind.FQ_CODEL, octets).setting for octets in (125_000, 12_500_000))

    assert 5_000 == pytest.approx(fast * 1.024, rel=0.01)
    assert 18_168 == pytest.approx(slow * 1.024, rel=0.01)


def parsed(request: Request) -> tcmsg:
    """As pyroute2 reads it."""
    (datagram,) = encode([request], 1)
    message = tcmsg(datagram)
    message.decode()
    return message


@given(limit=LIMITS)
def test_a_class_is_the_same_to_another_library(limit: Limit):
    made = class_for(limit, borrows=True, leaf_kind=LeafKind.BFIFO)
    message = parsed(put_class(3, 0x7470_0002, 0x7470_0001, made))
    parameters = message.get_nested("TCA_OPTIONS", "TCA_HTB_PARMS")

    assert (3, 0x7470_0002, 0x7470_0001) == (message["index"], message["handle"], message["parent"])
    assert made.rate == parameters["rate"]
    assert made.ceil == message.get_nested("TCA_OPTIONS", "TCA_HTB_CEIL64")
    assert made.quantum_octets == parameters["quantum"]
    assert made.priority == parameters["prio"]


@pytest.mark.parametrize("milliseconds", [5, 12, 100])
def test_an_fq_codel_leaf_is_the_same_to_another_library(milliseconds: int):
    setting = milliseconds * 1_000_000 // 1024
    message = parsed(put_leaf(3, 0x0002_0009, Leaf(kind=LeafKind.FQ_CODEL, setting=setting)))
    kept = message.get_nested("TCA_OPTIONS", "TCA_FQ_CODEL_TARGET") * 1000 >> 10
    said = attribute(1, (kept * 1024 // 1000).to_bytes(4, sys.byteorder))

    assert "fq_codel" == message.get_attr("TCA_KIND")
    assert (0x0009_0000, 0x0002_0009) == (message["handle"], message["parent"])
    assert Leaf(kind=LeafKind.FQ_CODEL, setting=setting) == leaf_of("fq_codel", said)


def test_a_cake_leaf_is_the_same_to_another_library():
    message = parsed(put_leaf(3, 0x0002_0009, Leaf(kind=LeafKind.CAKE)))

    assert "cake" == message.get_attr("TCA_KIND")
    assert (0x0009_0000, 0x0002_0009) == (message["handle"], message["parent"])


@given(limit=LIMITS)
def test_what_is_put_is_what_is_read(limit: Limit):
    made = class_for(limit, borrows=True, leaf_kind=LeafKind.BFIFO)
    assert made.leaf is not None
    (leaf,) = decode(b"".join(encode([put_leaf(3, 0x0002_0009, made.leaf)], 1)))

    assert made.leaf == qdisc_of(leaf).leaf


def test_qdiscs_of_other_kinds_have_no_class_of_ours():
    request = put_class(3, 0x7470_0002, 0x7470_0001, PLAIN)
    other = Request(kind=request.kind, flags=0, body=request.body.replace(b"htb\0", b"xyz\0"))
    (reply,) = decode(b"".join(encode([other], 1)))

    assert class_of(reply) is None


PLAIN: HtbClass = class_for(Limit(), borrows=True, leaf_kind=LeafKind.BFIFO)
