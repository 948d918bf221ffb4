"""Pauses and the guard."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from coa.guard import Pause, PauseKind, Pressure, allowance
from coa.live import Held, Request
from coa.plan import keep_within, plan
from coa.reconcile import Act
from coa.states import State
from isp.access import Access
from policy.session import Cause, Disconnect
from tests.coa.test_reconcile import FAST, LIVE, NAS, NOW, WANTED, cookie

LOSS = Act(action=Disconnect(cause=Cause.LOSS_OF_ACCESS), wanted=WANTED)
UNPAID = replace(LIVE, wanted=replace(WANTED, version=8, access=Access.NONE))
RETURNING = replace(LIVE, cookie=cookie(6, Access.WALLED, FAST))
ASKED = replace(LIVE, request=Request(disconnect_request_id=1, requested_by="ann"))
PAUSE = Pause(kind=PauseKind.PAUSE, tenant_id=1)
GUARD = Pause(kind=PauseKind.GUARD, tenant_id=1, nas_id=1)


def causes(lives, pauses) -> list[Cause]:
    return [act.action.cause for _, act in plan(lives, pauses, NAS, NOW).acts]


def test_a_pause_stops_blocks_but_neither_reactivation_nor_a_person():
    lives = [UNPAID, RETURNING, ASKED]

    assert [Cause.RETURN_OF_ACCESS, Cause.OPERATOR] == causes(lives, [PAUSE])


def test_a_halt_stops_all_that_nobody_asked_for_or_approved():
    approved = replace(UNPAID, approved=True)

    assert [Cause.OPERATOR] == causes([UNPAID, RETURNING, ASKED], [GUARD])
    assert [Cause.LOSS_OF_ACCESS] == causes([approved], [GUARD])
    assert [] == causes([approved], [PAUSE])


@pytest.mark.parametrize(
    "elsewhere",
    [
        replace(GUARD, nas_id=2),
        replace(PAUSE, tenant_id=2),
        replace(PAUSE, until=NOW),
    ],
)
def test_a_stop_of_another_nas_or_tenant_or_time_stops_nothing(elsewhere: Pause):
    assert [Cause.LOSS_OF_ACCESS] == causes([UNPAID], [elsewhere])


def test_what_a_pause_holds_back_is_looked_at_again():
    held = Held(state=State.PENDING, tries=1, tried_version=8, next_try_at=NOW, changed_at=NOW)
    due = replace(UNPAID, held=held)
    rested = replace(LIVE, held=replace(held, state=State.ACKNOWLEDGED, tried_version=6))

    assert [due.session_key] == plan([due], [PAUSE], NAS, NOW).stopped
    assert [rested.session_key] == plan([rested], [], NAS, NOW).settled
    later = replace(due, held=replace(held, next_try_at=NOW + timedelta(seconds=1)))
    assert [] == plan([later], [PAUSE], NAS, NOW).stopped


@pytest.mark.parametrize(
    ("sessions", "disconnected", "left"),
    [(0, 0, 20), (1_000, 0, 20), (5_000, 0, 100), (4_950, 50, 50), (10, 25, 0), (980, 20, 0)],
)
def test_the_guard_allows_twenty_or_two_percent(sessions: int, disconnected: int, left: int):
    assert left == allowance(Pressure(sessions=sessions, disconnected=disconnected))


def test_the_guard_counts_only_what_nobody_approved():
    lives = [replace(LIVE, session_key=UUID(int=number)) for number in range(30)]
    unapproved = [(live, LOSS) for live in lives[:25]]
    approved = [(live, replace(LOSS, requested_by="dunning")) for live in lives[25:]]
    kept, halted = keep_within(Pressure(sessions=30, disconnected=0), unapproved + approved)

    assert unapproved[:20] + approved == kept
    assert halted
    assert (unapproved[:20], False) == keep_within(
        Pressure(sessions=30, disconnected=0), unapproved[:20]
    )
