"""The operator's script: what it may see, and how it ends."""

import asyncio
import os
from pathlib import Path

import pytest

from gateways import script
from gateways.script import ScriptFailed, run


def program(directory: Path, *lines: str) -> Path:
    path = directory / "provision"
    path.write_text("\n".join(["#!/bin/sh", *lines]) + "\n")
    path.chmod(0o755)
    return path


async def test_our_configuration_is_none_of_its_business(tmp_path, monkeypatch):
    monkeypatch.setenv("TURNPIKE_DATABASE__URL", "postgresql://user:hidden@db/turnpike")
    seen = tmp_path / "seen"
    await run(program(tmp_path, f"env > {seen}", "cat > /dev/null"), "link", {})

    assert "PATH=" in seen.read_text()
    assert "hidden" not in seen.read_text()


async def test_one_that_hangs_is_killed_with_all_that_it_started(tmp_path, monkeypatch):
    monkeypatch.setattr(script, "RUN_SECONDS_MAX", 0.5)
    child = tmp_path / "child"
    with pytest.raises(ScriptFailed, match="took longer"):
        await run(program(tmp_path, "sleep 600 &", f"echo $! > {child}", "wait"), "link", {})
    async with asyncio.timeout(5):
        while alive(int(child.read_text())):
            await asyncio.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether the process still runs; a zombie waits for its parent only."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


async def test_one_that_says_much_is_told_by_its_last_line(tmp_path):
    lines = ("head -c 3000000 /dev/zero | tr '\\0' x", "echo", "echo the end", "exit 1")
    with pytest.raises(ScriptFailed, match=r"exited with 1: the end$"):
        await run(program(tmp_path, *lines), "link", {})
