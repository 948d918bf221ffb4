"""Passwords as they are stored: in clear, or in the hashed forms that imports bring."""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from dataclasses import dataclass, field
from hashlib import new, pbkdf2_hmac
from hmac import compare_digest

from radius.mschap import nt_password_hash

__all__ = ["StoredPassword", "nt_hash_of", "parse_password", "verify_password"]

PBKDF2_ROUNDS_MAX = 1_000_000  # half a second of one core; more would stall the worker
CLEAR = "clear"
NT = "nt"
PBKDF2 = "pbkdf2-"

ALGORITHMS = {
    "MD5": ("md5", False),
    "SMD5": ("md5", True),
    "SHA": ("sha1", False),
    "SHA1": ("sha1", False),
    "SSHA": ("sha1", True),
    "SHA256": ("sha256", False),
    "SSHA256": ("sha256", True),
    "SHA512": ("sha512", False),
    "SSHA512": ("sha512", True),
}
"""RFC 2307 schemes: the digest of password and salt, followed by the salt."""
PBKDF2_TEXT = re.compile(r"\$pbkdf2-(sha1|sha256|sha512)\$(\d+)\$([^$]+)\$([^$]+)")
PBKDF2_FREERADIUS = re.compile(r"HMACSHA(1|2\+256|2\+512):([\w+/=]{6,8}):([\w+/=]+):([\w+/=]+)")
FREERADIUS_DIGESTS = {"1": "sha1", "2+256": "sha256", "2+512": "sha512"}


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredPassword:
    """What is known of a password: `clear` as its octets, anything else as digest and salt.

    `scheme` is `clear`, `nt`, a digest's name, or `pbkdf2-` and a digest's name.
    """

    scheme: str
    digest: bytes = field(repr=False)
    salt: bytes = field(default=b"", repr=False)
    rounds: int = 0


def parse_password(text: str) -> StoredPassword:
    """Reads `{SSHA}…`, `{NT}…`, `$pbkdf2-sha256$…`, `{PBKDF2}HMACSHA2+256:…`, or a clear text.

    A clear password that looks like one of these is written `{CLEAR}…`. `ValueError` where a known
    scheme is not followed by what it needs; the message holds nothing of the password.
    """
    scheme, rest = _scheme_of(text)
    try:
        if scheme in ALGORITHMS:
            return _plain_digest(*ALGORITHMS[scheme], _octets(rest))
        if scheme == "NT":
            return _sized(StoredPassword(scheme=NT, digest=_octets(rest)), 16)
        if scheme == "PBKDF2":
            return _pbkdf2(rest)
    except Base64Error:
        message = f"what follows {{{scheme}}} is neither hexadecimal nor base64"
        raise ValueError(message) from None
    return StoredPassword(scheme=CLEAR, digest=rest.encode())


def verify_password(stored: StoredPassword, password: bytes) -> bool:
    """Is this the password? Compared in constant time."""
    return compare_digest(stored.digest, _digest(stored, password))


def nt_hash_of(stored: StoredPassword) -> bytes | None:
    """What MS-CHAP needs, or None where the stored form cannot give it."""
    if stored.scheme == NT:
        return stored.digest
    if stored.scheme != CLEAR:
        return None
    try:
        return nt_password_hash(stored.digest.decode())
    except UnicodeDecodeError:
        return None


def _digest(stored: StoredPassword, password: bytes) -> bytes:
    if stored.scheme == CLEAR:
        return password
    if stored.scheme == NT:
        return nt_password_hash(password.decode(errors="replace"))
    if stored.scheme.startswith(PBKDF2):
        name = stored.scheme.removeprefix(PBKDF2)
        return pbkdf2_hmac(name, password, stored.salt, stored.rounds, len(stored.digest))
    return new(stored.scheme, password + stored.salt).digest()


def _scheme_of(text: str) -> tuple[str, str]:
    found = re.fullmatch(r"\{([\w-]+)\}(.*)", text, re.DOTALL)
    if found is not None:
        scheme = found[1].upper()
        if scheme in ("CLEAR", "CLEARTEXT", "PLAIN"):
            return CLEAR, found[2]
        if scheme in ALGORITHMS or scheme in ("NT", "PBKDF2"):
            return scheme, found[2].strip()
    if text.startswith("$pbkdf2-"):
        return "PBKDF2", text
    return CLEAR, text


def _octets(text: str) -> bytes:
    """Hexadecimal, as databases of FreeRADIUS hold it, or base64, as directories do."""
    if re.fullmatch(r"(?:[0-9a-fA-F]{2}){16,}", text):
        return bytes.fromhex(text)
    return b64decode(text + "=" * (-len(text) % 4), validate=True)


def _plain_digest(name: str, salted: bool, octets: bytes) -> StoredPassword:
    size = new(name).digest_size
    stored = StoredPassword(scheme=name, digest=octets[:size], salt=octets[size:])
    if bool(stored.salt) != salted:
        message = f"a {name} digest is {size} octets{' and a salt' if salted else ''}"
        raise ValueError(message)
    return _sized(stored, size)


def _sized(stored: StoredPassword, size: int) -> StoredPassword:
    if len(stored.digest) != size:
        message = f"a {stored.scheme} digest is {size} octets"
        raise ValueError(message)
    return stored


def _pbkdf2(text: str) -> StoredPassword:
    if found := PBKDF2_TEXT.fullmatch(text):
        name, rounds = found[1], int(found[2])
        salt, digest = (_octets(part.replace(".", "+")) for part in (found[3], found[4]))
    elif found := PBKDF2_FREERADIUS.fullmatch(text):
        name, rounds = FREERADIUS_DIGESTS[found[1]], int.from_bytes(_octets(found[2]), "big")
        salt, digest = _octets(found[3]), _octets(found[4])
    else:
        message = "a PBKDF2 password is $pbkdf2-sha256$rounds$salt$digest"
        raise ValueError(message)
    if not 0 < rounds <= PBKDF2_ROUNDS_MAX:
        message = f"a PBKDF2 password has 1 to {PBKDF2_ROUNDS_MAX} rounds, not {rounds}"
        raise ValueError(message)
    return StoredPassword(scheme=PBKDF2 + name, digest=digest, salt=salt, rounds=rounds)
