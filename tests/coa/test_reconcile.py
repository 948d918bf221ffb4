"""What is done about one live session."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coa.live import Held, Live, Request
from coa.reconcile import Act, Mark, Stay, confirmed_of, decide
from coa.states import State, follows
from isp.access import Access, Entitlement, Rates
from isp.nas import Nas, Vendor
from policy.class_cookie import ClassCookie
from policy.entitlement import effective
from policy.session import (
    OPENNESS,
    Cause,
    ChangeOfAuthorization,
    Confirmed,
    Disconnect,
    Session,
    granted_by,
)

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
SLOW, FAST = Rates(down_kbps=5_000, up_kbps=1_000), Rates(down_kbps=100_000, up_kbps=20_000)
NAS = Nas(nas_id=1, tenant_id=1, name="bras1", address="192.0.2.1", vendor=Vendor.MIKROTIK)
WANTED = Entitlement(
    tenant_id=1, subscriber_id=2, service_id=3, version=7, access=Access.FULL, rates=FAST
)


def cookie(version: int, access: Access, rates: Rates) -> ClassCookie:
    return ClassCookie(
        tenant_id=1,
        subscriber_id=2,
        service_id=3,
        version=version,
        access=access,
        rates=rates,
        nonce=bytes(8),
    )


LIVE = Live(
    session_key=UUID(int=1),
    tenant_id=1,
    subscriber_id=2,
    service_id=3,
    nas_id=1,
    session=Session(acct_session_id="81a00001", login="ann"),
    started_at=NOW - timedelta(hours=1),
    last_seen_at=NOW - timedelta(minutes=1),
    cookie=cookie(7, Access.FULL, FAST),
    wanted=WANTED,
)
FOREIGN = replace(LIVE, cookie=None)

rates = st.sampled_from((SLOW, FAST, Rates()))
nases = st.builds(
    replace,
    st.just(NAS),
    vendor=st.sampled_from((Vendor.GENERIC, Vendor.MIKROTIK)),
    wall_tested=st.booleans(),
)
wanteds = st.builds(
    replace,
    st.just(WANTED),
    version=st.integers(1, 9),
    access=st.sampled_from(Access),
    rates=rates,
)
confirmeds = st.builds(Confirmed, access=st.sampled_from((Access.FULL, Access.WALLED)), rates=rates)
helds = st.builds(
    Held,
    state=st.sampled_from(State),
    tries=st.integers(0, 3),
    tried_version=st.none() | st.integers(1, 9),
    next_try_at=st.none()
    | st.sampled_from((NOW - timedelta(seconds=1), NOW + timedelta(seconds=30))),
    changed_at=st.sampled_from((NOW - timedelta(hours=2), NOW)),
    confirmed_version=st.none() | st.integers(1, 9),
    confirmed=st.none() | confirmeds,
)
lives = st.builds(
    replace,
    st.just(LIVE),
    cookie=st.none()
    | st.builds(cookie, st.integers(1, 9), st.sampled_from((Access.FULL, Access.WALLED)), rates),
    wanted=st.none() | wanteds,
    held=st.none() | helds,
)


def at_login(live: Live, wanted: Entitlement) -> Live:
    granted = cookie(wanted.version, wanted.access, wanted.rates)
    return replace(live, cookie=granted, held=None)


def changed(live: Live, wanted: Entitlement) -> Live:
    held = Held(
        state=State.ACKNOWLEDGED,
        tried_version=wanted.version,
        changed_at=NOW,
        confirmed_version=wanted.version,
        confirmed=granted_by(wanted),
    )
    return replace(live, held=held)


@given(live=lives, nas=nases)
@settings(max_examples=500, deadline=None)
def test_carrying_out_an_action_leaves_nothing_to_do(live: Live, nas: Nas):
    step = decide(live, nas, NOW)
    if not isinstance(step, Act) or step.wanted is None:
        return
    if isinstance(step.action, ChangeOfAuthorization):
        newer = live.cookie is None or live.cookie.version < step.wanted.version
        if newer:
            assert Stay() == decide(changed(live, step.wanted), nas, NOW)
    elif step.wanted.access is not Access.NONE:
        assert Stay() == decide(at_login(live, step.wanted), nas, NOW)


@given(live=lives, nas=nases)
@settings(max_examples=500, deadline=None)
def test_a_disconnect_serves_only_loss_or_return_of_access(live: Live, nas: Nas):
    step = decide(live, nas, NOW)
    if isinstance(step, Act) and isinstance(step.action, Disconnect) and step.wanted is not None:
        before = confirmed_of(live)
        access = Access.FULL if before is None else before.access
        assert access is not step.wanted.access
        opens = OPENNESS[step.wanted.access] > OPENNESS[access]
        assert (Cause.RETURN_OF_ACCESS if opens else Cause.LOSS_OF_ACCESS) == step.action.cause


@given(live=lives, nas=nases)
@settings(max_examples=500, deadline=None)
def test_an_adopted_session_moves_only_for_a_loss_of_access(live: Live, nas: Nas):
    if confirmed_of(live) is not None or live.wanted is None:
        return
    step = decide(live, nas, NOW)
    if isinstance(step, Act):
        assert Cause.LOSS_OF_ACCESS == step.action.cause
        assert effective(live.wanted, nas).access is not Access.FULL


@given(live=lives, nas=nases)
@settings(max_examples=500, deadline=None)
def test_every_mark_is_a_state_that_may_follow(live: Live, nas: Nas):
    step = decide(live, nas, NOW)
    if isinstance(step, Mark):
        assert follows(None if live.held is None else live.held.state, step.state)


def test_a_session_as_granted_is_left_alone():
    assert Stay() == decide(LIVE, NAS, NOW)


def test_loss_of_access_disconnects():
    wanted = replace(WANTED, version=8, access=Access.NONE)

    assert Act(action=Disconnect(cause=Cause.LOSS_OF_ACCESS), wanted=wanted) == decide(
        replace(LIVE, wanted=wanted), NAS, NOW
    )


@pytest.mark.parametrize("tested", [True, False])
def test_a_wall_comes_by_a_disconnect(tested: bool):
    walled = replace(WANTED, version=8, access=Access.WALLED)
    nas = replace(NAS, wall_tested=tested)
    step = decide(replace(LIVE, wanted=walled), nas, NOW)

    assert isinstance(step, Act)
    assert Disconnect(cause=Cause.LOSS_OF_ACCESS) == step.action
    assert step.wanted is not None
    assert (Access.WALLED if tested else Access.NONE) == step.wanted.access


def test_a_walled_session_is_disconnected_when_access_returns():
    walled = replace(LIVE, cookie=cookie(6, Access.WALLED, FAST))
    step = decide(walled, NAS, NOW)

    assert isinstance(step, Act)
    assert Disconnect(cause=Cause.RETURN_OF_ACCESS) == step.action


def test_new_rates_change_a_mikrotik_session_and_wait_on_a_generic_one():
    slower = replace(LIVE, wanted=replace(WANTED, version=8, rates=SLOW))
    step = decide(slower, NAS, NOW)

    assert isinstance(step, Act)
    assert ChangeOfAuthorization(cause=Cause.RATES) == step.action
    assert Mark(state=State.PENDING) == decide(slower, replace(NAS, vendor=Vendor.GENERIC), NOW)


def test_a_session_of_another_server_is_adopted_once():
    assert Mark(state=State.ADOPTED) == decide(FOREIGN, NAS, NOW)
    adopted = replace(FOREIGN, held=Held(state=State.ADOPTED, changed_at=NOW))
    assert Stay() == decide(adopted, NAS, NOW)


def test_a_session_of_an_unknown_service_is_left_alone_unless_a_person_asks():
    unknown = replace(FOREIGN, wanted=None)
    asked = replace(unknown, request=Request(disconnect_request_id=1, requested_by="ann"))

    assert Stay() == decide(unknown, NAS, NOW)
    assert Act(action=Disconnect(cause=Cause.OPERATOR), wanted=None, requested_by="ann") == decide(
        asked, NAS, NOW
    )


def test_the_same_decision_is_acted_for_again_only_when_its_time_comes():
    wanted = replace(WANTED, version=8, access=Access.NONE)
    held = Held(
        state=State.PENDING,
        tries=1,
        tried_version=8,
        next_try_at=NOW + timedelta(seconds=30),
        changed_at=NOW,
    )
    live = replace(LIVE, wanted=wanted, held=held)

    assert Stay() == decide(live, NAS, NOW)
    assert isinstance(decide(live, NAS, NOW + timedelta(seconds=30)), Act)
    newer = replace(live, wanted=replace(wanted, version=9))
    assert isinstance(decide(newer, NAS, NOW), Act)


def test_a_suspect_session_is_touched_again_only_when_accounting_speaks_of_it():
    wanted = replace(WANTED, version=8, access=Access.NONE)
    held = Held(state=State.SUSPECT, tried_version=8, changed_at=NOW)
    silent = replace(LIVE, wanted=wanted, held=held)
    heard = replace(silent, last_seen_at=NOW + timedelta(seconds=1))

    assert Stay() == decide(silent, NAS, NOW)
    assert isinstance(decide(heard, NAS, NOW), Act)


def test_a_nas_that_refused_the_change_waits_for_the_next_login():
    slower = replace(LIVE, wanted=replace(WANTED, version=8, rates=SLOW))
    refused = replace(slower, held=Held(state=State.REFUSED, tried_version=8, changed_at=NOW))

    assert Mark(state=State.PENDING) == decide(refused, NAS, NOW)


def test_the_newer_of_class_and_acknowledged_change_is_what_a_session_has():
    held = Held(
        state=State.ACKNOWLEDGED,
        changed_at=NOW,
        confirmed_version=8,
        confirmed=Confirmed(access=Access.FULL, rates=SLOW),
    )

    assert SLOW == confirmed_of(replace(LIVE, held=held)).rates
    again = replace(LIVE, held=held, cookie=cookie(9, Access.FULL, FAST))
    assert FAST == confirmed_of(again).rates
