"""Who is at the keyboard: passwords by Argon2id, sessions in the database, slowed guessing."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

__all__ = ["COOKIE", "Guard", "Operator", "hash_password", "new_token", "token_hash", "verify"]

COOKIE = "turnpike_session"
TOKEN_OCTETS = 32
FAILURES_ALLOWED = 10
FAILURES_WINDOW = timedelta(minutes=10)
NAMES_WATCHED_MAX = 10_000

hasher = PasswordHasher()
UNKNOWN_OPERATOR_HASH = hasher.hash(token_urlsafe(TOKEN_OCTETS))


@dataclass(frozen=True, kw_only=True, slots=True)
class Operator:
    """Someone signed in."""

    operator_id: int
    name: str
    role: str


def hash_password(password: str) -> str:
    """An Argon2id hash to store."""
    return hasher.hash(password)


def verify(password_hash: str | None, password: str) -> bool:
    """Is it the password? An unknown operator (None) costs the same time."""
    try:
        hasher.verify(password_hash or UNKNOWN_OPERATOR_HASH, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
    return password_hash is not None


def new_token() -> str:
    """What the cookie holds."""
    return token_urlsafe(TOKEN_OCTETS)


def token_hash(token: str) -> bytes:
    """What the database holds, so that reading it signs nobody in."""
    return sha256(token.encode()).digest()


class Guard:
    """Slows guessing: ten failures of one name from one address in ten minutes, then a wait."""

    def __init__(self) -> None:
        self._failures: OrderedDict[tuple[str, str], list[datetime]] = OrderedDict()

    def allows(self, name: str, address: str, now: datetime) -> bool:
        """May this name be tried from this address now?"""
        return len(self._recent((name, address), now)) < FAILURES_ALLOWED

    def failed(self, name: str, address: str, now: datetime) -> None:
        """Note a wrong password."""
        key = (name, address)
        self._failures[key] = [*self._recent(key, now), now]
        self._failures.move_to_end(key)
        while len(self._failures) > NAMES_WATCHED_MAX:
            self._failures.popitem(last=False)

    def _recent(self, key: tuple[str, str], now: datetime) -> list[datetime]:
        return [at for at in self._failures.get(key, []) if now - at < FAILURES_WINDOW]
