"""One connection, sentence by sentence: tags, listening, cancelling, reboots, what goes wrong."""

import asyncio

import pytest

from lab.routeros import Fate, RouterOs
from lab.routeros.framing import frame, read_sentence
from tests.support.eventually import eventually

QUEUES = "/queue/simple"


class Terminal:
    """A client of a few lines: sentences out, sentences in."""

    def __init__(self, router: RouterOs) -> None:
        self.router = router

    async def __aenter__(self) -> "Terminal":
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.router.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()

    def say(self, *words: str) -> None:
        self.writer.write(frame(words))

    async def hear(self, sentences: int = 1) -> list[list[str]]:
        async with asyncio.timeout(60):
            return [await read_sentence(self.reader) for _ in range(sentences)]

    async def log_in(self) -> None:
        self.say("/login", "=name=admin", "=password=lab")
        assert [["!done"]] == await self.hear()


@pytest.fixture
async def terminal(router):
    async with Terminal(router) as terminal:
        await terminal.log_in()
        yield terminal


async def test_nothing_is_answered_before_the_login(router):
    async with Terminal(router) as terminal:
        terminal.say("/system/identity/print")

        assert [["!fatal", "not logged in"]] == await terminal.hear()
        assert b"" == await terminal.reader.read()


async def test_tags_are_echoed_on_every_reply(terminal):
    terminal.say("/system/identity/print", ".tag=a b")
    terminal.say(f"{QUEUES}/set", ".tag=7", "=.id=*5,*6", "=disabled=yes")

    assert [
        ["!re", ".tag=a b", "=name=lab"],
        ["!done", ".tag=a b"],
        ["!trap", ".tag=7", "=category=0", "=message=no such item"],
        ["!trap", ".tag=7", "=category=0", "=message=no such item"],
        ["!done", ".tag=7"],
    ] == await terminal.hear(5)


async def test_empty_is_said_from_7_18_on():
    for version, expected in (("7.17.2", ["!done"]), ("7.18", ["!empty"])):
        async with (
            RouterOs(password="lab", version=version) as router,
            Terminal(router) as terminal,
        ):
            await terminal.log_in()
            terminal.say(f"{QUEUES}/print")
            assert [expected] == await terminal.hear()


async def test_what_is_listened_to_is_told_until_it_is_cancelled(terminal):
    terminal.say(f"{QUEUES}/listen", ".tag=l")
    terminal.say(f"{QUEUES}/add", "=name=a", "=target=10.0.0.1", ".tag=w")
    told, done = await terminal.hear(2)
    assert ["!re", ".tag=l", "=.id=*1", "=name=a"] == told[:4]
    assert ["!done", ".tag=w", "=ret=*1"] == done

    terminal.say(f"{QUEUES}/remove", "=.id=*1")
    terminal.say("/cancel", "=tag=l", ".tag=c")

    assert [
        ["!re", ".tag=l", "=.id=*1", "=.dead=yes"],
        ["!done"],
        ["!trap", ".tag=l", "=category=2", "=message=interrupted"],
        ["!done", ".tag=l"],
        ["!done", ".tag=c"],
    ] == await terminal.hear(5)


async def test_counting_and_columns(terminal):
    terminal.say("/interface/print", "=count-only=")
    terminal.say("/interface/print", "=.proplist=name", "?name=ether1")
    terminal.say("/nowhere/print")
    terminal.say("/interface/fly")

    heard = await terminal.hear(7)
    assert [["!done", "=ret=6"], ["!re", "=name=ether1"], ["!done"]] == heard[:3]
    assert ["=message=no such command prefix", "=message=no such command"] == [
        heard[3][2],
        heard[5][2],
    ]


async def test_a_round_trip_lasts_but_does_not_add_up(router, terminal):
    router.faults.latency_seconds = 0.2
    began = asyncio.get_running_loop().time()
    for _ in range(20):
        terminal.say("/system/identity/print")
    await terminal.hear(40)

    assert 0.2 <= asyncio.get_running_loop().time() - began < 2.0


@pytest.mark.parametrize(
    ("fate", "rows"),
    [(Fate.REFUSE, 0), (Fate.LOSE_REPLY, 1), (Fate.DROP_BEFORE, 0), (Fate.DROP_AFTER, 1)],
)
async def test_a_fate_on_demand(router, terminal, fate, rows):
    router.faults.at[1] = fate
    terminal.say(f"{QUEUES}/add", "=name=a", "=target=10.0.0.1")
    terminal.say("/system/identity/print")

    if fate is Fate.REFUSE:
        assert "!trap" == (await terminal.hear())[0][0]
    elif fate is Fate.LOSE_REPLY:
        assert [["!re", "=name=lab"]] == await terminal.hear()
    else:
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await terminal.hear()
    assert rows == len(router.tables[QUEUES].rows) == router.writes[QUEUES, "add"]


async def test_a_reboot_cuts_connections_drops_dynamic_rows_and_changes_ids(router, terminal):
    router.populate(queues=30, sessions=3)
    before = {row.values["name"]: row.id for row in router.tables[QUEUES].rows.values()}
    terminal.say("/system/reboot")
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await terminal.hear(2)

    after = {row.values["name"]: row.id for row in router.tables[QUEUES].rows.values()}
    assert (33, 30, 0) == (len(before), len(after), len(router.tables["/ppp/active"].rows))
    assert any(before[name] != row_id for name, row_id in after.items())


async def test_a_timed_entry_is_dynamic_and_goes(router, terminal):
    terminal.say(
        "/ip/firewall/address-list/add", "=list=l", "=address=10.0.0.1", "=timeout=00:00:03"
    )
    await terminal.hear()
    terminal.say("/ip/firewall/address-list/print")
    row, _ = await terminal.hear(2)
    assert "=dynamic=true" in row

    await eventually(lambda: not router.tables["/ip/firewall/address-list"].rows)


async def test_traffic_is_counted_on_the_queue(router, terminal):
    router.populate(queues=1)
    router.carry("by hand 1", up=8_000_000, down=16_000_000, seconds=10)
    router.carry("by hand 1", up=0, down=8_000_000, seconds=10)
    terminal.say(f"{QUEUES}/print", "=stats=", "=.proplist=bytes,rate")

    assert ["!re", "=bytes=10000000/30000000", "=rate=0/8000000"] == (await terminal.hear())[0]


async def test_parents_carry_what_their_children_do(router):
    queues = router.tables[QUEUES]
    for name, parent in (("site", "none"), ("a", "site"), ("b", "site")):
        words = {"name": name, "target": "10.0.0.0/8", "max-limit": "8M/80M", "parent": parent}
        queues.add(words)
    router.flow(10)

    rates = {
        row.values["name"]: [int(rate) for rate in row.state["rate"].split("/")]
        for row in queues.rows.values()
    }
    assert rates["site"] == [sum(pair) for pair in zip(rates["a"], rates["b"], strict=True)]
    assert 0 < rates["a"][1] < 80_000_000


async def test_a_session_comes_changes_and_goes(router):
    router.dial_in("ann", "100.64.0.1", "20M/100M")
    router.change_rate("ann", "2M/1M 4M/4M 1M/1M 10/10")
    assert "2000000/1000000" == router.tables[QUEUES].row("<pppoe-ann>").values["max-limit"]

    router.hang_up("ann")
    assert [0, 0] == [len(router.tables[path].rows) for path in (QUEUES, "/ppp/active")]


async def test_to_remove_a_session_ends_it(router, terminal):
    router.dial_in("ann", "100.64.0.1", "20M/100M")
    row_id = next(iter(router.tables["/ppp/active"].rows))
    terminal.say("/ppp/active/remove", f"=.id={row_id}")

    assert [["!done"]] == await terminal.hear()
    assert {} == router.tables[QUEUES].rows


async def test_commits_wait_for_each_other_and_reading_does_not(router, terminal):
    router.faults.commit_seconds = 0.1
    async with Terminal(router) as other:
        await other.log_in()
        for number in range(3):
            other.say(f"{QUEUES}/add", f"=name=q{number}", "=target=10.0.0.1")
        terminal.say("/system/resource/print", "=.proplist=cpu-load")
        await terminal.hear(2)
        assert len(router.tables[QUEUES].rows) < 3
        await other.hear(3)


async def test_octets_that_are_no_sentence_end_the_connection(router, terminal):
    terminal.writer.write(b"\xff")

    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await terminal.hear()
