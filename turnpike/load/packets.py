"""Requests made before the clock starts, so that sending them costs next to nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address
from os import urandom

from radius import numbers, wire
from radius.packet import Code

__all__ = ["LoadKind", "LoadUser", "Slots", "requests"]

SOCKETS = 16
IDENTIFIERS_PER_SOCKET = 256
SESSION_SECONDS = 300
OCTETS_PER_SESSION = 5_000_000
NAS_PORT_TYPE_VIRTUAL = 5
FRAMED_PPP = (2, 1)  # Service-Type Framed-User, Framed-Protocol PPP (RFC 2865 §5.6, §5.7)


class LoadKind(StrEnum):
    """What to send."""

    PAP = "pap"
    START = "start"
    INTERIM = "interim"
    STOP = "stop"


STATUS_TYPE = {LoadKind.START: 1, LoadKind.STOP: 2, LoadKind.INTERIM: 3}


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadUser:
    """A subscriber to log in or to account for, with the Class that his login was granted."""

    login: str
    password: str
    ipv4: str
    session_class: bytes = b""


@dataclass(frozen=True, kw_only=True, slots=True)
class Slots:
    """The places in flight: slot `n` is identifier `n // sockets` of socket `n % sockets`."""

    concurrency: int
    sockets: int = SOCKETS

    def __post_init__(self) -> None:
        most = self.sockets * IDENTIFIERS_PER_SOCKET
        if not 1 <= self.concurrency <= most:
            message = f"concurrency is 1 to {most}, not {self.concurrency}"
            raise ValueError(message)

    def identifier(self, index: int) -> int:
        """The identifier of the request that is sent as number `index`."""
        return index % self.concurrency // self.sockets


def requests(
    kind: LoadKind,
    users: Sequence[LoadUser],
    *,
    count: int,
    secret: bytes,
    slots: Slots,
    nas_address: str = "127.0.0.1",
    session_prefix: str = "load",
) -> Iterator[bytes]:
    """`count` requests in the order of sending, users in turn; each accounting session is new.

    A user is always on one line. Interim and Stop of the same `session_prefix` continue the
    sessions of its Start.
    """
    nas = wire.attribute(numbers.NAS_IP_ADDRESS, IPv4Address(nas_address).packed)
    for index in range(count):
        line = index % len(users)
        user = users[line]
        identifier = slots.identifier(index)
        if kind is LoadKind.PAP:
            authenticator = urandom(16)
            attributes = login_attributes(user, line, authenticator, secret) + nas
            yield wire.build_access_request(identifier, authenticator, attributes, secret)
        else:
            attributes = session_attributes(kind, user, line, f"{session_prefix}-{index:08x}") + nas
            yield wire.build_request(Code.ACCOUNTING_REQUEST, identifier, attributes, secret)


def login_attributes(user: LoadUser, line: int, authenticator: bytes, secret: bytes) -> bytes:
    hidden = wire.hide_password(user.password.encode(), authenticator, secret)
    return (
        wire.attribute(numbers.USER_NAME, user.login.encode())
        + wire.attribute(numbers.USER_PASSWORD, hidden)
        + line_attributes(line)
    )


def line_attributes(line: int) -> bytes:
    """The line that a session comes from: port and MAC."""
    mac = ":".join(f"{octet:02x}" for octet in (0x02, 0, *line.to_bytes(4, "big")))
    service_type, framed_protocol = FRAMED_PPP
    return (
        wire.attribute(numbers.SERVICE_TYPE, service_type.to_bytes(4, "big"))
        + wire.attribute(numbers.FRAMED_PROTOCOL, framed_protocol.to_bytes(4, "big"))
        + wire.attribute(numbers.NAS_PORT, (line & 0xFFFFFF).to_bytes(4, "big"))
        + wire.attribute(numbers.NAS_PORT_TYPE, NAS_PORT_TYPE_VIRTUAL.to_bytes(4, "big"))
        + wire.attribute(numbers.CALLING_STATION_ID, mac.encode())
    )


def session_attributes(kind: LoadKind, user: LoadUser, line: int, session_id: str) -> bytes:
    status = STATUS_TYPE[kind].to_bytes(4, "big")
    attributes = (
        wire.attribute(numbers.ACCT_STATUS_TYPE, status)
        + wire.attribute(numbers.ACCT_SESSION_ID, session_id.encode())
        + wire.attribute(numbers.USER_NAME, user.login.encode())
        + wire.attribute(numbers.FRAMED_IP_ADDRESS, IPv4Address(user.ipv4).packed)
        + line_attributes(line)
    )
    if user.session_class:  # RFC 2865 section 5.25: the client should send it unmodified
        attributes += wire.attribute(numbers.CLASS, user.session_class)
    if kind is LoadKind.START:
        return attributes
    periods = 2 if kind is LoadKind.STOP else 1
    used = (periods * OCTETS_PER_SESSION + line).to_bytes(4, "big")
    attributes += wire.attribute(
        numbers.ACCT_SESSION_TIME, (periods * SESSION_SECONDS).to_bytes(4, "big")
    )
    return (
        attributes
        + wire.attribute(numbers.ACCT_INPUT_OCTETS, used)
        + wire.attribute(numbers.ACCT_OUTPUT_OCTETS, used)
    )
