"""Folding of login attempts."""

from hypothesis import given, settings
from hypothesis import strategies as st

from radiusd.attempts import Attempts, Outcome, attempt_key, tidy


def key(login="ann", *, at=1000.0, station="", outcome=Outcome.ACCEPT):
    return attempt_key(
        at=at,
        tenant_id=1,
        subscriber_id=3,
        service_id=7,
        nas_id=1,
        login=login,
        calling_station_id=station,
        outcome=outcome,
        reason="accepted",
    )


def test_repeats_within_ten_minutes_are_one_row():
    attempts = Attempts()
    for at in (600.0, 700.0, 1199.0, 1200.0):
        attempts.add(key(at=at), at)

    rows = attempts.take(10)

    assert [(600, 3, 600.0, 1199.0), (1200, 1, 1200.0, 1200.0)] == [
        (row.key.window_start, row.count, row.first_at, row.last_at) for row in rows
    ]


def test_a_flood_of_invented_names_is_counted_without_names():
    attempts = Attempts(held_maximum=2)
    for number in range(10):
        attempts.add(key(f"user{number}"), 1000.0)

    rows = attempts.take(10)

    assert ["user0", "user1", ""] == [row.key.login for row in rows]
    assert [1, 1, 8] == [row.count for row in rows]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["ann", "bob", "carl"]), st.floats(0, 3000)), max_size=40),
    st.integers(1, 5),
)
def test_no_attempt_is_lost_on_the_way_through_two_folds(made, limit):
    worker, keeper = Attempts(), Attempts()
    for login, at in made:
        worker.add(key(login, at=at), at)
    while taken := worker.take(limit):
        keeper.merge(taken)
    keeper.merge(keeper.take(limit))  # written in vain, and kept

    rows = keeper.take(1000)

    assert len(made) == sum(row.count for row in rows)
    assert {(login, int(at) // 600 * 600) for login, at in made} == {
        (row.key.login, row.key.window_start) for row in rows
    }


def test_a_mac_is_stored_in_its_one_spelling():
    attempts = Attempts()
    attempts.add(key(station="AA-BB-CC-00-11-22"), 1000.0)
    (row,) = attempts.take(1)

    assert "aa:bb:cc:00:11:22" == tidy(row).key.calling_station_id
