"""A NAS that loses its sessions."""

from datetime import UTC, datetime, timedelta

import pytest

from collectors.outages import Sign
from collectors.sessions_lost import OLTS_MAY_TAKE, Live, Lost, are_lost, kept, second_look

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def history(*counts: int | tuple[int, int]) -> list[Live]:
    """Counts 30 s apart; a pair says how many were ended on purpose."""
    pairs = [each if isinstance(each, tuple) else (each, 0) for each in counts]
    return [
        Live(at=NOON + timedelta(seconds=30 * number), sessions=live, ended_on_purpose=ended)
        for number, (live, ended) in enumerate(pairs)
    ]


@pytest.mark.parametrize(
    ("counts", "lost"),
    [
        ([], False),
        ([1000], False),
        ([1000, 990, 985], False),
        ([1000, 701], False),
        ([1000, 700], True),
        ([1000, 900, 800, 700], True),
        ([10, 7], False),
        ([10, 6], True),
        ([1000, (600, 400)], False),
        ([1000, (300, 400)], True),
        ([500, 1000, 900], False),
    ],
)
def test_a_third_of_the_sessions_within_the_window_is_an_outage(counts, lost):
    assert lost is are_lost(history(*counts))


def test_older_counts_are_forgotten():
    counts = history(1000, 900, 800, 700, 600, 500)

    assert [1000, 900, 800, 700, 600] == [
        live.sessions for live in kept(counts, NOON + timedelta(seconds=120))
    ][:5]
    assert [600, 500] == [live.sessions for live in kept(counts, NOON + timedelta(seconds=240))]


@pytest.mark.parametrize(
    ("lost", "waited", "sign"),
    [
        (Lost(services=300, of=1000), timedelta(0), Sign.DOWN),
        (Lost(services=299, of=1000), timedelta(0), Sign.BACK),
        (Lost(services=3, of=3), timedelta(0), Sign.BACK),
        (Lost(services=300, of=1000, explained=1), timedelta(0), Sign.BACK),
        (Lost(services=300, of=1000, unread=[7]), timedelta(seconds=299), None),
        (Lost(services=300, of=1000, unread=[7]), OLTS_MAY_TAKE, Sign.DOWN),
        (Lost(services=299, of=1000, unread=[7]), timedelta(0), Sign.BACK),
    ],
)
def test_a_suspected_loss_waits_for_the_olts_and_is_what_they_do_not_explain(lost, waited, sign):
    assert sign is second_look(lost, waited)
