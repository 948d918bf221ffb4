"""Hostile packets, each with all that may come of it: replies, drops, decisions, records.

Rows are those of the table that `docs/standards.md` speaks of. Every case comes from a NAS of its
own, so that its counters are its own too.
"""

import hmac
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from isp.nas import MessageAuthenticatorPolicy
from radius import numbers, wire
from radius.packet import Code
from tests.support.radiusd import PASSWORD, SECRET

__all__ = [
    "IDENTIFIER",
    "LOGIN",
    "OTHER_SECRET",
    "Case",
    "acct",
    "attribute",
    "pap",
    "raw",
    "request",
    "vendor",
]

LOGIN: Final = b"ann"
OTHER_SECRET: Final = b"a secret that nobody agreed on.."
IDENTIFIER: Final = 9


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is sent to which port, and what comes of it, exactly.

    `replies` are codes in order, all valid; `carries` the attributes that each reply has behind its
    Message-Authenticator, where that is told; `same`: all replies are the same octets. `decided`
    counts login attempts by outcome and reason, `recorded` accounting records.
    """

    row: str
    what: str
    sends: Sequence[bytes]
    accounting: bool = False
    replies: Sequence[Code] = ()
    carries: Sequence[tuple[int, bytes]] | None = None
    same: bool = False
    drops: Mapping[str, int] = field(default_factory=dict)
    decided: Mapping[tuple[str, str], int] = field(default_factory=dict)
    recorded: int = 0
    policy: MessageAuthenticatorPolicy = MessageAuthenticatorPolicy.LEARN

    @property
    def name(self) -> str:
        """Of the case, and of its NAS."""
        return f"row {self.row}: {self.what}"


attribute = wire.attribute


def vendor(value: bytes) -> bytes:
    """A Vendor-Specific attribute, whatever its value."""
    return attribute(numbers.VENDOR_SPECIFIC, value)


def raw(code: int, attributes: bytes, *, length: int | None = None, tail: bytes = b"") -> bytes:
    """A packet that nothing proves; `length` is what its header says, `tail` lies beyond it."""
    octets = wire.HEADER_OCTETS + len(attributes) if length is None else length
    header = bytes((code, IDENTIFIER)) + octets.to_bytes(2, "big") + os.urandom(16)
    return header + attributes + tail


def request(
    attributes: bytes,
    *,
    secret: bytes = SECRET,
    identifier: int = IDENTIFIER,
    authenticator: bytes | None = None,
    signature: str = "first",
) -> bytes:
    """An Access-Request; its Message-Authenticator is `first`, `last` or `none`."""
    own = authenticator or os.urandom(16)
    if signature == "first":
        return wire.build_access_request(identifier, own, attributes, secret)
    blank = wire.SIGNATURE_BLANK if signature == "last" else b""
    length = wire.HEADER_OCTETS + len(attributes) + len(blank)
    unsigned = bytes((1, identifier, length >> 8, length & 255)) + own + attributes
    if not blank:
        return unsigned
    return unsigned + blank[:2] + hmac.digest(secret, unsigned + blank, "md5")


def pap(
    extra: bytes = b"",
    *,
    login: bytes = LOGIN,
    password: bytes = PASSWORD.encode(),
    before: bytes = b"",
    secret: bytes = SECRET,
    identifier: int = IDENTIFIER,
    signature: str = "first",
) -> bytes:
    """A login by PAP, with what else is to be said before and after its credentials."""
    own = os.urandom(16)
    hidden = wire.hide_password(password, own, secret)
    said = attribute(numbers.USER_NAME, login) + attribute(numbers.USER_PASSWORD, hidden)
    return request(
        before + said + extra,
        secret=secret,
        identifier=identifier,
        authenticator=own,
        signature=signature,
    )


def acct(
    extra: bytes = b"",
    *,
    session: bytes | None = b"0001",
    status: int | None = 3,
    login: bytes = LOGIN,
    secret: bytes = SECRET,
    identifier: int = IDENTIFIER,
    signed: bool = False,
) -> bytes:
    """An Accounting-Request; None leaves an attribute out."""
    said = attribute(numbers.USER_NAME, login)
    if status is not None:
        said += attribute(numbers.ACCT_STATUS_TYPE, status.to_bytes(4, "big"))
    if session is not None:
        said += attribute(numbers.ACCT_SESSION_ID, session)
    code = Code.ACCOUNTING_REQUEST
    return wire.build_request(code, identifier, said + extra, secret, signed=signed)
