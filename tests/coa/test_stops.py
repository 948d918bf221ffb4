"""Pauses, requests of people, NASes that do not answer, a restart in the middle."""

import asyncio

import pytest
from sqlalchemy import insert, select

from chassis.clock import SystemClock
from database.tables.enforcement import disconnect_request
from isp.access import Rates
from lab.nas.dynamic_authorization import ErrorCause
from operations import enforcement
from radius.packet import Code
from tests.coa.conftest import Das, Provider
from tests.support.eventually import eventually

pytestmark = pytest.mark.database

NOT_YET_SECONDS = 0.7
"""Long enough for what a notice brings; a poll of the tables included it would be seen."""


async def asked(provider: Provider, key) -> int:
    """A person asks for the end of a session."""
    async with provider.command.transaction(provider.tenant_id) as transaction:
        statement = insert(disconnect_request).values(
            tenant_id=provider.tenant_id,
            session_key=key,
            subscriber_id=1,
            requested_by="ann",
            cause="operator",
            requested_at=SystemClock().now(),
        )
        returned = statement.returning(disconnect_request.c.disconnect_request_id)
        return (await transaction.execute(returned)).scalar_one()


async def request_of(provider: Provider, number: int):
    async with provider.coa.transaction() as transaction:
        query = select(disconnect_request).where(
            disconnect_request.c.disconnect_request_id == number
        )
        return (await transaction.execute(query)).one()


async def paused(provider: Provider, nas_name: str | None = None) -> None:
    async with provider.command.transaction(provider.tenant_id) as transaction:
        await enforcement.pause(
            transaction, nas_name=nas_name, actor="ann", now=SystemClock().now()
        )


async def resumed(provider: Provider, nas_name: str | None = None) -> None:
    async with provider.command.transaction(provider.tenant_id) as transaction:
        await enforcement.resume(
            transaction, nas_name=nas_name, actor="ann", now=SystemClock().now()
        )


async def test_a_pause_holds_blocks_back_until_it_is_resumed(provider: Provider, das: Das, running):
    nas_id = await provider.add_nas(das.port)
    service_id = await provider.add_service(await provider.add_plan(), "ann")
    await provider.log_in(nas_id, service_id, "ann")
    await paused(provider)
    daemon = await running()
    await provider.add_hold(service_id)
    await asyncio.sleep(NOT_YET_SECONDS)
    assert [] == das.came
    await resumed(provider)
    await daemon.sweep()

    async def came():
        return das.came

    await eventually(came)
    assert Code.DISCONNECT_REQUEST == das.came[0][0]


async def test_a_pause_lets_access_return_and_people_disconnect(
    provider: Provider, das: Das, running
):
    nas_id = await provider.add_nas(das.port)
    plan = await provider.add_plan()
    returning = await provider.add_service(plan, "ann")
    wanted_gone = await provider.add_service(plan, "bob")
    await provider.log_in(nas_id, returning, "ann", version=0, access="walled")
    gone_key = await provider.log_in(nas_id, wanted_gone, "bob")
    await paused(provider)
    await running()
    number = await asked(provider, gone_key)

    async def both():
        return len(das.came) == 2

    await eventually(both)
    actions = {each.login: each for each in await provider.actions()}
    assert ("return_of_access", "coa") == (actions["ann"].cause, actions["ann"].requested_by)
    assert ("operator", "ann") == (actions["bob"].cause, actions["bob"].requested_by)

    async def done():
        return (await request_of(provider, number)).done_at

    await eventually(done)
    assert "acknowledged" == (await request_of(provider, number)).outcome


async def test_a_request_for_a_session_that_ended_is_closed(provider: Provider, das: Das, running):
    nas_id = await provider.add_nas(das.port)
    service_id = await provider.add_service(await provider.add_plan(), "ann")
    key = await provider.log_in(nas_id, service_id, "ann")
    await provider.end(key)
    number = await asked(provider, key)
    await running()

    async def done():
        return (await request_of(provider, number)).done_at

    await eventually(done)
    assert "not live" == (await request_of(provider, number)).outcome
    assert [] == das.came


async def test_a_dead_nas_does_not_delay_another(provider: Provider, das: Das, running):
    dead = await provider.add_nas(9, address="127.0.0.3")
    alive = await provider.add_nas(das.port)
    plan = await provider.add_plan()
    services = [await provider.add_service(plan, f"user{number}") for number in range(19)]
    for number, service_id in enumerate(services[:-1]):
        await provider.log_in(dead, service_id, f"user{number}")
    await provider.log_in(alive, services[-1], "user18")
    await running()
    await provider.add_holds(services)

    async def came():
        return das.came

    await eventually(came)
    assert "pending" in {action.outcome for action in await provider.actions()}


async def test_what_was_written_down_and_never_answered_is_resumed_after_a_restart(
    provider: Provider, das: Das, running
):
    nas_id = await provider.add_nas(9, address="127.0.0.3")
    service_id = await provider.add_service(await provider.add_plan(), "ann")
    key = await provider.log_in(nas_id, service_id, "ann")
    first = await running()
    await provider.add_hold(service_id)

    async def pending():
        held = await provider.held(key)
        return held is not None and held.state == "pending"

    await eventually(pending)
    await first.drain()
    (action,) = await provider.actions()
    assert "pending" == action.outcome
    held = await provider.held(key)
    assert (1, 2) == (held.tries, held.tried_version)
    assert held.next_try_at is not None


async def test_a_refused_change_leaves_the_session_to_its_next_login(
    provider: Provider, das: Das, running
):
    das.error_cause = ErrorCause.UNSUPPORTED_ATTRIBUTE
    nas_id = await provider.add_nas(das.port, vendor="mikrotik")
    service_id = await provider.add_service(await provider.add_plan(), "ann")
    slow = Rates(down_kbps=1_000, up_kbps=1_000)
    key = await provider.log_in(nas_id, service_id, "ann", version=0, rates=slow)
    await running()

    async def refused():
        held = await provider.held(key)
        return held is not None and held.state == "refused"

    await eventually(refused)
    (action,) = await provider.actions()
    assert ("coa", "unsupported", 401) == (action.kind, action.outcome, action.error_cause)
    assert [Code.COA_REQUEST] == [code for code, _ in das.came]
