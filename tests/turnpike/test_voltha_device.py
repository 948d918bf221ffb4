"""A VOLTHA core and a command-line-only OLT, entered and read as an operator does it."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.turnpike.conftest import Turnpike


@pytest.fixture
def core() -> Iterator[int]:
    """The port of the lab's core with 16 ONUs, in a process of its own."""
    command = [sys.executable, "-m", "turnpike", "lab", "voltha", "--port", "0", "--onus", "16"]
    with subprocess.Popen([*command, "--seed", "4"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline().rpartition(":")[2])
        assert "ready\n" == process.stdout.readline()
        yield port
        process.terminate()
        process.stdout.read()


def test_a_core_is_entered_tested_and_read(turnpike: Turnpike, core: int) -> None:
    added = turnpike("device", "add", "voltha", "core1", f"127.0.0.1:{core}", "--json")
    tested = turnpike("device", "test", "core1", "--json").json
    read = turnpike("device", "poll", "core1", "--json").json

    assert 0 == added.exit_code
    assert ("voltha", "2.12.0") == (tested["driver"], tested["description"])
    assert ("VOLTHA", "2.12.0") == (read["device"]["model"], read["device"]["firmware"])
    assert (16, 16, 1, []) == (
        len(read["onus"]),
        len(read["ports"]),
        len(read["interfaces"]),
        read["partial"],
    )
    assert {"LAB_OLT_0/pon-536870912"} <= {port["port"] for port in read["ports"]}
    assert all(-30 < onu["rx_dbm"] < -5 and onu["distance_m"] > 0 for onu in read["onus"])
    assert all(onu["olt_rx_dbm"] is not None for onu in read["onus"])
