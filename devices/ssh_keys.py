"""SSH host keys: the one that a device shows, and the one that is trusted, as `ssh-keyscan` writes
them: `ssh-ed25519 AAAA…`.
"""

import base64
import hashlib
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from paramiko import Transport

__all__ = ["host_key_fingerprint", "known_hosts", "shown_host_key"]

SSH_PORT: Final = 22


def host_key_fingerprint(key: str) -> str:
    """As `ssh-keygen -l` writes it: `SHA256:…`."""
    digest = hashlib.sha256(base64.b64decode(key.split()[1])).digest()
    return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


def shown_host_key(host: str, port: int, *, timeout_seconds: float) -> str:
    """The key that a device shows now; nobody logs in. Raises OSError, SSHException."""
    with socket.create_connection((host, port), timeout=timeout_seconds) as connection:
        transport = Transport(connection)
        try:
            transport.start_client(timeout=timeout_seconds)
            key = transport.get_remote_server_key()
        finally:
            transport.close()
    return f"{key.get_name()} {key.get_base64()}"


@contextmanager
def known_hosts(host: str, port: int, key: str) -> Iterator[str]:
    """A file that says that this key alone is the device's."""
    name = host if port == SSH_PORT else f"[{host}]:{port}"
    with tempfile.NamedTemporaryFile("w", prefix="known-host-") as file:
        file.write(f"{name} {key}\n")
        file.flush()
        yield file.name
