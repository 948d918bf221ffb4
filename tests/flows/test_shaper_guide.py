"""docs/shaper.md is typed as it stands, and does what it says: on a MikroTik and on Linux, whose
classes then follow plans, holds, a killed shaper and a reboot.
"""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from chassis.config_file import load
from chassis.secrets import Secret
from devices.routeros import Router, RouterTarget
from lab.routeros import RouterOs
from shaper.backends.linux import LinuxBackend
from shaper.config import ShaperSettings
from shaper.linux_state import LinuxState
from shaper.linux_wiring import Wiring
from shaper.queue import Tree
from tests.flows.test_shaper_crashes import in_sync, shaper_of
from tests.support.eventually import eventually
from tests.support.namespaces import BEHIND, Elsewhere, behind, machine, needs_namespaces, run
from tests.support.suite import Suite, running_suite

GUIDE: Final = Path(__file__).parents[2] / "docs/shaper.md"
BLOCK: Final = re.compile(r"^```(routeros|console|nft|toml)\n(.*?)^```", re.DOTALL | re.MULTILINE)
INSIDE, OUTSIDE = "eth1", "eth0"
ANN, BEN = "100.64.0.1", "100.64.0.2"
INTERNET, PORTAL = "203.0.113.1", "203.0.113.10"
ROUTER, CPE = "192.0.2.1", "192.0.2.50"
USER, PASSWORD = "admin", "the owner's"
FORWARDING: Final = Path("/proc/sys/net/ipv4/ip_forward")
"""Of the network namespace of whoever opens it."""
SECONDS_MAX: Final = 60
GOLD, SILVER = (100_000_000, 20_000_000), (20_000_000, 5_000_000)

CONNECTS: Final = """
import socket, sys
local, remote, port = sys.argv[1:]
with socket.socket() as it:
    it.settimeout(1)
    it.bind((local, 0))
    try:
        it.connect((remote, int(port)))
        print("open")
    except ConnectionRefusedError:
        print("refused")
    except OSError:
        print("silent")
"""
LISTENS: Final = """
import socket, sys
with socket.create_server((sys.argv[1], 80)) as it:
    print("ready", flush=True)
    while True:
        it.accept()[0].close()
"""


def blocks() -> Iterator[tuple[str, str]]:
    """What the guide gives to type, with its language."""
    for match in BLOCK.finditer(GUIDE.read_text("utf-8")):
        yield match[1], match[2]


def test_the_guides_configuration_is_valid(tmp_path):
    (given,) = [text for language, text in blocks() if language == "toml"]
    file = tmp_path / "turnpike.toml"
    file.write_text(given)

    assert ShaperSettings().shaper == load(ShaperSettings, file).settings.shaper


@dataclass(frozen=True, kw_only=True)
class Town:
    """Subscribers behind `eth1`, the Internet behind `eth0`, this machine between them."""

    subscribers: Elsewhere
    internet: Elsewhere

    async def meets(self, what: str, local: str, remote: str, port: int = 443) -> None:
        """In the end a subscriber finds it `open`, `refused` by who is there, or `silent`."""

        async def met() -> bool:
            return what == await self._connects(local, remote, port)

        await eventually(met, seconds=SECONDS_MAX)

    async def _connects(self, local: str, remote: str, port: int) -> str:
        words = [sys.executable, "-c", CONNECTS, local, remote, str(port)]
        process = await asyncio.create_subprocess_exec(
            *self.subscribers.command(*words), stdout=asyncio.subprocess.PIPE
        )
        output, _ = await process.communicate()
        return output.decode().strip()


@contextmanager
def town() -> Iterator[Town]:
    with machine(INSIDE) as subscribers, behind(OUTSIDE) as internet:
        for address in (ROUTER, CPE):
            run("ip", "addr", "add", f"{address}/32", "dev", "lo")
        run("ip", "addr", "add", "100.64.0.254/24", "dev", INSIDE)
        run("ip", "addr", "add", "203.0.113.254/24", "dev", OUTSIDE)
        FORWARDING.write_text("1")
        for place, addresses, gateway in (
            (subscribers, (ANN, BEN), "100.64.0.254"),
            (internet, (INTERNET, PORTAL), "203.0.113.254"),
        ):
            for address in addresses:
                run(*place.command("ip", "addr", "add", f"{address}/24", "dev", BEHIND))
            run(*place.command("ip", "route", "add", "default", "via", gateway))
        yield Town(subscribers=subscribers, internet=internet)


@contextmanager
def portal(internet: Elsewhere) -> Iterator[None]:
    """Somebody who answers on port 80, at the portal's address only."""
    words = internet.command(sys.executable, "-c", LISTENS, PORTAL)
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield
        process.kill()


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Types what the guide says into a shell, a terminal of the router, or a file."""

    suite: Suite
    place: Path
    router: RouterOs

    async def work_through(self) -> None:
        environment = {
            **self.suite.environment,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "TURNPIKE_DATABASE__DATA": str(self.suite.data),
            "R1_CERTIFICATE": self.router.certificate.fingerprint_sha256,
        }
        for language, text in blocks():
            match language:
                case "console":
                    for command, expected in typed(text):
                        await self._shell(command, expected, environment)
                case "routeros":
                    await self._terminal(text)
                case "nft":
                    (self.place / "turnpike.nft").write_text(text)

    async def _shell(
        self, command: str, expected: list[str], environment: Mapping[str, str]
    ) -> None:
        process = await asyncio.create_subprocess_shell(
            command,
            cwd=self.place,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        lines = [" ".join(line.split()) for line in output.decode().splitlines()]

        assert 0 == process.returncode, f"{command}\n{output.decode()}"
        assert [] == [line for line in expected if line not in lines], "\n".join(lines)

    async def _terminal(self, text: str) -> None:
        """The lines as the API says them: the words before the first `name=value` are the path."""
        owner = RouterTarget(
            host=ROUTER, port=self.router.port, user=USER, password=Secret(PASSWORD), tls=False
        )
        async with Router(owner) as terminal:
            for line in text.splitlines():
                words = line.split()
                path = "/".join(word for word in words if "=" not in word)
                named = (word.partition("=") for word in words if "=" in word)
                await terminal.call(path, {name: value for name, _, value in named})


def typed(text: str) -> Iterator[tuple[str, list[str]]]:
    """The commands of a console, with what each is shown to print."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, *expected = part.splitlines()
        yield command, expected


async def linux_state() -> LinuxState:
    backend = LinuxBackend(Wiring(inside=INSIDE))
    try:
        return (await backend.read(Tree())).state
    finally:
        await backend.close()


async def rates(login: str) -> tuple[int, int] | None:
    """What the kernel gives him down and up, in bits per second."""
    for name, queue in (await linux_state()).queues.items():
        if name.endswith(f"-{login}") and queue.down is not None and queue.up is not None:
            return queue.down.ceil * 8, queue.up.ceil * 8
    return None


async def has_rates(login: str, wanted: tuple[int, int]) -> bool:
    return wanted == await rates(login)


def limits(router: RouterOs) -> dict[str, str]:
    """What the queues of ours allow on a lab's router, up and down, by login or site."""
    return {
        row.values["name"].partition("-")[2]: row.values["max-limit"]
        for row in router.tables["/queue/simple"].rows.values()
        if row.values.get("comment", "").startswith("isp:turnpike:")
    }


@needs_namespaces
@pytest.mark.skipif(shutil.which("nft") is None, reason="nftables is not installed")
@pytest.mark.skipif(not os.access(FORWARDING, os.W_OK), reason=f"{FORWARDING} is read-only")
async def test_the_guide_does_what_it_says_and_linux_follows_plans_holds_kills_and_reboots(
    place: Path,
):
    with town() as here:
        async with (
            running_suite(place / "data") as suite,
            RouterOs(
                user=USER, password=PASSWORD, address=ROUTER, port=8728, tls_port=8729
            ) as router,
            RouterOs(user="turnpike", password="4-quiet-Otters", address=CPE, port=8728) as cpe,
        ):
            router.tables["/queue/simple"].add({"name": "office", "target": "198.51.100.9/32"})
            await sell(suite, place)
            await Desk(suite=suite, place=place, router=router).work_through()
            await check_routers(suite, router, cpe)
            await check_changes(suite, router)
            await check_walls(suite, here)
    with town() as here:
        run("nft", "-f", str(place / "turnpike.nft"))
        async with running_suite(place / "data"):
            await eventually(lambda: has_rates("ann", GOLD), seconds=SECONDS_MAX)
            await eventually(lambda: has_rates("ben", SILVER), seconds=SECONDS_MAX)
            await here.meets("silent", BEN, INTERNET)
            await here.meets("refused", ANN, INTERNET)


async def sell(suite: Suite, place: Path) -> None:
    plan = ("plan", "add", "--price", "25")
    await suite.turnpike(*plan, "gold", "--down", "100M", "--up", "20M")
    await suite.turnpike(*plan, "silver", "--down", "20M", "--up", "5M", "--unpaid", "walled")
    people = place / "people.csv"
    people.write_text(f"login,password,plan,address\nann,x,gold,{ANN}\nben,x,silver,{BEN}\n")
    await suite.turnpike("subscriber", "import", str(people))


async def check_routers(suite: Suite, router: RouterOs, cpe: RouterOs) -> None:
    """The MikroTik, and the subscriber's own."""
    shaped = {
        "North": "500000000/1000000000",
        "ann": "20000000/100000000",
        "ben": "5000000/20000000",
    }
    await eventually(lambda: limits(router) == shaped, seconds=SECONDS_MAX)
    await eventually(lambda: limits(cpe) == {"ann": shaped["ann"]}, seconds=SECONDS_MAX)
    await eventually(lambda: in_sync(suite), seconds=SECONDS_MAX)


async def check_changes(suite: Suite, router: RouterOs) -> None:
    """A plan that changes changes the class where it is, though the shaper be killed meanwhile;
    and the queue of the router, which is reached by TLS by now.
    """
    await eventually(lambda: has_rates("ann", GOLD), seconds=SECONDS_MAX)
    before = await linux_state()
    await suite.turnpike("service", "change-plan", "ann", "silver")
    await eventually(lambda: has_rates("ann", SILVER), seconds=SECONDS_MAX)
    await eventually(lambda: limits(router)["ann"] == limits(router)["ben"], seconds=SECONDS_MAX)
    (await eventually(lambda: shaper_of(suite))).kill()
    await suite.turnpike("service", "change-plan", "ann", "gold")
    await eventually(lambda: has_rates("ann", GOLD), seconds=SECONDS_MAX)

    assert before.ids == (await linux_state()).ids


async def check_walls(suite: Suite, here: Town) -> None:
    """Behind the wall only the portal is reached; who is suspended reaches nothing."""
    with portal(here.internet):
        await here.meets("refused", BEN, INTERNET)
        await suite.turnpike("subscriber", "suspend", "ben", "--kind", "unpaid")
        await here.meets("silent", BEN, INTERNET)
        await here.meets("refused", BEN, PORTAL)
        await here.meets("open", BEN, INTERNET, 80)
        await here.meets("refused", ANN, INTERNET)
        await suite.turnpike("subscriber", "suspend", "ben")
        await here.meets("silent", BEN, PORTAL)
        await here.meets("silent", BEN, INTERNET)
