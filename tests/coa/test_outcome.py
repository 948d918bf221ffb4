"""What an answer means, what proves it, when to try again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from coa.breaker import WINDOW_REQUESTS, Breaker, after, room
from coa.identifiers import REST_SECONDS, Identifiers
from coa.outcome import Outcome, judge, next_try_at, state_after
from coa.proof import Kind, Proof, Unproven, proof
from coa.states import State
from policy.session import Cause, ChangeOfAuthorization, Disconnect
from radius.packet import Code

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
CHANGE = ChangeOfAuthorization(cause=Cause.RATES)
DISCONNECT = Disconnect(cause=Cause.LOSS_OF_ACCESS)
DM, COA = Code.DISCONNECT_REQUEST, Code.COA_REQUEST


@pytest.mark.parametrize(
    ("sent", "answer", "error_cause", "outcome"),
    [
        (DM, Code.DISCONNECT_ACK, None, Outcome.ACKNOWLEDGED),
        (DM, Code.DISCONNECT_NAK, 503, Outcome.GONE),
        (DM, Code.DISCONNECT_NAK, 504, Outcome.REFUSED),
        (DM, Code.DISCONNECT_NAK, None, Outcome.REFUSED),
        (DM, Code.DISCONNECT_NAK, 401, Outcome.REFUSED),
        (DM, None, None, Outcome.UNANSWERED),
        # Row 74: the code is believed, whatever Error-Cause says.
        (DM, Code.DISCONNECT_ACK, 503, Outcome.ACKNOWLEDGED),
        (DM, Code.DISCONNECT_NAK, 201, Outcome.REFUSED),
        (COA, Code.COA_ACK, 401, Outcome.ACKNOWLEDGED),
        (COA, Code.COA_NAK, 201, Outcome.REFUSED),
        (COA, Code.COA_ACK, None, Outcome.ACKNOWLEDGED),
        (COA, Code.COA_NAK, 503, Outcome.GONE),
        (COA, Code.COA_NAK, 507, Outcome.INITIATED),
        (COA, Code.COA_NAK, 401, Outcome.UNSUPPORTED),
        (COA, Code.COA_NAK, 405, Outcome.UNSUPPORTED),
        (COA, Code.COA_NAK, None, Outcome.UNSUPPORTED),
        (COA, Code.COA_NAK, 501, Outcome.REFUSED),
        (COA, None, None, Outcome.UNANSWERED),
    ],
)
def test_an_answer_has_one_meaning(sent, answer, error_cause, outcome):
    assert outcome == judge(sent, answer, error_cause)


def test_every_outcome_leaves_a_state():
    assert set(State) - {State.CONFIRMED, State.ADOPTED} == {
        state_after(outcome) for outcome in Outcome
    }


def test_a_silent_nas_is_asked_again_after_longer_and_longer():
    waits = [next_try_at(Outcome.UNANSWERED, DISCONNECT, tries, NOW) for tries in range(1, 8)]

    assert [30, 60, 120, 240, 480, 900, 900] == [
        (at - NOW).total_seconds() for at in waits if at is not None
    ]


def test_an_access_that_a_change_could_not_bring_is_looked_at_at_once():
    access = replace(CHANGE, cause=Cause.LOSS_OF_ACCESS)

    assert NOW == next_try_at(Outcome.UNSUPPORTED, access, 1, NOW)
    assert NOW + timedelta(hours=1) == next_try_at(Outcome.UNSUPPORTED, CHANGE, 1, NOW)


def test_what_is_done_is_not_looked_at_again_but_an_acknowledged_disconnect_is():
    assert None is next_try_at(Outcome.GONE, DISCONNECT, 1, NOW)
    assert None is next_try_at(Outcome.ACKNOWLEDGED, CHANGE, 1, NOW)
    assert NOW < next_try_at(Outcome.ACKNOWLEDGED, DISCONNECT, 1, NOW)


ACTION = Unproven(
    enforcement_action_id=1,
    session_key=UUID(int=1),
    kind=Kind.DISCONNECT,
    cause=Cause.LOSS_OF_ACCESS,
    version=8,
    at=NOW,
    ended=False,
    granted_version=7,
    logged_in_at=None,
)


def test_a_disconnect_is_proven_by_the_end_or_a_later_login():
    assert None is proof(ACTION)
    assert Proof.STOP == proof(replace(ACTION, ended=True))
    later, earlier = NOW + timedelta(seconds=1), NOW - timedelta(seconds=1)
    assert Proof.NEW_LOGIN == proof(replace(ACTION, logged_in_at=later))
    assert None is proof(replace(ACTION, logged_in_at=earlier))


def test_a_change_is_proven_by_the_class_that_it_carried():
    change = replace(ACTION, kind=Kind.COA)

    assert None is proof(change)
    assert None is proof(replace(change, ended=True))
    assert None is proof(replace(change, granted_version=None))
    assert Proof.CLASS == proof(replace(change, granted_version=8))


def test_a_change_is_proven_by_a_later_reading_of_the_routers_queue():
    later, earlier = NOW + timedelta(seconds=1), NOW - timedelta(seconds=1)
    change = replace(ACTION, kind=Kind.COA, granted_version=None)

    assert Proof.READING == proof(replace(change, read_as_wanted_at=later))
    assert None is proof(replace(change, read_as_wanted_at=earlier))
    assert None is proof(replace(change, read_as_wanted_at=later, version=None))
    assert None is proof(replace(ACTION, read_as_wanted_at=later))


def test_a_nas_that_does_not_answer_is_left_alone_and_then_probed():
    breaker = Breaker()
    assert WINDOW_REQUESTS - 4 == room(breaker, 4, NOW)
    for _ in range(3):
        breaker = after(breaker, answered=False, now=NOW)
    assert 0 == room(breaker, 0, NOW)
    burst = after(breaker, answered=False, now=NOW)
    assert breaker == burst
    probing = NOW + timedelta(seconds=15)
    assert 1 == room(breaker, 0, probing)
    assert 0 == room(breaker, 1, probing)
    longer = after(breaker, answered=False, now=probing)
    assert 0 == room(longer, 0, probing + timedelta(seconds=29))
    assert WINDOW_REQUESTS == room(after(longer, answered=True, now=probing), 0, probing)


def test_an_identifier_rests_before_it_is_used_again():
    identifiers = Identifiers()
    first = identifiers.take(0.0)
    assert first is not None
    identifiers.give_back(first, 1.0)
    others = {identifiers.take(2.0) for _ in range(600)}

    assert first not in others
    assert {0, 1, 2} == {slot.port for slot in others if slot is not None}
    assert first == identifiers.take(1.0 + REST_SECONDS)
