"""Guessing is slowed, and nobody else is."""

from datetime import UTC, datetime, timedelta

from webui.guard import TRIES_OF_A_NAME_MAX, TRIES_OF_A_PLACE_MAX, WATCHED_MAX, WINDOW, Guard

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
HERE = "192.0.2.1"


def tried(guard: Guard, times: int, name: str = "ann", address: str = HERE) -> list[bool]:
    return [guard.admits(name, address, NOW) for _ in range(times)]


def test_the_tries_of_a_name_from_one_place_are_counted():
    assert [True] * TRIES_OF_A_NAME_MAX + [False] == tried(Guard(), TRIES_OF_A_NAME_MAX + 1)


def test_another_name_and_another_place_are_not_concerned():
    guard = Guard()
    tried(guard, TRIES_OF_A_NAME_MAX)

    assert guard.admits("bob", HERE, NOW)
    assert guard.admits("ann", "192.0.2.2", NOW)


def test_a_place_that_tries_many_names_waits_for_all_of_them():
    guard = Guard()
    for number in range(TRIES_OF_A_PLACE_MAX):
        guard.admits(f"name{number}", HERE, NOW)

    assert not guard.admits("ann", HERE, NOW)


def test_a_place_of_ipv6_is_its_64():
    guard = Guard()
    tried(guard, TRIES_OF_A_NAME_MAX, address="2001:db8:0:1::1")

    assert not guard.admits("ann", "2001:db8:0:1:ffff::2", NOW)
    assert guard.admits("ann", "2001:db8:0:2::1", NOW)


def test_who_waited_may_try_again():
    guard = Guard()
    tried(guard, TRIES_OF_A_NAME_MAX + 1)

    assert not guard.admits("ann", HERE, NOW + WINDOW - timedelta(seconds=1))
    assert guard.admits("ann", HERE, NOW + WINDOW)


def test_the_right_password_forgets_the_tries_before_it():
    guard = Guard()
    tried(guard, TRIES_OF_A_NAME_MAX - 1)
    guard.forget("ann", HERE)

    assert all(tried(guard, TRIES_OF_A_NAME_MAX))


def test_what_is_remembered_is_bounded():
    guard = Guard()
    for number in range(WATCHED_MAX):
        guard.admits("ann", f"host{number}", NOW)

    assert WATCHED_MAX == len(guard._tries)
