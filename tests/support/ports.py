"""Ports for programs that must be told one."""

import secrets
import socket
from typing import Final

__all__ = ["free_port"]

OURS: Final = range(12_000, 32_000)
"""Below those that the kernel gives to whoever asks for any (from 32768 on), so that between the
choice of a port and its use nobody is given it by chance."""

_given: set[int] = set()


def free_port() -> int:
    """A port of 127.0.0.1 that is free for UDP and TCP, and that this process has not named yet."""
    while True:
        port = OURS[secrets.randbelow(len(OURS))]
        if port not in _given and _is_free(port):
            _given.add(port)
            return port


def _is_free(port: int) -> bool:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True
