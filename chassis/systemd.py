"""Talking to systemd: readiness, watchdog, sockets handed over, descriptors kept over a restart.

The protocols of sd_notify(3) and sd_listen_fds(3); silent where systemd did not start us.
"""

import array
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

__all__ = [
    "forget_descriptor",
    "keep_descriptor",
    "listening_sockets",
    "notify",
    "watchdog_interval_seconds",
]

FIRST_PASSED_DESCRIPTOR: Final = 3
"""SD_LISTEN_FDS_START."""


def notify(**fields: str | int) -> bool:
    """Tell systemd the fields of sd_notify(3); whether it listens.

    `notify(READY=1, STATUS="64 NAS known")`
    """
    return _send("\n".join(f"{name}={value}" for name, value in fields.items()), ())


def keep_descriptor(kept: socket.socket, name: str) -> bool:
    """Ask systemd to hold the socket open over our restart, under `name` (FDSTORE=1)."""
    return _send(f"FDSTORE=1\nFDNAME={name}", (kept.fileno(),))


def forget_descriptor(name: str) -> bool:
    """Tell systemd to close what it keeps under `name`."""
    return _send(f"FDSTOREREMOVE=1\nFDNAME={name}", ())


def listening_sockets(
    environment: Mapping[str, str] = os.environ,
) -> list[tuple[str, socket.socket]]:
    """The sockets that systemd passed (socket units and kept descriptors), with their names.

    Each call makes new socket objects over the same descriptors: call it once.
    """
    if environment.get("LISTEN_PID") != str(os.getpid()):
        return []
    count = int(environment.get("LISTEN_FDS", "0"))
    names = environment.get("LISTEN_FDNAMES", "").split(":")
    passed = []
    for index in range(count):
        descriptor = FIRST_PASSED_DESCRIPTOR + index
        os.set_inheritable(descriptor, False)
        name = names[index] if index < len(names) else ""
        passed.append((name, socket.socket(fileno=descriptor)))
    return passed


def watchdog_interval_seconds(environment: Mapping[str, str] = os.environ) -> float | None:
    """Half of the unit's WatchdogSec, as sd_watchdog_enabled(3) advises; None without one."""
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    microseconds = int(environment.get("WATCHDOG_USEC", "0"))
    return microseconds / 2_000_000 if microseconds > 0 else None


def _send(message: str, descriptors: tuple[int, ...]) -> bool:
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    if address.startswith("@"):
        address = "\0" + address[1:]
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
    with _notify_socket() as channel:
        try:
            channel.sendmsg([message.encode()], rights if descriptors else [], 0, address)
        except OSError:
            return False
    return True


@contextmanager
def _notify_socket() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        channel.setblocking(False)
        yield channel
