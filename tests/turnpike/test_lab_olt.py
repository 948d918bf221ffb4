"""`turnpike lab olt` as a process: it is ready, obeys its console, counts, stops, and refuses."""

import asyncio
import json
import sys
from contextlib import asynccontextmanager

import pytest

from collectors.driver import Part
from isp.access_network import OnuState
from tests.support.snmp_session import snmp_source
from turnpike.__main__ import main

COMMAND = (sys.executable, "-m", "turnpike", "lab", "olt", "--port", "0")


@asynccontextmanager
async def running(*words):
    process = await asyncio.create_subprocess_exec(
        *(*COMMAND, *words), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    told = []
    async with asyncio.timeout(60):
        while "ready" not in told:
            told.append((await process.stdout.readline()).decode().strip())
        try:
            yield process, [int(each.rpartition(":")[2]) for each in told[0].split(",")]
        finally:
            process.terminate()
            assert await process.wait() == 0


async def say(process, line):
    process.stdin.write(f"{line}\n".encode())
    return (await process.stdout.readline()).decode().strip()


async def states(port):
    async with snmp_source(port) as source:
        poll = await source.read(frozenset({Part.INVENTORY, Part.STATE}))
    return [onu.state for onu in poll.onus]


async def test_it_obeys_its_console_and_counts_what_it_was_asked():
    words = ("--vendor", "zte", "--ports", "2", "--onus", "6", "--count", "2", "--console")
    async with running(*words) as (process, ports):
        before = [await states(port) for port in ports]
        done = await say(process, "cut 0")
        after = [await states(port) for port in ports]
        refused = await say(process, "cut nothing")
        counts = json.loads(await say(process, "counts"))

    assert [[OnuState.ONLINE] * 6] * 2 == before
    assert "done" == done
    assert [3, 3] == [each.count(OnuState.LOS) for each in after]
    assert "the OLT cannot be told 'cut nothing'" in refused
    assert [True, True] == [each["get_bulk"] > 0 for each in counts]
    assert [1, 1] == [each["outstanding_max"] for each in counts]


async def test_it_plays_a_recording(tmp_path):
    file = tmp_path / "device.snmprec"
    file.write_text("1.3.6.1.2.1.1.1.0|4|A box\n1.3.6.1.2.1.1.5.0|4|box-1\n")
    async with running("--recording", str(file)) as (_, ports), snmp_source(ports[0]) as source:
        identity = await source.probe()

    assert ("standard", "A box", "box-1") == (
        identity.driver,
        identity.description,
        identity.sys_name,
    )


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (("--vendor", "acme"), 64, "there is no OLT of the family acme"),
        (("--ports", "2", "--onus", "300"), 64, "no OLT has 300 ONUs on 2 ports"),
        (("--trap-to", "nowhere"), 64, "'nowhere' is no host and port"),
        (("--recording", "missing.snmprec"), 65, "there is no recording missing.snmprec"),
        (("--port", "70000"), 64, "less than or equal to 65535"),
    ],
)
def test_it_refuses_what_cannot_be(words, code, reason, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["lab", "olt", *words])

    assert code == ended.value.code
    assert reason in capsys.readouterr().err


def test_a_line_that_is_no_cell_is_named(tmp_path, capsys):
    file = tmp_path / "device.snmprec"
    file.write_text("1.3.6.1.2.1.1.1.0|4|A box\n1.3.6|numeric|7\n")

    with pytest.raises(SystemExit) as ended:
        main(["lab", "olt", "--recording", str(file)])

    assert 65 == ended.value.code
    assert f"{file}:2: not a recorded value" in capsys.readouterr().err
