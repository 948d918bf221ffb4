"""Who looks for cycles again, once work that makes none is done."""

import gc
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from shaper.backends.uncollected import uncollected


@pytest.fixture(autouse=True)
def collecting() -> Iterator[None]:
    """As it was, whatever a test leaves."""
    was = gc.isenabled()
    gc.enable()
    yield
    if was:
        gc.enable()
    else:
        gc.disable()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_last_of_several_that_overlap_has_cycles_looked_for_again(order: tuple[int, ...]):
    works = [ExitStack(), ExitStack()]
    for work in works:
        work.enter_context(uncollected())
    during = []
    for number in order:
        during.append(gc.isenabled())
        works[number].close()

    assert [False, False] == during
    assert gc.isenabled()


def test_what_is_begun_between_two_ends_does_not_leave_it_off():
    first, second, third = (ExitStack() for _ in range(3))
    first.enter_context(uncollected())
    second.enter_context(uncollected())
    first.close()
    third.enter_context(uncollected())
    second.close()
    assert not gc.isenabled()
    third.close()

    assert gc.isenabled()


def test_work_that_fails_has_them_looked_for_too():
    with pytest.raises(ZeroDivisionError), uncollected():
        1 / 0  # noqa: B018 - fails

    assert gc.isenabled()


def test_where_nobody_looked_before_nobody_does_afterwards():
    gc.disable()
    with uncollected():
        pass

    assert not gc.isenabled()
