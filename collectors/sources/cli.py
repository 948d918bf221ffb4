"""An OLT's command line as a source: a dialect's commands over SSH."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from chassis.clock import Clock
from collectors.cli.dialect import Dialect
from collectors.driver import Part
from collectors.sources import (
    NOTHING_LEARNED,
    Identity,
    SourceLost,
    SourceRefused,
    SourceUntrusted,
)
from devices.ssh import Ssh, SshError, SshLost, SshRefused, SshUntrusted
from isp.access_network import OnuReading, Poll

__all__ = ["CliSource"]

BUDGET_SECONDS: Final = 120.0
"""Of one reading: commands that are not through by then are left for the next."""

OPTICS_AGE_SECONDS: Final = 300.0
"""How old an ONU's, or its whole port's, light may be before it is asked for again."""


class CliSource:
    """The device behind `ssh`, in its dialect."""

    one_by_one = True
    capabilities = NOTHING_LEARNED
    identity = None

    def __init__(
        self,
        dialect: Dialect,
        ssh: Ssh,
        *,
        clock: Clock,
        budget_seconds: float = BUDGET_SECONDS,
    ) -> None:
        self._dialect = dialect
        self._budget_seconds = budget_seconds
        self._ssh = ssh
        self._clock = clock
        self._identity: dict[str, str] = {}
        self._told: dict[str, tuple[float, str]] = {}

    async def probe(self) -> Identity:
        """What it says that it is. Raises SourceLost, SourceRefused."""
        command = self._dialect.identify
        with _reached():
            self._identity = {command: await self._ssh.ask(command)}
        device = self._dialect.device(self._dialect.understand(self._identity))
        return Identity(
            driver=self._dialect.vendor,
            model=device.model,
            description=device.firmware,
            host_key=self._ssh.host_key,
        )

    async def read(self, parts: frozenset[Part]) -> Poll:
        """The ONUs and their states; optics are asked one by one. Raises SourceLost,
        SourceRefused.
        """
        dialect = self._dialect
        until = self._clock.monotonic() + self._budget_seconds
        await self.probe()
        outputs = dict(self._identity)
        unasked = await self._ask_all(dialect.first(parts), outputs, until)
        more = dialect.then(parts, dialect.understand(outputs))
        unasked += await self._ask_all(more, outputs, until)
        answers = dialect.understand(outputs)
        return dialect.poll(replace(answers, refused=(*answers.refused, *unasked)))

    async def read_onu(self, onu: OnuReading) -> Poll:
        """This ONU's light, or that of all of its port where the device tells no less; as it was
        where it was asked a short while ago. Raises SourceLost, SourceRefused.
        """
        if not self._identity:
            await self.probe()
        now = self._clock.monotonic()
        self._told = {
            command: (at, output)
            for command, (at, output) in self._told.items()
            if now - at < OPTICS_AGE_SECONDS
        }
        commands = self._dialect.of_onu(onu, self._dialect.understand(self._identity))
        asked = [command for command in commands if command not in self._told]
        for command in asked:
            with _reached():
                self._told[command] = now, await self._ssh.ask(command)
        outputs = {command: self._told[command][1] for command in commands}
        poll = self._dialect.poll(self._dialect.understand(outputs))
        if asked:
            return poll
        return replace(poll, onus=tuple(each for each in poll.onus if each.serial == onu.serial))

    async def close(self) -> None:
        """Log out."""
        await self._ssh.close()

    async def _ask_all(
        self, commands: Iterable[str], outputs: dict[str, str], until: float
    ) -> list[str]:
        """Add what these commands tell to `outputs`; those that had no answer."""
        unasked = []
        for command in commands:
            if unasked or self._clock.monotonic() >= until:
                unasked.append(command)
                continue
            try:
                outputs[command] = await self._ssh.ask(command)
            except SshError:
                unasked.append(command)
        return unasked


@contextmanager
def _reached() -> Iterator[None]:
    """What a device that does not answer is called here."""
    try:
        yield
    except SshUntrusted as untrusted:
        raise SourceUntrusted(str(untrusted)) from untrusted
    except SshRefused as refused:
        raise SourceRefused(str(refused)) from refused
    except SshLost as lost:
        raise SourceLost(str(lost)) from lost
