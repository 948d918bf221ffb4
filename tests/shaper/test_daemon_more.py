"""Pauses, subscribers' own devices, routers shaped by RADIUS, samples, figures, REST, FastTrack."""

from sqlalchemy import select, update

from chassis.metrics import exposition
from chassis.secrets import Secret
from database.tables.sessions import session_live
from database.tables.shaping import throughput_sample
from devices.credentials import LoginAccess
from lab.routeros import RouterOs
from operations import cpe, devices, enforcement, shaping, shaping_sites
from tests.shaper.conftest import PASSWORD, SIMPLE, USER, Provider, limits, written
from tests.support.eventually import eventually

FAST, SLOW = "20000000/100000000", "1000000/2000000"


async def in_sync(provider: Provider) -> bool:
    status = await provider.status()
    return status is not None and status.state == "in_sync"


async def test_a_pause_lets_back_in_and_writes_nothing_else(provider, router, running):
    await provider.add_router(router, by_radius=False)
    ann, ben = await provider.add_services(await provider.add_plan(unpaid_access="walled"), 2)
    await provider.add_lease(ann, "192.0.2.7/32")
    await provider.add_hold(ann)
    async with provider.command.transaction(provider.tenant_id) as transaction:
        words = {"actor": "ann", "now": provider.clock.now()}
        await shaping_sites.add(
            transaction, router_name="r1", name="North", networks=["192.0.2.0/24"], **words
        )
    await running()
    entries = router.tables["/ip/firewall/address-list"].rows
    await eventually(lambda: in_sync(provider))
    assert 1 == len(entries)
    async with provider.command.transaction(provider.tenant_id) as transaction:
        await enforcement.pause(transaction, actor="ann", now=provider.clock.now())
    await provider.add_lease(ben, "192.0.2.8/32")

    async def paused() -> bool:
        return (await provider.status()).state == "paused"

    await eventually(paused)
    await provider.release(ann)

    async def let_in() -> bool:
        return not entries

    await eventually(let_in)
    assert {"North", "u1"} == limits(router).keys()

    async with provider.command.transaction(provider.tenant_id) as transaction:
        await enforcement.resume(transaction, actor="ann", now=provider.clock.now())

    async def shaped() -> bool:
        return "u2" in limits(router)

    await eventually(shaped)


async def test_a_subscribers_own_device_gets_a_queue_for_its_subnet(provider, router, running):
    (ann,) = await provider.add_services(await provider.add_plan(), 1)
    access = LoginAccess(user=USER, password=Secret(PASSWORD))
    async with provider.command.transaction(provider.tenant_id) as transaction:
        made = await cpe.add(
            transaction,
            title="ann-home",
            login="u1",
            type="mikrotik",
            host="127.0.0.1",
            port=router.port,
            access=access,
            target="192.168.88.1/24",
            keys=provider.keys,
            actor="ann",
            now=provider.clock.now(),
        )
    assert ("192.168.88.0/24", True) == (made.target, made.has_credentials)
    await running()

    async def shaped(limit: str) -> bool:
        return limits(router) == {"u1": limit}

    await eventually(lambda: shaped(FAST))
    assert "192.168.88.0/24" == router.tables[SIMPLE].row(f"s{ann}-u1").values["target"]
    await provider.set_plan([ann], await provider.add_plan(down_kbps=2_000, up_kbps=1_000))
    await eventually(lambda: shaped(SLOW))

    async with provider.command.transaction(provider.tenant_id) as transaction:
        (listed,) = await cpe.listed(transaction, "u1")
    assert ("ann-home", "in_sync") == (listed.title, listed.state)


async def test_a_router_shaped_by_radius_is_only_compared(provider, router, running):
    nas_id = await provider.add_router(router, method="radius")
    services = await provider.add_services(await provider.add_plan(), 3)
    await provider.log_in(nas_id, services)
    router.dial_in("u1", "10.0.0.1", "20M/100M")
    router.dial_in("u2", "10.0.0.2", "1M/2M")
    await running()

    async def compared() -> bool:
        return len(await provider.states()) == 3

    await eventually(compared)
    states = await provider.states()

    assert [None, "different", "missing"] == [states[f"u{n}"].drift for n in (1, 2, 3)]
    assert 0 == written(router)


async def test_a_comparison_is_as_old_as_the_reading_that_it_is_made_with(
    provider, router, running
):
    nas_id = await provider.add_router(router, method="radius")
    services = await provider.add_services(await provider.add_plan(), 1)
    await provider.log_in(nas_id, services)
    router.dial_in("u1", "10.0.0.1", "20M/100M")
    await running()
    await eventually(lambda: in_sync(provider))
    changed_at = provider.clock.now()
    await provider.set_plan(services, await provider.add_plan(down_kbps=2_000))

    async def differs() -> bool:
        return (await provider.states())["u1"].drift == "different"

    await eventually(differs)
    compared = (await provider.status()).checked_at
    await provider.ask("diff")

    assert compared < changed_at
    assert changed_at < (await provider.status()).checked_at


async def test_parents_are_sampled_and_fasttrack_is_told_of(provider, router, running):
    await provider.add_router(router, by_radius=False)
    async with provider.command.transaction(provider.tenant_id) as transaction:
        words = {"actor": "ann", "now": provider.clock.now()}
        await shaping_sites.add(transaction, router_name="r1", name="North", **words)
    rule = {"chain": "forward", "action": "fasttrack-connection"}
    router.tables["/ip/firewall/filter"].add(rule)
    await running(sample_seconds=1.0)
    await eventually(lambda: in_sync(provider))
    name = next(iter(router.tables[SIMPLE].rows.values())).values["name"]
    router.carry(name, up=3_000_000, down=40_000_000, seconds=1.0)

    async def sampled() -> list:
        async with provider.command.transaction(provider.tenant_id) as transaction:
            query = select(throughput_sample.c.down_bps, throughput_sample.c.up_bps)
            query = query.where(throughput_sample.c.down_bps > 0)
            return list((await transaction.execute(query)).all())

    assert (40_000_000, 3_000_000) == tuple((await eventually(sampled))[0])
    assert ["FastTrack"] == [each.split()[0] for each in (await provider.status()).warnings]


def figure(name: str, **labels: str) -> float:
    """Of the router `r1`, as Prometheus would scrape it; 0 where there is none yet."""
    said = ",".join(f'{label}="{value}"' for label, value in {"router": "r1", **labels}.items())
    line = f"turnpike_shaper_{name}{{{said}}} "
    found = [row for row in exposition().decode().splitlines() if row.startswith(line)]
    return float(found[0].removeprefix(line)) if found else 0.0


async def test_a_run_and_the_metrics_have_the_figures(provider, router, running):
    nas_id = await provider.add_router(router)
    await provider.log_in(nas_id, await provider.add_services(await provider.add_plan(), 3))
    applied_before = figure("apply_seconds_count")
    await running()
    await eventually(lambda: in_sync(provider))
    (run,) = await provider.runs()

    assert (3, 0, 0) == (run.wanted_adds, run.wanted_sets, run.wanted_removes)
    assert (3, 0, None) == (run.done, run.failed, run.problem)
    assert None not in (run.seconds, run.cpu_percent_before, run.cpu_percent_after)
    assert applied_before + 1 == figure("apply_seconds_count")
    assert run.cpu_percent_before == figure("router_cpu_percent", when="before")
    assert run.cpu_percent_after == figure("router_cpu_percent", when="after")

    async def told() -> bool:
        names = ("queues_wanted", "rows_actual", "queues_drifted")
        return [3, 3, 0] == [figure(name) for name in names]

    await eventually(told)


async def test_an_address_that_two_took_at_once_is_left_open_with_an_alarm(
    provider, router, running
):
    nas_id = await provider.add_router(router)
    services = await provider.add_services(await provider.add_plan(), 3)
    await provider.log_in(nas_id, services)
    both = session_live.c.service_id.in_(services[:2])
    async with provider.radiusd.transaction() as transaction:
        await transaction.execute(update(session_live).where(both).values(framed_ip="10.0.0.1"))
    await running()

    async def alarmed() -> bool:
        return figure("in_doubt") == 2 and (await provider.status()).state == "in_doubt"

    await eventually(alarmed)
    states = await provider.states()
    assert {"u3": FAST} == limits(router)
    assert ["doubt", "doubt", None] == [states[f"u{number}"].drift for number in (1, 2, 3)]

    await provider.end(services[:1])
    await eventually(lambda: in_sync(provider))
    assert {"u2": FAST, "u3": FAST} == limits(router)


async def test_rest_where_the_api_is_closed(provider, running):
    async with RouterOs(user=USER, password=PASSWORD, rest_port=0) as router:
        nas_id = await provider.add_router(router)
        async with provider.command.transaction(provider.tenant_id) as transaction:
            changes = {"port": router.ports()["www"], "driver": "routeros-rest"}
            words = {"keys": provider.keys, "actor": "ann", "now": provider.clock.now()}
            await devices.change(transaction, name="r1", changes=changes, **words)
        services = await provider.add_services(await provider.add_plan(), 2)
        await provider.log_in(nas_id, services)
        await running()

        async def shaped() -> bool:
            return limits(router) == {"u1": FAST, "u2": FAST}

        await eventually(shaped)


async def test_a_router_that_is_removed_is_forgotten(provider, router, running):
    nas_id = await provider.add_router(router)
    await provider.log_in(nas_id, await provider.add_services(await provider.add_plan(), 1))
    await running()
    await eventually(lambda: in_sync(provider))
    async with provider.command.transaction(provider.tenant_id) as transaction:
        assert "enabled" == (await shaping.router(transaction, "r1")).mode
        await devices.remove(transaction, name="r1", actor="ann", now=provider.clock.now())

    async def forgotten() -> bool:
        return await provider.status() is None and not await provider.states()

    await eventually(forgotten)
    assert {"u1": FAST} == limits(router)
