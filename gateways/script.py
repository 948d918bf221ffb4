"""An operator's own script: told what to do by one word and a JSON object, done when it exits 0."""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

__all__ = ["ScriptFailed", "run"]

RUN_SECONDS_MAX: Final = 120.0
"""A script that configures one OLT by its command line takes half a minute."""

TOLD_CHARACTERS_MAX: Final = 300
KEPT_OCTETS_MAX: Final = 64 * 1024
"""Of the end of what a script says; only its last line is told."""

OURS: Final = "TURNPIKE_"
"""Our configuration, its passwords included, is none of the script's business."""


class ScriptFailed(Exception):  # noqa: N818 - it names what happened
    """It could not be started, took too long, or exited with another code than 0."""


async def run(script: Path, word: str, document: Mapping[str, Any]) -> None:
    """Run `script word` with the document on its standard input. Raises ScriptFailed.

    One that takes too long is killed, with all that it started.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            script,
            word,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={name: each for name, each in os.environ.items() if not name.startswith(OURS)},
            start_new_session=True,
        )
    except OSError as error:
        raise ScriptFailed(f"{script} cannot be run: {error.strerror}") from error
    try:
        async with asyncio.timeout(RUN_SECONDS_MAX):
            output = await _communicated(process, json.dumps(document).encode())
    except TimeoutError:
        raise ScriptFailed(f"{script} took longer than {RUN_SECONDS_MAX:.0f} s") from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if process.returncode:
        last = output.decode(errors="replace").strip().rpartition("\n")[2]
        told = f": {last[:TOLD_CHARACTERS_MAX]}" if last else ""
        raise ScriptFailed(f"{script} exited with {process.returncode}{told}")


async def _communicated(process: asyncio.subprocess.Process, document: bytes) -> bytes:
    """Give it the document, and have the end of what it says when it has ended."""
    assert process.stdin is not None
    assert process.stdout is not None
    with contextlib.suppress(ConnectionError):
        process.stdin.write(document)
        process.stdin.close()
    said = b""
    while part := await process.stdout.read(KEPT_OCTETS_MAX):
        said = (said + part)[-KEPT_OCTETS_MAX:]
    await process.wait()
    return said
