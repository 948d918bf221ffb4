"""A VOLTHA core and a command-line-only OLT, entered and read as an operator does it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.turnpike.conftest import Turnpike


@contextmanager
def running_core(*options: str, port: int = 0) -> Iterator[tuple[int, str | None]]:
    """The lab's core with 16 ONUs in a process of its own: its port, its certificate's digest."""
    command = [sys.executable, "-m", "turnpike", "lab", "voltha", "--port", str(port)]
    command += ["--onus", "16", "--seed", "4", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        digest = process.stdout.readline().split()[-1] if "--tls" in options else None
        port = int(process.stdout.readline().rpartition(":")[2])
        assert "ready\n" == process.stdout.readline()
        yield port, digest
        process.terminate()
        process.stdout.read()


@pytest.fixture
def core() -> Iterator[int]:
    with running_core() as (port, _):
        yield port


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


@pytest.mark.parametrize("named", [False, True])
def test_the_certificate_of_a_core_is_trusted_when_it_is_entered(
    turnpike: Turnpike, named: bool
) -> None:
    """And another one with `--trust`, also where the first was `named`."""
    with running_core("--tls") as (port, digest):
        adding = ("device", "add", "voltha", "core1", f"127.0.0.1:{port}", "--json")
        plain = turnpike(*adding)
        added = turnpike(*adding, *(("--certificate", str(digest)) if named else ("--tls",)))
        read = turnpike("device", "poll", "core1", "--json").json
    with running_core("--tls", port=port) as (port, new_digest):
        changed = turnpike("device", "poll", "core1", "--json")
        again = turnpike("device", "set", "core1", "--trust", "--json")
        after = turnpike("device", "test", "core1", "--json").json

    assert (69, 0, 16) == (plain.exit_code, added.exit_code, len(read["onus"]))
    assert digest == added.json["identity"]["certificate_sha256"]
    assert 69 == changed.exit_code
    assert f"it shows the certificate {new_digest}, not {digest}" in changed.errors
    assert "turnpike device set NAME --trust" in changed.errors
    assert (0, new_digest) == (again.exit_code, after["certificate_sha256"])
