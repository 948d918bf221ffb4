"""Our client of the API against the lab's router."""

import asyncio

import pytest

from chassis.secrets import Secret
from devices.routeros import (
    Change,
    Done,
    Router,
    RouterIdentity,
    RouterLost,
    RouterRefused,
    RouterTrap,
    Trapped,
    Unanswered,
    Unsent,
    Verb,
    certificate_of,
    probe,
    rights,
)
from lab.routeros import Fate, RouterOs
from lab.routeros.framing import frame, read_sentence

QUEUES = "/queue/simple"


def adds(count: int) -> list[Change]:
    return [
        Change(
            verb=Verb.ADD,
            path=QUEUES,
            words={"name": f"q{number}", "target": f"10.0.{number // 250}.{number % 250}"},
        )
        for number in range(count)
    ]


async def names(router: Router) -> list[str]:
    return [row["name"] for row in await router.print(QUEUES, proplist=["name"])]


async def test_rows_are_added_changed_read_and_removed_as_raw_strings(device, router):
    row_id = await router.add(
        QUEUES, name="true", target="10.0.0.7", comment="Café 10", **{"max-limit": "7M/2M"}
    )
    await router.set(QUEUES, row_id, {"max-limit": "8M/2M"})

    row = (await router.print(QUEUES, where={"name": "true"}))[0]
    assert ("true", "10.0.0.7/32", "Café 10") == (row["name"], row["target"], row["comment"])
    assert "8000000/2000000" == row["max-limit"]

    await router.remove(QUEUES, row_id)
    assert () == await router.print(QUEUES)
    assert {(QUEUES, "add"): 1, (QUEUES, "set"): 1, (QUEUES, "remove"): 1} == device.writes


async def test_to_remove_what_is_gone_is_success(router):
    await router.remove(QUEUES, "*77")


async def test_a_trap_is_its_message_and_category_and_the_connection_goes_on(router):
    await router.add(QUEUES, name="a", target="10.0.0.1")

    with pytest.raises(RouterTrap, match="already have such name") as same:
        await router.add(QUEUES, name="a", target="10.0.0.2")
    with pytest.raises(RouterTrap, match="does not match any value of parent") as orphan:
        await router.add(QUEUES, name="b", target="10.0.0.2", parent="none such")

    assert (None, 1) == (same.value.category, orphan.value.category)
    assert ["a"] == await names(router)


async def test_several_traps_of_one_command_are_one_error(router):
    row_id = await router.add(QUEUES, name="a", target="10.0.0.1")

    with pytest.raises(RouterTrap) as gone:
        await router.call(f"{QUEUES}/remove", {".id": f"*91,{row_id},*92"})

    assert "no such item; no such item" == gone.value.message
    assert [] == await names(router)


async def test_nothing_to_return_is_no_rows_with_and_without_the_empty_of_7_18(target):
    for version in ("7.17", "7.18"):
        async with (
            RouterOs(password="pässword", version=version) as device,
            Router(target(device)) as router,
        ):
            assert () == await router.print(QUEUES)


async def test_the_challenge_of_older_routers_is_answered(target):
    async with RouterOs(password="pässword", version="6.42.1") as device:
        async with Router(target(device)) as router:
            assert [] == await names(router)
        with pytest.raises(RouterRefused, match="cannot log in"):
            await Router(target(device, password=Secret("wrong"))).connect()


async def test_a_wrong_password_is_refused_without_telling_it(device, target):
    with pytest.raises(RouterRefused, match="invalid user name or password") as refused:
        await Router(target(device, password=Secret("hunter2"))).connect()

    assert "hunter2" not in str(refused.value)


async def test_an_address_that_the_service_does_not_allow_is_told_as_such(device, target):
    service = device.tables["/ip/service"]
    service.set(service.row("api"), {"address": "192.0.2.0/24"})

    with pytest.raises(RouterLost, match="allowed to use the API"):
        await Router(target(device)).connect()


async def test_tls_with_the_pinned_certificate(device, target):
    pin = await certificate_of(device.address, device.ports()["api-ssl"], timeout_seconds=5)
    tls = target(device, port=device.ports()["api-ssl"], tls=True, certificate_sha256=pin.upper())

    async with Router(tls) as router:
        assert [] == await names(router)
    assert device.certificate.fingerprint_sha256 == pin


async def test_another_certificate_is_refused_before_the_password_is_sent(device, target):
    pinned = target(device, port=device.ports()["api-ssl"], tls=True, certificate_sha256="ab" * 32)

    with pytest.raises(RouterRefused, match="not the pinned"):
        await Router(pinned).connect()
    assert 0 == device.commands["api"]


async def test_a_certificate_that_nobody_vouches_for_is_not_trusted_without_a_pin(device, target):
    with pytest.raises(RouterRefused, match=f"pin {device.certificate.fingerprint_sha256}"):
        await Router(target(device, port=device.ports()["api-ssl"], tls=True)).connect()


async def test_a_batch_is_carried_out_in_order_and_told_one_by_one(device, router):
    changes = adds(300)
    changes[100] = changes[99]

    outcomes = await router.apply(changes, session=router.session, window=64)

    assert Trapped("failure: already have such name", None) == outcomes[100]
    assert {Done} == {type(each) for each in (*outcomes[:100], *outcomes[101:])}
    assert [f"q{number}" for number in range(300) if number != 100] == await names(router)
    assert 299 == device.writes[QUEUES, "add"]


async def test_no_more_than_the_window_is_unanswered(device, router):
    device.faults.latency_seconds = 0.05
    batch = asyncio.create_task(router.apply(adds(40), session=router.session, window=8))
    await asyncio.sleep(0.02)

    assert 8 == len(router._connection._in_flight)
    await batch


@pytest.mark.parametrize(
    ("fate", "carried_out"), [(Fate.DROP_BEFORE, 36), (Fate.DROP_AFTER, 37), (Fate.CUT_REPLY, 37)]
)
async def test_a_connection_cut_in_the_midst_of_a_batch_is_told_by_outcomes(
    device, router, fate, carried_out
):
    device.faults.at[37] = fate

    outcomes = await router.apply(adds(100), session=router.session, window=4)

    assert {Done} == {type(each) for each in outcomes[:36]}
    assert Unanswered() == outcomes[36]
    assert {Unanswered, Unsent} == {type(each) for each in outcomes[36:]}
    assert Unsent() == outcomes[-1]
    assert carried_out == len(await names(router))


async def test_a_lost_reply_is_unanswered_once_the_router_has_been_silent(device, target):
    device.faults.at[3] = Fate.LOSE_REPLY
    async with Router(target(device, timeout_seconds=1.0)) as router:
        outcomes = await router.apply(adds(4), session=router.session, window=2)

        assert (Done, Done, Unanswered, Done) == tuple(type(each) for each in outcomes)
        assert 4 == len(await names(router))


async def test_after_a_reboot_the_next_command_connects_again_and_finds_other_ids(device, router):
    await router.apply(adds(20), session=router.session, window=20)
    before = {row["name"]: row[".id"] for row in await router.print(QUEUES)}
    device.reboot()
    with pytest.raises(RouterLost):
        await router.call("/system/identity/set", {"name": "x"})

    after = {row["name"]: row[".id"] for row in await router.print(QUEUES)}

    assert (before.keys(), 1) == (after.keys(), device.boots)
    assert before != after


async def test_ids_that_were_read_by_a_connection_that_has_ended_are_not_sent(device, router):
    mine = await router.add(QUEUES, name="mine", target="10.0.0.1")
    session = router.session
    change = Change(verb=Verb.REMOVE, path=QUEUES, id=mine)
    device.cut_connections()
    with pytest.raises(RouterLost):
        await names(router)
    lost = await router.apply([change], session=session)
    assert ["mine"] == await names(router)
    another = await router.apply([change] * 2, session=session)

    assert ((Unsent(),), (Unsent(), Unsent())) == (lost, another)
    assert (Done(),) == await router.apply([change], session=router.session)
    assert 1 == device.writes[QUEUES, "remove"]


async def test_a_command_that_is_given_up_does_not_disturb_the_others(device, router):
    device.faults.latency_seconds = 0.05
    slow = asyncio.create_task(router.print("/interface"))
    await asyncio.sleep(0.01)
    slow.cancel()

    assert [] == await names(router)
    assert {} == router._connection._in_flight
    assert not router._connection._abandoned
    assert {} == router._connection.counts


async def test_a_batch_that_is_given_up_leaves_the_connection(device, router):
    device.faults.latency_seconds = 0.05
    batch = asyncio.create_task(router.apply(adds(50), session=router.session, window=8))
    await asyncio.sleep(0.02)
    batch.cancel()
    with pytest.raises(asyncio.CancelledError):
        await batch

    assert len(await names(router)) < 50


async def test_the_rights_that_are_missing_are_known_beforehand(device, router, target):
    await router.add("/user", name="watcher", password="w", group="read")
    async with Router(target(device, user="watcher", password=Secret("w"))) as watcher:
        assert {"read", "write"} - await rights(watcher) == {"write"}
        with pytest.raises(RouterTrap, match="not enough permissions"):
            await watcher.add(QUEUES, name="a", target="10.0.0.1")
    assert {"read", "write"} <= await rights(router)


async def test_a_router_says_who_it_is(router):
    expected = RouterIdentity(name="lab", version="7.16.2 (stable)", board="CCR2004-1G-12S+2XS")

    assert expected == await probe(router)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"\xff\xff\xff\xff", "malformed sentence"),
        (b"\x05hello\x00", "malformed sentence"),
        (b"\x06!fatal\x0etoo many calls\x00", "too many calls"),
        (b"", "it closed the connection"),
    ],
)
async def test_a_peer_that_is_no_router_is_one_named_error(device, target, said, reason):
    async def speak(reader, writer):
        await reader.read(1)
        writer.write(said)
        writer.write_eof()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(RouterLost, match=reason):
            await Router(target(device, port=port)).connect()


async def test_a_router_that_does_not_listen_while_it_talks_is_read_meanwhile(device, target):
    async def talk(reader, writer):
        for number in range(1, 31):
            await read_sentence(reader)
            writer.write(frame(["!re", f".tag={number}", "=x=" + "y" * 500_000]))
            writer.write(frame(["!done", f".tag={number}"]))
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, limit=1 << 10)
    async with server:
        port = server.sockets[0].getsockname()[1]
        router = Router(target(device, port=port))
        await router.connect()
        long = {"comment": "z" * 500_000}
        changes = [Change(verb=Verb.SET, path=QUEUES, id="*1", words=long)] * 29

        assert {Done()} == set(await router.apply(changes, session=router.session, window=29))
        await router.close()


async def test_a_router_that_falls_silent_while_we_write_is_left(device, target):
    release = asyncio.Event()

    async def log_in_only(reader, writer):
        await read_sentence(reader)
        writer.write(frame(["!done", ".tag=1"]))
        await release.wait()
        writer.transport.abort()

    server = await asyncio.start_server(log_in_only, "127.0.0.1", 0, limit=1 << 10)
    async with server:
        port = server.sockets[0].getsockname()[1]
        router = Router(target(device, port=port, timeout_seconds=1.0))
        await router.connect()
        long = {"comment": "z" * 1_000_000}
        changes = [Change(verb=Verb.SET, path=QUEUES, id="*1", words=long)] * 40

        outcomes = await router.apply(changes, session=router.session, window=40)

        assert (Unanswered(), Unsent()) == (outcomes[0], outcomes[-1])
        release.set()
        await router.close()


async def test_replies_with_unknown_tags_are_counted_and_passed_over(device, target):
    async def speak(reader, writer):
        await reader.read(1)
        writer.write(b"\x05!done\x07.tag=99\x00\x05!done\x06.tag=1\x00")
        await reader.read()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        async with Router(target(device, port=port)) as router:
            assert {"unknown_tag": 1} == router._connection.counts
