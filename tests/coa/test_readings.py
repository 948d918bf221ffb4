"""A change that RouterOS acknowledged is proven by what the shaper read of the router."""

from datetime import timedelta

import pytest

from coa.proof import proof
from coa.store import prove
from tests.coa.conftest import Das, Provider
from tests.support.eventually import eventually

pytestmark = pytest.mark.database


async def changed(provider: Provider, das: Das, running, *logins: str) -> tuple[int, list[int]]:
    """Services whose live sessions on a MikroTik were changed, which acknowledged it."""
    nas_id = await provider.add_nas(das.port, vendor="mikrotik")
    plan, slower = await provider.add_plan(), await provider.add_plan(down_kbps=5_000)
    services = [await provider.add_service(plan, login) for login in logins]
    for service_id, login in zip(services, logins, strict=True):
        await provider.log_in(nas_id, service_id, login)
    await running()
    for number, service_id in enumerate(services, start=1):
        await provider.set_plan([service_id], slower)
        await eventually(lambda number=number: acknowledged(provider, number))
    return nas_id, services


async def acknowledged(provider: Provider, count: int) -> bool:
    actions = await provider.actions()
    return count == len([each for each in actions if each.outcome == "acknowledged"])


async def test_a_later_reading_of_the_queue_proves_the_change(provider, das, running):
    nas_id, (ann,) = await changed(provider, das, running, "ann")
    router = await provider.add_router(nas_id)
    await provider.read_queue(router, ann, provider.clock.now() + timedelta(seconds=1))

    async def proven():
        (action,) = await provider.actions()
        return action if action.proven_at is not None else None

    action = await eventually(proven)
    held = await provider.held(action.session_key)

    assert ("coa", "reading") == (action.kind, action.proof)
    assert "confirmed" == held.state


@pytest.mark.parametrize(
    ("method", "drift", "seconds"),
    [("simple", None, 1), ("radius", "different", 1), ("radius", None, -60)],
    ids=["a router that we shape", "a queue that differs", "a reading of before"],
)
async def test_nothing_else_that_was_read_proves_it(provider, das, running, method, drift, seconds):
    nas_id, (ann,) = await changed(provider, das, running, "ann")
    router = await provider.add_router(nas_id, method)
    read_at = provider.clock.now() + timedelta(seconds=seconds)
    await provider.read_queue(router, ann, read_at, drift=drift)
    async with provider.coa.transaction() as transaction:
        (action,), _ = await prove.unproven(transaction, provider.clock.now(), None)

    assert None is proof(action)


async def test_what_nothing_proves_stands_in_no_others_way(provider, das, running, monkeypatch):
    monkeypatch.setattr(prove, "ACTIONS_AT_ONCE", 1)
    nas_id, (_, bob) = await changed(provider, das, running, "ann", "bob")
    router = await provider.add_router(nas_id)
    await provider.read_queue(router, bob, provider.clock.now() + timedelta(seconds=1))

    async def proven():
        return [each.login for each in await provider.actions() if each.proven_at is not None]

    assert ["bob"] == await eventually(proven)


async def test_a_reading_proves_neither_of_two_sessions_of_one_login(provider, das, running):
    nas_id, (ann,) = await changed(provider, das, running, "ann")
    await provider.log_in(nas_id, ann, "ann")
    router = await provider.add_router(nas_id)
    await provider.read_queue(router, ann, provider.clock.now() + timedelta(seconds=1))
    async with provider.coa.transaction() as transaction:
        found, _ = await prove.unproven(transaction, provider.clock.now(), None)

    assert {None} == {proof(action) for action in found}
