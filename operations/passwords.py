"""Passwords of services on their way into the database: checked, and sealed as they came."""

from typing import Any, Final

from sqlalchemy import Row

from chassis.sealing import KeyRing
from chassis.secrets import Secret
from isp.errors import Refused
from isp.sealed import Sealed
from radius.passwords import StoredPassword, parse_password

__all__ = ["checked_password", "is_password", "password_columns"]

CLEAR: Final = "clear"


def checked_password(text: str) -> Secret[str]:
    """A password in clear, or a hash as other systems export it (`{SSHA}…`, `{NT}…`).

    Raises Refused for a hash that is none.
    """
    try:
        parse_password(text)
    except ValueError as error:
        remedy = "export it again, or write a clear password that begins so as {CLEAR}…"
        raise Refused(f"the hash cannot be read: {error}", remedy=remedy) from None
    return Secret(text)


def is_password(password: Secret[str], stored: Row[Any], keys: KeyRing) -> bool:
    """Whether those columns hold that password already, in the same form."""
    parsed = parse_password(password.reveal())
    if stored.password_sealed is None or stored.password_form != parsed.scheme:
        return False
    opened = keys.open(bytes(stored.password_sealed), Sealed.SERVICE_PASSWORD)
    return opened == _kept(password, parsed)


def password_columns(password: Secret[str] | None, keys: KeyRing) -> dict[str, object]:
    """The columns of a `service_identifier` with that password; None: no password is asked."""
    if password is None:
        return {"password_form": None, "password_sealed": None}
    stored = parse_password(password.reveal())
    return {
        "password_form": stored.scheme,
        "password_sealed": keys.seal(_kept(password, stored), Sealed.SERVICE_PASSWORD),
    }


def _kept(password: Secret[str], stored: StoredPassword) -> bytes:
    """A clear password without its mark, a hash as it came: it carries salt and rounds."""
    return stored.digest if stored.scheme == CLEAR else password.reveal().encode()
