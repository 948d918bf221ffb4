"""The shaper on a real database and the lab's router, end to end."""

from lab.routeros import Fate, RouterOs
from operations import shaping_sites
from tests.shaper.conftest import SIMPLE, Provider, limits, written
from tests.support.eventually import eventually

FAST, SLOW = "20000000/100000000", "1000000/2000000"
WALLED, SUSPENDED = "turnpike-walled", "turnpike-suspended"


async def in_sync(provider: Provider) -> bool:
    status = await provider.status()
    return status is not None and status.state == "in_sync"


async def settled(provider: Provider, router: RouterOs, expected: dict[str, str]) -> None:
    async def reached() -> bool:
        return limits(router) == expected and await in_sync(provider)

    await eventually(reached)


async def test_live_sessions_get_their_queues_and_lose_them(provider, router, running):
    nas_id = await provider.add_router(router)
    ann, ben = await provider.add_services(await provider.add_plan(), 2)
    await provider.log_in(nas_id, [ann, ben])
    await running()
    await settled(provider, router, {"u1": FAST, "u2": FAST})

    await provider.end([ben])
    await settled(provider, router, {"u1": FAST})

    assert [(2, 0, 0), (0, 0, 1)] == [
        (run.wanted_adds, run.wanted_sets, run.wanted_removes) for run in await provider.runs()
    ]
    assert {"u1"} == (await provider.states()).keys()


async def test_a_changed_entitlement_is_one_write(provider, router, running):
    nas_id = await provider.add_router(router)
    services = await provider.add_services(await provider.add_plan(), 30)
    await provider.log_in(nas_id, services)
    await running()
    await settled(provider, router, {f"u{number}": FAST for number in range(1, 31)})
    before = written(router)

    slow = await provider.add_plan(down_kbps=2_000, up_kbps=1_000)
    await provider.set_plan(services[:1], slow)
    await settled(provider, router, {f"u{number}": FAST for number in range(2, 31)} | {"u1": SLOW})

    assert 1 == written(router) - before


async def test_a_cycle_without_changes_writes_nothing(provider, router, running):
    nas_id = await provider.add_router(router)
    services = await provider.add_services(await provider.add_plan(), 3)
    await provider.log_in(nas_id, services)
    await running()
    await eventually(lambda: in_sync(provider))
    before = written(router)

    outcome = await provider.ask("apply")

    assert (0, 0, 0) == (outcome["add"], outcome["set"], outcome["remove"])
    assert before == written(router)


async def test_an_observed_router_is_told_of_and_left_alone(provider, router, running):
    nas_id = await provider.add_router(router, enabled=False)
    services = await provider.add_services(await provider.add_plan(), 1)
    await provider.log_in(nas_id, services)
    router.tables[SIMPLE].add({"name": "office", "target": "10.0.0.0/24"})
    await running()

    outcome = await provider.ask("diff")

    assert (1, 1) == (outcome["add"], outcome["foreign"])
    assert "100M/20M 10.0.0.1/32" == outcome["changes"][0]["after"]
    assert 0 == written(router)
    assert "missing" == (await provider.states())["u1"].drift


async def test_what_somebody_edits_is_drift_and_repaired(provider, router, running):
    nas_id = await provider.add_router(router)
    (ann,) = await provider.add_services(await provider.add_plan(), 1)
    await provider.log_in(nas_id, [ann])
    await running()
    await settled(provider, router, {"u1": FAST})

    queue = router.tables[SIMPLE].row(f"s{ann}-u1")
    router.tables[SIMPLE].set(queue, {"max-limit": "0/0"})
    outcome = await provider.ask("apply")

    assert {"u1": FAST} == limits(router)
    assert 1 == outcome["applied"]["done"]


async def test_a_router_nobody_logs_in_to_keeps_out_by_address_lists(provider, router, running):
    await provider.add_router(router, by_radius=False)
    ann, ben = await provider.add_services(await provider.add_plan(unpaid_access="walled"), 2)
    await provider.add_lease(ann, "192.0.2.7/32")
    await provider.add_lease(ann, "2001:db8:7::/56", "delegated_prefix")
    await provider.add_lease(ben, "203.0.113.9/32")
    async with provider.command.transaction(provider.tenant_id) as transaction:
        await shaping_sites.add(
            transaction,
            router_name="r1",
            name="North",
            networks=["192.0.2.0/24", "2001:db8::/32"],
            down_kbps=1_000_000,
            up_kbps=500_000,
            actor="ann",
            now=provider.clock.now(),
        )
    await running()
    await settled(provider, router, {"North": "500000000/1000000000", "u1": FAST})
    queue = router.tables[SIMPLE].row(f"s{ann}-u1")
    assert "192.0.2.7/32,2001:db8:7::/56" == queue.values["target"]

    await provider.add_hold(ann)
    entries = router.tables["/ip/firewall/address-list"].rows

    async def kept_out() -> bool:
        return [SUSPENDED] == [row.values["list"] for row in entries.values()]

    await eventually(kept_out)
    await provider.release(ann)

    async def let_in() -> bool:
        return not entries and await in_sync(provider)

    await eventually(let_in)


async def test_removals_that_nothing_explains_are_held_until_confirmed(provider, router, running):
    nas_id = await provider.add_router(router)
    services = await provider.add_services(await provider.add_plan(), 60)
    await provider.log_in(nas_id, services)
    await running()
    await eventually(lambda: in_sync(provider))

    await provider.end(services[:30], closed_by="nas_restart")

    async def held() -> bool:
        return (await provider.status()).state == "held"

    await eventually(held)
    assert (60, 30) == (len(limits(router)), (await provider.status()).held)

    await provider.ask("apply", confirmed_removals=30)
    await eventually(lambda: in_sync(provider))

    assert 30 == len(limits(router))


async def test_stops_explain_any_number_of_removals(provider, router, running):
    nas_id = await provider.add_router(router)
    services = await provider.add_services(await provider.add_plan(), 60)
    await provider.log_in(nas_id, services)
    await running()
    await eventually(lambda: in_sync(provider))

    await provider.end(services[:40])
    await settled(provider, router, {f"u{number}": FAST for number in range(41, 61)})


async def test_a_reboot_in_the_midst_converges_without_a_row_twice(provider, router, running):
    router.faults.at = {7: Fate.REBOOT, 30: Fate.DROP_AFTER, 41: Fate.DROP_BEFORE}
    nas_id = await provider.add_router(router)
    services = await provider.add_services(await provider.add_plan(), 40)
    await provider.log_in(nas_id, services)
    await running()

    await settled(provider, router, {f"u{number}": FAST for number in range(1, 41)})

    assert 1 == router.boots
    assert 40 == router.writes[SIMPLE, "add"]


async def test_after_a_reboot_between_two_writes_nobody_elses_row_is_written(
    provider, router, running
):
    for number in range(20):
        target = f"198.51.100.{number}/32"
        router.tables[SIMPLE].add({"name": f"office {number}", "target": target})
    nas_id = await provider.add_router(router)
    services = await provider.add_services(await provider.add_plan(), 10)
    await provider.log_in(nas_id, services)
    await running()
    await settled(provider, router, {f"u{number}": FAST for number in range(1, 11)})

    router.reboot()
    await provider.set_plan(services[:1], await provider.add_plan(down_kbps=2_000, up_kbps=1_000))
    await settled(provider, router, {f"u{number}": FAST for number in range(2, 11)} | {"u1": SLOW})

    assert 1 == router.writes[SIMPLE, "set"]
    rows = [row.values for row in router.tables[SIMPLE].rows.values()]
    assert 20 == sum(1 for row in rows if row["name"].startswith("office"))


async def test_a_router_that_is_away_is_tried_again(provider, router, running):
    router.faults.every = {Fate.DROP_BEFORE: 1}
    nas_id = await provider.add_router(router)
    services = await provider.add_services(await provider.add_plan(), 2)
    await provider.log_in(nas_id, services)
    await running()

    async def drifted() -> bool:
        status = await provider.status()
        return status is not None and status.state in ("drifted", "unreachable")

    await eventually(drifted)
    router.faults.every = {}
    await provider.ask("apply")
    await settled(provider, router, {"u1": FAST, "u2": FAST})
