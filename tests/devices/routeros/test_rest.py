"""REST as another way to the same commands."""

import pytest

from chassis.secrets import Secret
from devices.routeros import (
    Change,
    Done,
    RestRouter,
    Router,
    RouterLost,
    RouterRefused,
    RouterTrap,
    Trapped,
    Unanswered,
    Unsent,
    Verb,
    probe,
    rights,
)
from lab.routeros import Fate, RouterOs

QUEUES = "/queue/simple"


@pytest.fixture
async def device():
    async with RouterOs(password="pässword", rest_port=0, rest_tls_port=0) as device:
        yield device


@pytest.fixture
async def rest(device, target):
    router = RestRouter(target(device, port=device.ports()["www"]))
    yield router
    await router.close()


def add(name: str, **words: str) -> Change:
    return Change(verb=Verb.ADD, path=QUEUES, words={"name": name, "target": "10.0.0.1", **words})


async def test_both_ways_read_the_same(device, rest, target):
    row_id = await rest.add(QUEUES, name="ann", target="10.0.0.7", **{"max-limit": "7M/2M"})
    await rest.set(QUEUES, row_id, {"comment": "Café"})

    async with Router(target(device)) as router:
        assert await router.print(QUEUES) == await rest.print(QUEUES)
        assert await probe(router) == await probe(rest)
        assert await rights(router) == await rights(rest)
        wanted = await rest.print(QUEUES, proplist=(".id", "name"), where={"name": "ann"})
    assert ({".id": row_id, "name": "ann"},) == wanted
    await rest.remove(QUEUES, row_id)
    await rest.remove(QUEUES, row_id)
    assert () == await rest.print(QUEUES)


async def test_a_trap_is_its_detail(rest):
    await rest.add(QUEUES, name="ann", target="10.0.0.7")

    with pytest.raises(RouterTrap, match="already have such name"):
        await rest.add(QUEUES, name="ann", target="10.0.0.8")
    with pytest.raises(RouterTrap) as gone:
        await rest.set(QUEUES, "*77", {"comment": "x"})
    assert gone.value.item_is_gone


async def test_changes_keep_their_order_and_are_told_one_by_one(device, rest):
    device.faults.at[4] = Fate.DROP_AFTER

    outcomes = await rest.apply(
        [add("site"), add("a", parent="site"), add("a"), add("b", parent="site"), add("c")],
        session=rest.session,
        window=100,
    )

    assert Trapped("failure: already have such name", None) == outcomes[2]
    assert (Done, Done, Unanswered(), Unsent()) == (
        *map(type, outcomes[:2]),
        *outcomes[3:],
    )
    assert ["site", "a", "b"] == [row["name"] for row in await rest.print(QUEUES)]


async def test_a_move_puts_a_row_before_another(rest):
    first, second = [await rest.add(QUEUES, name=name, target="10.0.0.1") for name in "ab"]
    move = Change(verb=Verb.MOVE, path=QUEUES, id=second, words={"destination": first})

    assert (Done(),) == await rest.apply([move], session=rest.session)
    assert ["b", "a"] == [row["name"] for row in await rest.print(QUEUES)]


async def test_a_wrong_password_is_refused(device, target):
    router = RestRouter(target(device, port=device.ports()["www"], password=Secret("wrong")))

    with pytest.raises(RouterRefused):
        await router.print(QUEUES)
    await router.close()


async def test_only_the_pinned_certificate_gets_the_password(device, target):
    tls = {"port": device.ports()["www-ssl"], "tls": True}
    pin = device.certificate.fingerprint_sha256
    right = RestRouter(target(device, **tls, certificate_sha256=pin))
    wrong = RestRouter(target(device, **tls, certificate_sha256="ab" * 32))

    with pytest.raises(RouterRefused, match="not the pinned"):
        await wrong.print(QUEUES)
    assert 0 == device.commands["rest"]
    assert () == await right.print(QUEUES)
    await right.close()
    await wrong.close()


async def test_what_is_not_there_is_lost(device, target):
    router = RestRouter(target(device, port=1, timeout_seconds=0.5))

    with pytest.raises(RouterLost):
        await router.print(QUEUES)
    await router.close()
