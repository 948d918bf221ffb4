"""The lab's SNMP agent as foreign clients see it, and what it does wrong on demand."""

import asyncio
import shutil

import pytest

from collectors.driver import Part
from isp.errors import Refused
from lab.olt import Agent, Faults, Limits, Olt, Plant, personalities, play, wire
from lab.olt.console import counts, obey
from lab.olt.recording import recorded
from lab.olt.wire import Pdu, Request
from tests.support.snmp_session import StandingClock, snmp_source

needs_net_snmp = pytest.mark.skipif(
    shutil.which("snmpbulkwalk") is None, reason="net-snmp's tools are not installed"
)

CELLS = recorded(
    [
        "# a walk of five cells",
        "1.3.6.1.2.1.1.1.0|4|A box",
        "1.3.6.1.2.1.1.3.0|67|4294967200",
        "1.3.6.1.2.1.2.2.1.2.9|4x|C3A9",
        "1.3.6.1.2.1.2.2.1.2.4194304000|4e|a\\x00\\\\b",
        ".1.3.6.1.4.1.9|6|.1.3.6.1.4",
    ]
)


def huawei(**options) -> Olt:
    who = personalities()["huawei"]
    plant = Plant.build(StandingClock(), ports=2, onus=16, vendor_id=who.vendor_id)
    return Olt(plant, who, **options)


async def net_snmp(tool: str, agent: Agent, *words: str) -> tuple[int, list[str]]:
    command = [tool, "-v2c", "-c", "public", "-On", "-t10", "-r0"]
    process = await asyncio.create_subprocess_exec(
        *command,
        f"127.0.0.1:{agent.port}",
        *words,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode("utf-8", "replace").splitlines()


class Asking(asyncio.DatagramProtocol):
    """One question at a time, and everything that comes back."""

    def __init__(self) -> None:
        self.answers: list[tuple[bytes, int]] = []

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.answers.append((data, addr[1]))


async def answers(agent: Agent, request: Request, seconds: float = 0.15) -> list[tuple[bytes, int]]:
    names = b"".join(wire.varbind(wire.encode_oid(oid), wire.NULL) for oid in request.oids)
    body = wire.integer(request.request_id) + wire.integer(request.non_repeaters)
    body += wire.integer(request.max_repetitions) + wire.tlv(0x30, names)
    datagram = wire.tlv(
        0x30,
        wire.integer(1) + wire.octets(request.community) + wire.tlv(request.pdu, body),
    )
    transport, asking = await asyncio.get_running_loop().create_datagram_endpoint(
        Asking, remote_addr=None, local_addr=("127.0.0.1", 0)
    )
    transport.sendto(datagram, ("127.0.0.1", agent.port))
    await asyncio.sleep(seconds)
    for _ in range(10):  # what came while the machine stood still is yet to be heard
        await asyncio.sleep(0)
    transport.close()
    return asking.answers


def get(*oids: wire.Oid, pdu: Pdu = Pdu.GET, repetitions: int = 0) -> Request:
    return Request(
        community=b"public",
        pdu=pdu,
        request_id=77,
        non_repeaters=0,
        max_repetitions=repetitions,
        oids=oids,
    )


SYS_DESCR = (1, 3, 6, 1, 2, 1, 1, 1, 0)


@needs_net_snmp
async def test_net_snmp_walks_a_recording_to_its_end():
    async with play(CELLS) as agent:
        for tool in ("snmpwalk", "snmpbulkwalk"):
            code, lines = await net_snmp(tool, agent, ".1")

            assert 0 == code
            assert [
                '.1.3.6.1.2.1.1.1.0 = STRING: "A box"',
                ".1.3.6.1.2.1.2.2.1.2.9 = Hex-STRING: C3 A9 ",
                ".1.3.6.1.2.1.2.2.1.2.4194304000 = Hex-STRING: 61 00 5C 62 ",
                ".1.3.6.1.4.1.9 = OID: .1.3.6.1.4",
            ] == [line for line in lines if ".1.1.3.0" not in line and "No more" not in line]


@needs_net_snmp
async def test_net_snmp_gets_what_is_there_and_hears_of_what_is_not():
    async with play(CELLS) as agent:
        _, lines = await net_snmp("snmpget", agent, ".1.3.6.1.2.1.1.1.0", ".1.3.6.1.2.1.1.9.0")

        assert [
            '.1.3.6.1.2.1.1.1.0 = STRING: "A box"',
            ".1.3.6.1.2.1.1.9.0 = No Such Instance currently exists at this OID",
        ] == lines


@needs_net_snmp
async def test_net_snmp_is_refused_to_write():
    async with play(CELLS) as agent:
        code, lines = await net_snmp("snmpset", agent, ".1.3.6.1.2.1.1.1.0", "s", "mine")

        assert (2, True) == (code, "Reason: notWritable" in lines[1])


@needs_net_snmp
async def test_net_snmp_walks_a_made_up_olt_whole():
    async with huawei() as olt:
        _, lines = await net_snmp("snmpbulkwalk", olt.agent, ".1")

        assert len(olt.view().cells()) == len([line for line in lines if "No more" not in line])


async def test_uptime_runs_on_from_where_it_was_recorded():
    async with play(CELLS) as agent:
        await asyncio.sleep(0.02)
        ((answer, _),) = await answers(agent, get((1, 3, 6, 1, 2, 1, 1, 3, 0)))

        ticks = int.from_bytes(answer[answer.rindex(b"\x43") + 2 :], "big")
        assert 0 <= (ticks - 4294967200) % 2**32 < 100


async def test_a_wrong_community_is_silence():
    async with play(CELLS, community="secret") as agent:
        assert [] == await answers(agent, get(SYS_DESCR))
        assert 1 == agent.counts["wrong_community"]


async def test_garbage_is_counted_and_not_answered():
    async with play(CELLS) as agent:
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            Asking, remote_addr=("127.0.0.1", agent.port)
        )
        for datagram in (b"\x30", b"\x30\x84\xff\xff\xff\xff", b"\x30\x03\x02\x01\x00"):
            transport.sendto(datagram)
        await asyncio.sleep(0.05)
        transport.close()

        assert {"malformed": 3} == {key: value for key, value in agent.counts.items() if value}


@pytest.mark.parametrize(
    ("faults", "copies"),
    [
        (Faults(loss=1.0), 0),
        (Faults(black_hole=True), 0),
        (Faults(late=1.0), 0),
        (Faults(duplicate=1.0), 2),
        (Faults(latency_seconds=0.01), 1),
    ],
)
async def test_answers_are_lost_late_or_doubled_on_demand(faults, copies):
    async with play(CELLS, faults=faults) as agent:
        assert copies == len(await answers(agent, get(SYS_DESCR)))


async def test_answers_come_from_elsewhere_with_another_number_or_in_pieces_on_demand():
    async with play(CELLS) as agent:
        ((usual, port),) = await answers(agent, get(SYS_DESCR))
        agent.faults = Faults(foreign_port=1.0)
        ((_, foreign),) = await answers(agent, get(SYS_DESCR))
        agent.faults = Faults(wrong_request_id=1.0)
        ((other, _),) = await answers(agent, get(SYS_DESCR))
        agent.faults = Faults(broken=1.0)
        ((broken, _),) = await answers(agent, get(SYS_DESCR))

        assert (agent.port, True) == (port, foreign != agent.port)
        assert other != usual == other.replace(wire.integer(76), wire.integer(77))
        assert usual[: len(usual) // 2] == broken


async def test_bulk_answers_end_early_repeat_themselves_or_are_too_big_on_demand():
    bulk = get((1, 3, 6, 1, 2, 1), pdu=Pdu.GET_BULK, repetitions=10)
    async with huawei() as olt:
        ((whole, _),) = await answers(olt.agent, bulk)
        olt.agent.faults = Faults(truncated=1.0)
        ((short, _),) = await answers(olt.agent, bulk)
        olt.agent.faults = Faults(non_increasing=1.0)
        ((looping, _),) = await answers(olt.agent, bulk)
        olt.agent.faults = Faults(too_big=1.0)
        ((too_big, _),) = await answers(olt.agent, bulk)

        assert len(short) < len(whole)
        assert looping.endswith(wire.varbind(wire.encode_oid((1, 3, 6, 1, 2, 1)), wire.integer(0)))
        assert wire.integer(1) + wire.integer(0) in too_big


async def test_it_knows_how_hard_it_was_asked():
    async with huawei(faults=Faults(latency_seconds=0.02)) as olt:
        await asyncio.gather(*(answers(olt.agent, get(SYS_DESCR)) for _ in range(5)))

        assert {"requests": 5, "get": 5, "outstanding_max": 5, "rate_max": 5} == counts(olt.agent)


async def test_our_own_client_reads_through_a_bad_network():
    faults = Faults(loss=0.1, duplicate=0.1, wrong_request_id=0.05, truncated=0.2, broken=0.05)
    async with (
        huawei(faults=faults, seed=3, limits=Limits(octets_max=500)) as olt,
        snmp_source(olt.agent.port, timeout_seconds=0.05) as source,
    ):
        poll = await source.read(frozenset({Part.INVENTORY, Part.STATE}))

        assert {onu.serial for onu in olt.plant.onus} >= {onu.serial for onu in poll.onus}


async def test_a_cut_port_is_told_by_trap():
    transport, hearing = await asyncio.get_running_loop().create_datagram_endpoint(
        Asking, local_addr=("127.0.0.1", 0)
    )
    port = transport.get_extra_info("sockname")[1]
    async with huawei(trap_to=("127.0.0.1", port)) as olt:
        obey(olt, "cut 1")
        await asyncio.sleep(0.05)
    transport.close()

    link_down = wire.object_identifier((1, 3, 6, 1, 6, 3, 1, 1, 5, 3))
    assert [True] == [link_down in datagram for datagram, _ in hearing.answers]
    assert 8 == sum(not onu.online for onu in olt.plant.onus)


async def test_the_console_does_what_happens_to_olts():
    async with huawei() as olt:
        one, other = olt.plant.onus[0], olt.plant.onus[1]
        places = (one.port, other.port)
        for line in ("swap 0 1", "move 2 1", "switch-off 3", "loss 0.5", "black-hole on", "reboot"):
            obey(olt, line)

        assert places == (other.port, one.port)
        assert 1 == olt.plant.onus[2].port
        assert not olt.plant.onus[3].online
        assert Faults(loss=0.5, black_hole=True) == olt.agent.faults
        with pytest.raises(Refused, match="cannot be told 'explode'"):
            obey(olt, "explode")


def test_a_broken_recording_is_refused_with_its_line():
    with pytest.raises(Refused, match="walk:2: not a recorded value"):
        recorded(["1.3.6|2|1", "1.3.6.1|99|x"], "walk")


def test_a_hexadecimal_digit_that_is_left_over_is_an_octet():
    """As snmpsim plays it; some recordings were cut there."""
    assert {(1, 3, 6, 1): wire.octets(b"\x70\x65\x00")} == recorded(["1.3.6.1|4x|70650"])
