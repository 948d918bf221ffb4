"""RFC 5080 §2.2.2."""

from hypothesis import given
from hypothesis import strategies as st

from radius.duplicates import Admission, DuplicateBounds, DuplicateCache

KEY = ("192.0.2.1", 40000, 7, 1)
FIRST = b"a" * 16
SECOND = b"b" * 16
BOUNDS = DuplicateBounds(answered_seconds=10, in_progress_seconds=5)


def test_row_56_a_duplicate_of_a_request_in_progress_is_dropped() -> None:
    cache = DuplicateCache(BOUNDS)

    assert Admission.NEW is cache.admit(KEY, FIRST, 0)
    assert Admission.IN_PROGRESS is cache.admit(KEY, FIRST, 1)


def test_row_57_a_duplicate_after_the_reply_gets_the_same_octets() -> None:
    cache = DuplicateCache(BOUNDS)
    cache.admit(KEY, FIRST, 0)

    assert cache.answer(KEY, FIRST, b"reply", 1)
    assert b"reply" == cache.admit(KEY, FIRST, 10.9)
    assert Admission.NEW is cache.admit(KEY, FIRST, 11)


def test_row_58_a_new_authenticator_purges_the_answer() -> None:
    cache = DuplicateCache(BOUNDS)
    cache.admit(KEY, FIRST, 0)
    cache.answer(KEY, FIRST, b"reply", 1)

    assert Admission.NEW_AUTHENTICATOR is cache.admit(KEY, SECOND, 2)
    assert Admission.IN_PROGRESS is cache.admit(KEY, SECOND, 3)
    assert Admission.NEW_AUTHENTICATOR is cache.admit(KEY, FIRST, 4)


def test_the_answer_to_a_purged_request_is_not_sent() -> None:
    cache = DuplicateCache(BOUNDS)
    cache.admit(KEY, FIRST, 0)
    cache.admit(KEY, SECOND, 1)

    assert not cache.answer(KEY, FIRST, b"late", 2)
    assert cache.answer(KEY, SECOND, b"reply", 2)
    assert b"reply" == cache.admit(KEY, SECOND, 3)


def test_a_request_that_is_never_answered_expires() -> None:
    cache = DuplicateCache(BOUNDS)
    cache.admit(KEY, FIRST, 0)

    assert Admission.IN_PROGRESS is cache.admit(KEY, FIRST, 4.9)
    assert Admission.NEW is cache.admit(KEY, FIRST, 5)


def test_a_forgotten_request_is_decided_anew() -> None:
    cache = DuplicateCache(BOUNDS)
    cache.admit(KEY, FIRST, 0)
    cache.forget(KEY, SECOND)

    assert Admission.IN_PROGRESS is cache.admit(KEY, FIRST, 1)

    cache.forget(KEY, FIRST)

    assert Admission.NEW is cache.admit(KEY, FIRST, 1)


def test_too_many_in_progress_are_dropped_and_the_oldest_answer_makes_room() -> None:
    cache = DuplicateCache(DuplicateBounds(answered_maximum=1, in_progress_maximum=1))
    cache.admit(1, FIRST, 0)

    assert Admission.OVERLOADED is cache.admit(2, FIRST, 0)

    cache.answer(1, FIRST, b"one", 0)
    cache.admit(2, FIRST, 0)
    cache.answer(2, FIRST, b"two", 0)

    assert b"two" == cache.admit(2, FIRST, 0)
    assert Admission.NEW is cache.admit(1, FIRST, 0)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["admit", "answer", "forget"]),
            st.integers(0, 3),
            st.sampled_from([FIRST, SECOND]),
            st.integers(0, 4),
        ),
        max_size=60,
    )
)
def test_the_cache_stays_within_its_bounds_and_never_answers_another_request(
    steps: list[tuple[str, int, bytes, int]],
) -> None:
    bounds = DuplicateBounds(
        answered_seconds=10, in_progress_seconds=5, answered_maximum=2, in_progress_maximum=2
    )
    cache = DuplicateCache(bounds)
    now = 0
    for action, key, authenticator, passed in steps:
        now += passed
        if action == "admit":
            outcome = cache.admit(key, authenticator, now)

            assert isinstance(outcome, Admission) or outcome == bytes((key,)) + authenticator
        elif action == "answer":
            cache.answer(key, authenticator, bytes((key,)) + authenticator, now)
        else:
            cache.forget(key, authenticator)

        assert len(cache) <= 4
