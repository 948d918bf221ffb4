"""Child processes are kept alive, and none is left behind."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from chassis.processes import Processes, Program
from tests.support.eventually import eventually

HOUSE = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60
READY = "from chassis.systemd import notify; notify(READY=1)\n"
WAIT = "import signal; signal.pause()\n"


def python(name: str, code: str, **options) -> Program:
    """A program of a few lines."""
    return Program(
        name=name,
        command=(sys.executable, "-c", code),
        environment={"PYTHONPATH": str(HOUSE)},
        **options,
    )


@pytest.fixture
async def processes():
    """Processes that write to `processes.lines`; all stopped afterwards."""
    lines: list[str] = []
    running = Processes(output=lines.append)
    running.lines = lines
    yield running
    await running.stop()


def exists(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


async def test_a_process_is_replaced_though_a_child_of_its_own_holds_its_output(processes):
    processes.start(
        python(
            "radiusd",
            "import subprocess, sys\n"
            "holder = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'],"
            " start_new_session=True)\n"
            "print(holder.pid, flush=True)\n" + WAIT,
        )
    )
    await eventually(lambda: processes.lines)
    os.kill(processes.pids()["radiusd"], signal.SIGKILL)
    await eventually(lambda: len(processes.lines) == 2)
    holders = [int(line.partition(" | ")[2]) for line in processes.lines]
    held = [exists(pid) for pid in holders]
    for pid in holders:
        os.kill(pid, signal.SIGKILL)

    assert [True, True] == held
    assert "radiusd" in processes.pids()


async def test_lines_are_passed_on_with_the_name_in_front(processes):
    processes.start(python("coa", "print('one\\ntwo', flush=True)\n" + WAIT))
    await eventually(lambda: len(processes.lines) == 2)

    assert ["coa | one", "coa | two"] == processes.lines


async def test_ready_is_when_each_has_said_so(processes):
    processes.start(python("coa", READY + WAIT))
    processes.start(python("webui", READY + WAIT))

    assert () == await processes.wait_ready(seconds_max=PATIENCE_SECONDS)


async def test_who_is_not_ready_in_time_is_named(processes):
    processes.start(python("coa", WAIT))

    assert ("coa",) == await processes.wait_ready(seconds_max=0.1)


async def test_a_killed_process_is_started_again(processes):
    processes.start(python("coa", READY + WAIT))
    await processes.wait_ready(seconds_max=PATIENCE_SECONDS)
    first = processes.pids()["coa"]
    os.kill(first, signal.SIGKILL)
    await eventually(lambda: processes.pids().get("coa", first) != first)

    assert not exists(first)


async def test_a_process_that_no_restart_can_help_is_given_up():
    given_up = []
    processes = Processes(output=[].append, on_given_up=lambda *report: given_up.append(report))
    processes.start(python("coa", "raise SystemExit(78)"))
    await eventually(lambda: given_up)
    await processes.stop()

    assert [("coa", 78)] == given_up


async def test_stopping_lets_each_end_by_itself(processes):
    code = (
        "import signal, sys\n"
        "def stop(*_):\n    print('drained', flush=True); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, stop)\n" + READY + WAIT
    )
    processes.start(python("coa", code))
    await processes.wait_ready(seconds_max=PATIENCE_SECONDS)
    pid = processes.pids()["coa"]
    await processes.stop()

    assert ["coa | drained"] == processes.lines
    assert not exists(pid)


async def test_one_that_does_not_stop_is_killed_with_its_children(processes, monkeypatch):
    monkeypatch.setattr("chassis.processes.STOP_SECONDS_MAX", 0.2)
    code = (
        "import os, signal\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "if pid := os.fork(): os.write(1, b'%d\\n' % pid)\n"
        "while True: signal.pause()\n"
    )
    processes.start(python("coa", code))
    await eventually(lambda: processes.lines)
    pids = [processes.pids()["coa"], int(processes.lines[0].split()[-1])]
    await processes.stop()
    await eventually(lambda: not any(exists(pid) for pid in pids))


async def test_children_end_when_their_parent_is_killed():
    parent_code = (
        "import asyncio, sys\n"
        "from chassis.processes import Processes, Program\n"
        "async def main():\n"
        "    processes = Processes(output=lambda line: print(line, flush=True))\n"
        "    code = 'import os, signal; print(os.getpid(), flush=True); signal.pause()'\n"
        "    processes.start(Program(name='coa', command=(sys.executable, '-c', code)))\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", parent_code, cwd=HOUSE, stdout=asyncio.subprocess.PIPE
    )
    child = int((await parent.stdout.readline()).split()[-1])
    alive = exists(child)
    parent.kill()
    await parent.wait()
    await eventually(lambda: not exists(child))

    assert alive


async def test_a_name_runs_once(processes):
    processes.start(python("coa", WAIT))

    with pytest.raises(ValueError, match="already"):
        processes.start(python("coa", WAIT))
