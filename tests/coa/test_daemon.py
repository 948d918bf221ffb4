"""coa on a real database, against a NAS's dynamic authorization server on real sockets."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from coa.store.load import load
from database.tables.enforcement import enforcement_pause
from isp.access import Rates
from isp.errors import ExitCode, Refused
from lab.nas.dynamic_authorization import ErrorCause
from radius import numbers
from radius.packet import Code
from tests.coa.conftest import Das, Provider
from tests.support.eventually import eventually

pytestmark = pytest.mark.database


async def test_a_hold_disconnects_the_live_session_and_its_stop_proves_it(
    provider: Provider, das: Das, running
):
    nas_id = await provider.add_nas(das.port)
    service_id = await provider.add_service(await provider.add_plan(), "ann")
    key = await provider.log_in(nas_id, service_id, "ann")
    await running()
    await provider.add_hold(service_id)

    async def disconnected():
        return [code for code, _ in das.came if code == Code.DISCONNECT_REQUEST]

    await eventually(disconnected)
    _, frame = das.came[0]
    attributes = dict(frame.attributes)
    assert b"ann" == attributes[numbers.USER_NAME]
    assert key.hex[:16].encode() == attributes[numbers.ACCT_SESSION_ID]
    assert numbers.EVENT_TIMESTAMP in attributes
    assert frame.attributes[0][0] == numbers.MESSAGE_AUTHENTICATOR

    async def acknowledged():
        return [each for each in await provider.actions() if each.outcome == "acknowledged"]

    (action,) = await eventually(acknowledged)
    assert ("disconnect", "loss_of_access", None) == (action.kind, action.cause, action.proven_at)
    await provider.end(key)

    async def proven():
        return [each for each in await provider.actions() if each.proven_at is not None]

    (action,) = await eventually(proven)
    assert "stop" == action.proof


async def test_a_session_as_granted_is_left_alone_and_one_of_another_server_adopted(
    provider: Provider, das: Das, running
):
    nas_id = await provider.add_nas(das.port)
    plan = await provider.add_plan()
    own = await provider.add_service(plan, "ann")
    foreign = await provider.add_service(plan, "bob")
    own_key = await provider.log_in(nas_id, own, "ann")
    foreign_key = await provider.log_in(nas_id, foreign, "bob", version=None)
    await running()

    async def adopted():
        return await provider.held(foreign_key)

    assert "adopted" == (await eventually(adopted)).state
    assert None is await provider.held(own_key)
    assert [] == das.came


async def test_an_adopted_session_moves_only_for_a_loss_of_access(
    provider: Provider, das: Das, running
):
    nas_id = await provider.add_nas(das.port, vendor="mikrotik")
    service_id = await provider.add_service(await provider.add_plan(), "bob")
    key = await provider.log_in(nas_id, service_id, "bob", version=None)
    await running()

    async def adopted():
        return await provider.held(key)

    await eventually(adopted)
    await provider.set_plan([service_id], await provider.add_plan(down_kbps=5_000))
    await asyncio.sleep(0.3)
    assert [] == das.came
    await provider.add_hold(service_id)

    async def came():
        return das.came

    await eventually(came)
    assert Code.DISCONNECT_REQUEST == das.came[0][0]


async def test_new_rates_change_a_mikrotik_session_by_coa_and_wait_on_a_generic_nas(
    provider: Provider, das: Das, running
):
    mikrotik = await provider.add_nas(das.port, vendor="mikrotik")
    generic = await provider.add_nas(das.port, address="127.0.0.2")
    plan, slower = await provider.add_plan(), await provider.add_plan(down_kbps=5_000)
    ann = await provider.add_service(plan, "ann")
    bob = await provider.add_service(plan, "bob")
    ann_key = await provider.log_in(mikrotik, ann, "ann")
    bob_key = await provider.log_in(generic, bob, "bob")
    await running()
    await provider.set_plan([ann], slower)
    await provider.set_plan([bob], slower)

    async def changed():
        held = await provider.held(ann_key)
        return held if held is not None and held.state == "acknowledged" else None

    held = await eventually(changed)
    assert (2, "full", 5_000, 20_000) == (
        held.confirmed_version,
        held.confirmed_access,
        held.confirmed_down_kbps,
        held.confirmed_up_kbps,
    )
    (change,) = [frame for code, frame in das.came if code == Code.COA_REQUEST]
    assert any(b"20M/5M" in value for _, value in change.attributes)

    async def waiting():
        return await provider.held(bob_key)

    assert "pending" == (await eventually(waiting)).state
    assert 1 == len(das.came)
    (action,) = await provider.actions()
    assert ("coa", "rates", None) == (action.kind, action.cause, action.proof)


async def test_a_session_that_the_nas_does_not_know_counts_as_gone(
    provider: Provider, das: Das, running
):
    das.error_cause = ErrorCause.SESSION_CONTEXT_NOT_FOUND
    nas_id = await provider.add_nas(das.port)
    service_id = await provider.add_service(await provider.add_plan(), "ann")
    key = await provider.log_in(nas_id, service_id, "ann")
    await running()
    await provider.add_hold(service_id)

    async def gone():
        return [each for each in await provider.actions() if each.outcome == "gone"]

    (action,) = await eventually(gone)
    assert (503, "nak_503") == (action.error_cause, action.proof)
    assert action.proven_at is not None
    assert "suspect" == (await provider.held(key)).state


async def test_a_class_that_does_not_fit_any_more_is_found_by_the_sweep(
    provider: Provider, das: Das, running
):
    """The Start of a login that was let in just before the hold comes after it."""
    nas_id = await provider.add_nas(das.port, vendor="mikrotik")
    service_id = await provider.add_service(await provider.add_plan(), "ann")
    await provider.log_in(
        nas_id, service_id, "ann", version=0, rates=Rates(down_kbps=1_000, up_kbps=1_000)
    )
    await running()

    async def came():
        return das.came

    await eventually(came)
    assert Code.COA_REQUEST == das.came[0][0]


async def test_a_second_copy_refuses_to_run(provider: Provider, running):
    await running()
    with pytest.raises(Refused) as refused:
        await running()

    assert ExitCode.TRY_AGAIN == refused.value.exit_code


async def many(provider: Provider, das: Das, count: int) -> tuple[int, list[int]]:
    """A NAS with that many live sessions, and their services."""
    nas_id = await provider.add_nas(das.port)
    plan = await provider.add_plan()
    services = [await provider.add_service(plan, f"user{number}") for number in range(count)]
    for number, service_id in enumerate(services):
        await provider.log_in(nas_id, service_id, f"user{number}")
    return nas_id, services


async def test_the_guard_halts_a_nas_that_would_lose_too_many_sessions(
    provider: Provider, das: Das, running
):
    nas_id, services = await many(provider, das, 25)
    daemon = await running()
    await provider.add_holds(services)

    async def halts():
        async with provider.coa.transaction() as transaction:
            return (await transaction.execute(select(enforcement_pause))).all()

    (halt,) = await eventually(halts)
    assert (nas_id, "guard", None) == (halt.nas_id, halt.kind, halt.resumed_at)
    await daemon.sweep()

    async def twenty():
        return len(das.came) >= 20

    await eventually(twenty)
    await asyncio.sleep(0.5)
    assert 20 == len(das.came)


async def test_an_approved_block_batch_is_no_reason_to_halt(provider: Provider, das: Das, running):
    _, services = await many(provider, das, 25)
    await provider.approve_batch(services, decided_by="ann")
    await running()
    await provider.add_holds(services, "unpaid")

    async def all_of_them():
        return len(das.came) == 25

    await eventually(all_of_them)
    assert {"dunning"} == {action.requested_by for action in await provider.actions()}


@pytest.mark.parametrize(("state", "excused"), [("approved", True), ("executed", False)])
async def test_only_a_batch_that_was_not_executed_yet_is_excused_at_any_age(
    provider: Provider, das: Das, state, excused
):
    nas_id = await provider.add_nas(das.port)
    service_id = await provider.add_service(await provider.add_plan(), "ann")
    key = await provider.log_in(nas_id, service_id, "ann")
    await provider.approve_batch([service_id], decided_by="ann", state=state, age=timedelta(days=4))
    async with provider.coa.transaction() as transaction:
        loaded = await load(transaction, [key], provider.clock.now())

    assert [excused] == [each.approved for each in loaded.lives]


async def test_a_batch_that_nobody_looked_at_is_halted_like_anything_else(
    provider: Provider, das: Das, running
):
    _, services = await many(provider, das, 25)
    await provider.approve_batch(services, decided_by="billingd")
    await running()
    await provider.add_holds(services, "unpaid")

    async def twenty():
        return len(das.came) >= 20

    await eventually(twenty)
    await asyncio.sleep(0.5)
    assert 20 == len(das.came)
