"""Secrets at rest: sealed with AES-256-GCM by a ring of keys that lives outside the database.

A sealed value is `version (1) | key id (4, big endian) | nonce (12) | ciphertext and tag`. The
context (`isp.sealed`) is authenticated with it, so that a secret of one kind does not open as one
of another.
"""

import os
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.private_files import create_private, read_private, replace_private
from chassis.secrets import Secret
from isp.errors import ExitCode, Refused

__all__ = ["KEYS_FILE", "KeyRing", "SealBroken"]

KEYS_FILE: Final = "keys"
"""The ring's file under the data directory."""

VERSION: Final = 1
VERSION_OCTET: Final = bytes([VERSION])
HEADER_OCTETS: Final = 17
TAG_OCTETS: Final = 16
KEY_OCTETS: Final = 32

Opener: TypeAlias = Callable[[bytes, bytes, bytes], bytes]


class SealBroken(Exception):  # noqa: N818 - it names what happened
    """A sealed value does not open: other key, other context, or altered octets."""


class KeyRing:
    """The keys that open; the newest (last in the file) seals."""

    def __init__(self, keys: dict[int, Secret[bytes]], *, path: Path | None = None) -> None:
        self._path = path
        self._use(keys)

    def _use(self, keys: dict[int, Secret[bytes]]) -> None:
        self._keys = keys
        ciphers = {key_id: AESGCM(key.reveal()) for key_id, key in keys.items()}
        self._openers = {
            VERSION_OCTET + key_id.to_bytes(4, "big"): cipher.decrypt
            for key_id, cipher in ciphers.items()
        }
        newest = next(reversed(keys))
        self._prefix = VERSION_OCTET + newest.to_bytes(4, "big")
        self._encrypt = ciphers[newest].encrypt

    @classmethod
    def generate(cls) -> "KeyRing":
        """A ring with one new key, in memory only."""
        return cls({1: _new_key()})

    @classmethod
    def load(cls, path: Path) -> "KeyRing":
        """The ring in `path`. Raises Refused (exit 78) where it is absent, readable or broken."""
        return cls(_read(path), path=path)

    @classmethod
    def load_or_create(cls, path: Path) -> "KeyRing":
        """The ring in `path`, made with one new key (mode 0600) if there is no such file."""
        if not path.exists():
            create_private(path, _text({1: _new_key()}))
        return cls.load(path)

    def rotate(self) -> None:
        """Add a new key, which seals from now on; older keys still open. Written to the file."""
        keys = self._keys | {max(self._keys) + 1: _new_key()}
        if self._path is not None:
            replace_private(self._path, _text(keys))
        self._use(keys)

    def seal(self, plaintext: bytes, context: str) -> bytes:
        """`plaintext` sealed by the newest key, bound to `context`."""
        nonce = os.urandom(12)
        return self._prefix + nonce + self._encrypt(nonce, plaintext, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """The plaintext sealed under `context`. Raises SealBroken."""
        opener = self._openers.get(sealed[:5]) or self._opener_after_reload(sealed)
        try:
            return opener(sealed[5:17], sealed[17:], context.encode())
        except (InvalidTag, ValueError):
            raise SealBroken("altered, or sealed for another context") from None

    def _opener_after_reload(self, sealed: bytes) -> Opener:
        if len(sealed) < HEADER_OCTETS + TAG_OCTETS or sealed[0] != VERSION:
            raise SealBroken("not a sealed value")
        if self._path is not None:
            self._use(_read(self._path))
        opener = self._openers.get(sealed[:5])
        if opener is None:
            key_id = int.from_bytes(sealed[1:5], "big")
            raise SealBroken(f"sealed by key {key_id}, which is not in the ring")
        return opener


def _new_key() -> Secret[bytes]:
    return Secret(os.urandom(KEY_OCTETS))


def _read(path: Path) -> dict[int, Secret[bytes]]:
    try:
        lines = read_private(path).splitlines()
    except FileNotFoundError:
        raise _refused(f"there is no key ring {path}") from None
    keys = {}
    for number, line in enumerate(lines, 1):
        try:
            key_id, encoded = line.split()
            key = b64decode(encoded, validate=True)
            if len(key) != KEY_OCTETS:
                raise ValueError
            keys[int(key_id)] = Secret(key)
        except ValueError:
            raise _refused(f"line {number} of the key ring {path} is not `ID BASE64KEY`") from None
    if not keys:
        raise _refused(f"the key ring {path} is empty")
    return keys


def _text(keys: dict[int, Secret[bytes]]) -> str:
    return "".join(f"{key_id} {b64encode(key.reveal()).decode()}\n" for key_id, key in keys.items())


def _refused(problem: str) -> Refused:
    remedy = "restore it from a backup: without it no sealed password can be read"
    return Refused(problem, remedy=remedy, exit_code=ExitCode.CONFIGURATION)
