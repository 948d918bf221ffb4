"""What the NAS puts into its requests."""

from dataclasses import dataclass
from hashlib import md5
from ipaddress import IPv4Address

from lab.nas.session import Line, Session
from radius import numbers, wire

__all__ = [
    "ACCT_INTERIM",
    "ACCT_ON",
    "ACCT_START",
    "ACCT_STOP",
    "NasNames",
    "access_request",
    "restart_accounting",
    "session_accounting",
]

ACCT_START, ACCT_STOP, ACCT_INTERIM, ACCT_ON = 1, 2, 3, 7
SERVICE_TYPE_FRAMED, FRAMED_PROTOCOL_PPP, NAS_PORT_TYPE_ETHERNET = 2, 1, 15
GIGAWORD = 1 << 32


@dataclass(frozen=True, kw_only=True, slots=True)
class NasNames:
    """How the NAS names itself in every request (RFC 2865 §5.4, §5.32)."""

    address: str
    identifier: str

    def attributes(self) -> bytes:
        """NAS-IP-Address and NAS-Identifier."""
        return wire.attribute(
            numbers.NAS_IP_ADDRESS, IPv4Address(self.address).packed
        ) + wire.attribute(numbers.NAS_IDENTIFIER, self.identifier.encode())


def access_request(
    identifier: int, line: Line, names: NasNames, *, secret: bytes, entropy: bytes, chap: bool
) -> bytes:
    """An Access-Request by PAP or CHAP; `entropy` is 17 random octets."""
    authenticator, ident = entropy[:16], entropy[16:17]
    password = line.password.encode()
    if chap:
        response = ident + md5(ident + password + authenticator).digest()
        credential = wire.attribute(numbers.CHAP_PASSWORD, response)
    else:
        hidden = wire.hide_password(password, authenticator, secret)
        credential = wire.attribute(numbers.USER_PASSWORD, hidden)
    attributes = (
        wire.attribute(numbers.USER_NAME, line.login.encode())
        + credential
        + line_attributes(line)
        + names.attributes()
    )
    return wire.build_access_request(identifier, authenticator, attributes, secret)


def restart_accounting(names: NasNames, seconds: int) -> bytes:
    """The attributes of an Accounting-On (RFC 2866 §5.1)."""
    return accounting(ACCT_ON, names, seconds) + wire.attribute(
        numbers.ACCT_SESSION_ID, b"00000000"
    )


def session_accounting(
    session: Session, status: int, names: NasNames, *, seconds: int, elapsed: int, cause: int | None
) -> bytes:
    """The attributes of a Start, Interim or Stop at Unix time `seconds`."""
    line = session.line
    parts = [
        accounting(status, names, seconds),
        wire.attribute(numbers.ACCT_SESSION_ID, session.acct_session_id.encode()),
        wire.attribute(numbers.USER_NAME, line.login.encode()),
        line_attributes(line),
    ]
    if session.framed_ip:
        address = IPv4Address(session.framed_ip).packed
        parts.append(wire.attribute(numbers.FRAMED_IP_ADDRESS, address))
    parts.extend(wire.attribute(numbers.CLASS, each) for each in session.class_cookies)
    if status != ACCT_START:
        counters = (
            (numbers.ACCT_SESSION_TIME, elapsed),
            (numbers.ACCT_INPUT_OCTETS, session.octets_up % GIGAWORD),
            (numbers.ACCT_OUTPUT_OCTETS, session.octets_down % GIGAWORD),
            (numbers.ACCT_INPUT_GIGAWORDS, session.octets_up // GIGAWORD),
            (numbers.ACCT_OUTPUT_GIGAWORDS, session.octets_down // GIGAWORD),
        )
        parts.extend(wire.attribute(kind, value.to_bytes(4, "big")) for kind, value in counters)
    if cause is not None:
        parts.append(wire.attribute(numbers.ACCT_TERMINATE_CAUSE, cause.to_bytes(4, "big")))
    return b"".join(parts)


def accounting(status: int, names: NasNames, seconds: int) -> bytes:
    return (
        wire.attribute(numbers.ACCT_STATUS_TYPE, status.to_bytes(4, "big"))
        + wire.attribute(numbers.EVENT_TIMESTAMP, seconds.to_bytes(4, "big"))
        + names.attributes()
    )


def line_attributes(line: Line) -> bytes:
    return b"".join(
        (
            wire.attribute(numbers.SERVICE_TYPE, SERVICE_TYPE_FRAMED.to_bytes(4, "big")),
            wire.attribute(numbers.FRAMED_PROTOCOL, FRAMED_PROTOCOL_PPP.to_bytes(4, "big")),
            wire.attribute(numbers.NAS_PORT_TYPE, NAS_PORT_TYPE_ETHERNET.to_bytes(4, "big")),
            wire.attribute(numbers.CALLING_STATION_ID, line.mac.encode()),
            wire.attribute(numbers.NAS_PORT_ID, line.port_id.encode()),
        )
    )
