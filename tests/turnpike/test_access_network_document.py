"""`docs/access-network.md`: its commands in its order, over the OLT of the lab that it names."""

import io
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chassis.clock import SystemClock
from chassis.config import DatabaseConfig
from database.connect import Role
from lab.olt import Plant, personalities
from operations.onu_linking import link_sold
from tests.support.access_network import see_alarm, see_device, see_onus, see_outage
from tests.turnpike.conftest import Turnpike
from tests.turnpike.test_onu_commands import as_role

DOCUMENT = (Path(__file__).parents[2] / "docs/access-network.md").read_text("utf-8")
COMMANDS = re.findall(r"^\$ turnpike (.*)$", DOCUMENT, re.MULTILINE)
[LAB] = re.findall(r"^turnpike (lab olt .*)$", DOCUMENT, re.MULTILINE)
LAB_PORT = "1161"


@pytest.fixture
def lab_port() -> Iterator[str]:
    """The document's OLT, on a free port."""
    words = shlex.split(LAB.replace(LAB_PORT, "0"))
    command = [sys.executable, "-m", "turnpike", *words]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as olt:
        assert olt.stdout is not None
        where = olt.stdout.readline().decode()
        assert b"ready\n" == olt.stdout.readline()
        yield where.strip().rpartition(":")[2]
        olt.terminate()


class Collectors:
    """What the collectors write down of that OLT meanwhile."""

    def __init__(self, config: DatabaseConfig) -> None:
        self._config, self._onus = config, list[int]()
        olt = personalities()["huawei"]
        clock = SystemClock()
        self._plant = Plant.build(clock, ports=2, onus=128, vendor_id=olt.vendor_id, seed=0)
        self._now = clock.now()

    def read(self) -> None:
        """All ONUs are online."""

        async def work(transaction: Any) -> None:
            await see_device(transaction, "olt1", self._now)
            for port in (0, 1):
                rows = [
                    {"serial": onu.serial, "description": onu.name}
                    for onu in self._plant.onus
                    if onu.port == port
                ]
                seen = await see_onus(transaction, "olt1", rows, self._now, port=f"0/1/{port}")
                await link_sold(transaction, onu_ids=seen)
                self._onus += seen

        as_role(self._config, Role.COLLECTORS, work)

    def find_an_outage(self) -> None:
        """The fibre of the first port is cut."""
        as_role(
            self._config,
            Role.COLLECTORS,
            lambda transaction: see_outage(transaction, "olt1", self._onus[:64], self._now),
        )

    def raise_an_alarm(self) -> None:
        """The port is down."""
        as_role(
            self._config,
            Role.COLLECTORS,
            lambda transaction: see_alarm(
                transaction, "olt1", "0/1/0", self._now, kind="port_down"
            ),
        )


def test_every_command_of_the_document_does_what_it_says(
    shop: Turnpike, lab_port: str, database_config: DatabaseConfig, monkeypatch: pytest.MonkeyPatch
):
    for login in ("line-2", "line-3"):
        shop("subscriber", "add", login, "--plan", "gold")
    collectors = Collectors(database_config)
    before: dict[str, Callable[[], None]] = {
        "device set-port olt1 0/1/1 --area South": collectors.read,
        "outage list": collectors.find_an_outage,
        "alarm list": collectors.raise_an_alarm,
    }
    said = {}
    for command in COMMANDS:
        before.pop(command, lambda: None)()
        monkeypatch.setattr(sys, "stdin", io.StringIO("public\n"))
        answer = shop(*shlex.split(command.replace(LAB_PORT, lab_port)))
        assert (command, 0) == (command, answer.exit_code), answer.errors
        said[command] = answer.output + answer.errors

    assert {} == before
    assert "huawei" in said["device discover 127.0.0.1 --snmp-port 1161 --community public"]
    assert "MA5800" in said["device poll olt1"]
    assert "2 would be linked, 0 doubtful" in said["onu link --match description --preview"]
    assert "2 linked, 0 doubtful" in said["onu link --match description"]
    assert "ann has HWTC7042DFFF now" in said["onu swap HWTC7042D000 HWTC7042DFFF"]
    assert "fibre_cut" in said["outage show 1"]
    assert "a digger in Main Street" in said["outage list --all"]
    assert "splicing" in said["maintenance list"]
    assert "port_down" in said["alarm list"]
    assert "99.5" in said["sla list"]
