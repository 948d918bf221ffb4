"""Network namespaces of the kernel: a shaper's machine, and who is behind its veth pairs."""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import pytest

__all__ = ["BEHIND", "INSIDE", "Elsewhere", "behind", "machine", "needs_namespaces", "run"]

INSIDE: Final = "lan"
"""The machine's interface towards the subscribers."""
BEHIND: Final = "cpe"
"""The other end of it."""
CLONE_NEWNET: Final = 0x40000000
LIBC: Final = ctypes.CDLL(None, use_errno=True)


def why_not() -> str | None:
    """Why namespaces cannot be had here."""
    missing = [name for name in ("ip", "tc", "unshare", "nsenter") if shutil.which(name) is None]
    if missing:
        return f"{', '.join(missing)}: not installed"
    tried = subprocess.run(
        ["unshare", "--net", "ip", "link", "add", "type", "ifb"], capture_output=True, check=False
    )
    return tried.stderr.decode().strip() or None


WHY_NOT: Final = why_not()
needs_namespaces = pytest.mark.skipif(
    WHY_NOT is not None, reason=f"network namespaces are not permitted: {WHY_NOT}"
)


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """Another namespace: what runs there is started with `command`."""

    process_id: int

    def command(self, *words: str) -> list[str]:
        return ["nsenter", f"--net=/proc/{self.process_id}/ns/net", *words]


@contextmanager
def machine(inside: str = INSIDE) -> Iterator[Elsewhere]:
    """This thread, and those that it starts, on a machine of its own, whose interface `inside`
    leads to the subscribers.
    """
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        enter(CLONE_NEWNET)
        run("ip", "link", "set", "lo", "up")
        with behind(inside) as subscribers:
            yield subscribers
    finally:
        if LIBC.setns(before, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        os.close(before)


@contextmanager
def behind(interface: str) -> Iterator[Elsewhere]:
    """Another namespace, which a new interface of this one leads to: `cpe` there."""
    words = ["unshare", "--net", "sh", "-c", "echo ready; exec sleep 3600"]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as holder:
        try:
            assert holder.stdout is not None
            holder.stdout.readline()
            run("ip", "link", "add", interface, "type", "veth", "peer", "name", BEHIND)
            run("ip", "link", "set", BEHIND, "netns", str(holder.pid))
            run("ip", "link", "set", interface, "up")
            elsewhere = Elsewhere(process_id=holder.pid)
            run(*elsewhere.command("ip", "link", "set", "lo", "up"))
            run(*elsewhere.command("ip", "link", "set", BEHIND, "up"))
            yield elsewhere
        finally:
            holder.kill()


def enter(flags: int) -> None:
    if LIBC.unshare(flags) != 0:
        raise OSError(ctypes.get_errno(), "unshare")


def run(*words: str, given: str | None = None) -> str:
    """What the command prints; it must succeed."""
    done = subprocess.run(words, input=given, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout
