"""The whole suite as an operator runs it: `turnpike up` in the foreground, and its command line."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.support.ports import free_port

__all__ = ["CommandFailed", "Suite", "running_suite"]

READY_SECONDS_MAX: Final = 120
STOP_SECONDS_MAX: Final = 60


class CommandFailed(Exception):  # noqa: N818 - an outcome that tests assert on
    """A command exited with another code than 0."""

    def __init__(self, words: tuple[str, ...], code: int, output: str, errors: str) -> None:
        super().__init__(f"turnpike {' '.join(words)}: exit {code}\n{output}\n{errors}")
        self.code, self.errors = code, errors


@dataclass(kw_only=True)
class Suite:
    """A running suite: where it listens and how to command it."""

    data: Path
    auth_port: int
    acct_port: int
    environment: Mapping[str, str]
    process: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list)
    report_url: str | None = None

    async def turnpike(self, *words: str, text: str | None = None) -> Any:
        """What `turnpike … --json` prints, parsed; None when it prints nothing."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "turnpike",
            "--data",
            str(self.data),
            "--json",
            *words,
            env=self.environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await process.communicate((text or "").encode())
        if process.returncode:
            raise CommandFailed(words, process.returncode, output.decode(), errors.decode())
        return json.loads(output) if output.strip() else None

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query gives the report role."""
        import psycopg

        if self.report_url is None:
            self.report_url = (await self.turnpike("db", "url"))["url"]
        async with await psycopg.AsyncConnection.connect(self.report_url) as connection:
            return await (await connection.execute(query)).fetchall()  # type: ignore[arg-type]


@asynccontextmanager
async def running_suite(
    data: Path,
    *,
    words: tuple[str, ...] = (),
    database_url: str | None = None,
    more: Mapping[str, str] | None = None,
    ends_with: int = 0,
) -> AsyncIterator[Suite]:
    """Run `turnpike up` until the block ends; it must have said `ready` and must stop cleanly.

    A block that ends it otherwise says how it then `ends_with`.
    """
    auth_port, acct_port = free_port(), free_port()
    environment = {
        **os.environ,
        "TURNPIKE_RADIUSD__AUTH_PORT": str(auth_port),
        "TURNPIKE_RADIUSD__ACCT_PORT": str(acct_port),
        "TURNPIKE_WEBUI__PORT": "0",
        "TURNPIKE_CHASSIS__HEALTH_PORT_BASE": "0",
        "PYTHONDONTWRITEBYTECODE": "",  # an installed suite has its bytecode: half of each start
        **(more or {}),
    }
    if database_url:
        environment["TURNPIKE_DATABASE__URL"] = database_url
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "turnpike",
        "up",
        "--data",
        str(data),
        *words,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    suite = Suite(
        data=data,
        auth_port=auth_port,
        acct_port=acct_port,
        environment=environment,
        process=process,
    )
    ready = asyncio.Event()
    reading = asyncio.ensure_future(read(suite, ready))
    try:
        async with asyncio.timeout(READY_SECONDS_MAX):
            await ready.wait()
        if process.returncode is not None:
            raise AssertionError("turnpike up ended:\n" + "\n".join(suite.lines[-60:]))
        yield suite
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS_MAX):
                code = await process.wait()
        except TimeoutError:
            process.kill()
            raise
        finally:
            await reading
    assert code == ends_with, "\n".join(suite.lines[-60:])


async def read(suite: Suite, ready: asyncio.Event) -> None:
    assert suite.process.stdout
    async for raw in suite.process.stdout:
        line = raw.decode(errors="replace").rstrip()
        suite.lines.append(line)
        if line == "ready":
            ready.set()
    await suite.process.wait()
    ready.set()
