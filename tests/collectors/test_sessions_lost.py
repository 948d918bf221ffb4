"""A NAS that loses its sessions."""

from datetime import UTC, datetime, timedelta

import pytest

from collectors.sessions_lost import Live, are_lost, kept

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


def test_what_went_with_dark_lines_is_not_lost_by_the_nas():
    assert are_lost(history(1000, 600), dark=100)
    assert not are_lost(history(1000, 600), dark=101)
