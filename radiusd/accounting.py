"""What an Accounting-Request says: a record, or why it is refused. Pure (RFC 2866, RFC 2869).

Identity. Acct-Session-Id is unique on one NAS and only between reboots (RFC 2866 §5.5), so a
`session_key` has two halves of 64 bits. The first is a digest of the NAS and the Acct-Session-Id.
The second is the nonce of our Class, which every login gets anew, so that an id used again after a
reboot is another session; without our Class it is a digest of the login. A packet that lost its
Class therefore lands beside its session, under the same first half: the roller finds the two by
that half and makes them one wherever their times overlap (`radiusd/store/rolling_sessions.py`).

Duplicates. A retransmission with another Acct-Delay-Time is another packet (RFC 2866 §5.2), so
`record_key` digests only what the event was: status, session time and counters.
"""

from collections.abc import Callable, Sequence
from enum import IntEnum, StrEnum
from hashlib import blake2b
from struct import Struct

import msgspec

from isp.identifiers import normalise_login
from policy import class_cookie
from radius.numbers import (
    ACCT_INPUT_GIGAWORDS,
    ACCT_INPUT_OCTETS,
    ACCT_MULTI_SESSION_ID,
    ACCT_OUTPUT_GIGAWORDS,
    ACCT_OUTPUT_OCTETS,
    ACCT_SESSION_ID,
    ACCT_SESSION_TIME,
    ACCT_STATUS_TYPE,
    ACCT_TERMINATE_CAUSE,
    CALLED_STATION_ID,
    CALLING_STATION_ID,
    CLASS,
    DELEGATED_IPV6_PREFIX,
    FRAMED_IP_ADDRESS,
    FRAMED_IPV6_PREFIX,
    NAS_PORT_ID,
    USER_NAME,
)
from radiusd.accounting_fields import (
    FOREIGN,
    IMPLAUSIBLE,
    NO_GIGAWORDS,
    NO_SESSION_TIME,
    SECOND,
    address,
    counter,
    event_time,
    number,
    optional_spelled,
    plausible_maximum,
    prefix,
    spelled,
    station,
    vendor_specific,
)

__all__ = [
    "SESSION_STATUSES",
    "FindService",
    "Record",
    "Refusal",
    "Status",
    "interpret",
]

STATUS_MAX = 255
CAUSE_MAX = (1 << 31) - 1
START = 1
HALF = 1 << 63
NOBODY = (0, 0)
NOT_GRANTED = (None, None, None, None)

_identity = Struct("!q")
_event = Struct("!IIQQQ")

FindService = Callable[[str], tuple[int, int] | None]
"""From a normalised login to its (subscriber_id, service_id), for a packet without our Class."""


class Status(IntEnum):
    """Acct-Status-Type (RFC 2866 §5.1)."""

    START = 1
    STOP = 2
    INTERIM = 3
    ACCOUNTING_ON = 7
    ACCOUNTING_OFF = 8


class Refusal(StrEnum):
    """Why an Accounting-Request is no record; it is not acknowledged."""

    NO_STATUS = "no_acct_status_type"
    NO_SESSION_ID = "no_acct_session_id"


SESSION_STATUSES = frozenset((Status.START, Status.STOP, Status.INTERIM))


class Record(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One accounting event, ready to be recorded.

    Times are microseconds since 1970 UTC. Octets are seen from the subscriber. Texts are UTF-8
    octets without NUL. An IPv6 prefix is its length in one octet and 16 octets of address.
    `attributes` are those of the packet, secrets left out; the bits of `flags` are named in
    `radiusd.accounting_fields`.
    """

    session_key: bytes
    record_key: int
    tenant_id: int
    subscriber_id: int
    service_id: int
    nas_id: int
    received_at: int
    event_at: int
    started_at: int
    status: int
    flags: int
    octets_up: int
    octets_down: int
    session_time_seconds: int
    terminate_cause: int | None
    acct_session_id: bytes
    acct_multi_session_id: bytes | None
    login: bytes
    framed_ip: bytes | None
    framed_ipv6_prefix: bytes | None
    delegated_ipv6_prefix: bytes | None
    calling_station_id: bytes | None
    called_station_id: bytes | None
    nas_port_id: bytes | None
    circuit_id: bytes | None
    remote_id: bytes | None
    class_cookie: bytes | None
    granted_version: int | None
    granted_access: str | None
    granted_down_kbps: int | None
    granted_up_kbps: int | None
    attributes: bytes


def interpret(
    attributes: Sequence[tuple[int, bytes]],
    octets: bytes,
    *,
    tenant_id: int,
    nas_id: int,
    octets_reversed: bool,
    find_service: FindService,
    received_at: int,
) -> Record | Refusal:
    """What the Accounting-Request says.

    `attributes` are those of `radius.wire.Frame`, `octets` the same as received, one after the
    other; `received_at` is in microseconds since 1970 UTC. Of a repeated attribute the first
    counts. `octets_reversed`: this NAS counts Input as what the subscriber received, not sent.
    """
    first = dict(attributes[::-1])
    get = first.get
    status = number(get(ACCT_STATUS_TYPE))
    if status is None or status > STATUS_MAX:
        return Refusal.NO_STATUS
    session_id = get(ACCT_SESSION_ID)
    if session_id is None:
        if status in SESSION_STATUSES:
            return Refusal.NO_SESSION_ID
        session_id = b""
    event_at, time_flags = event_time(get, received_at)
    up, down, session_time, flags = _volumes(get, status, octets_reversed)
    login = normalise_login(spelled(get(USER_NAME, b"")).decode())
    value, cookie = _our_class(get(CLASS), attributes, tenant_id)
    if cookie is None:
        flags |= FOREIGN
        subscriber_id, service_id = find_service(login) or NOBODY
        incarnation = _digest(login.encode())
        grant = NOT_GRANTED
    else:
        subscriber_id, service_id = cookie.subscriber_id, cookie.service_id
        incarnation = cookie.nonce
        rates = cookie.rates
        grant = (cookie.version, cookie.access.value, rates.down_kbps, rates.up_kbps)
    circuit_id, remote_id, kept = vendor_specific(first, attributes, octets)
    when = 0 if status in SESSION_STATUSES else event_at // SECOND
    return Record(
        _digest(_identity.pack(nas_id) + session_id) + incarnation,
        int.from_bytes(_digest(_event.pack(status, session_time, up, down, when)), "big") - HALF,
        tenant_id,
        subscriber_id,
        service_id,
        nas_id,
        received_at,
        event_at,
        event_at - session_time * SECOND,
        status,
        flags | time_flags,
        up,
        down,
        session_time,
        *_names(get, session_id, login),
        circuit_id,
        remote_id,
        value,
        *grant,
        kept,
    )


def _volumes(
    get: Callable[[int], bytes | None], status: int, octets_reversed: bool
) -> tuple[int, int, int, int]:
    """Octets up and down, session time in seconds, and the flags of what is missing."""
    flags = 0
    session_time = number(get(ACCT_SESSION_TIME))
    if session_time is None:
        session_time = 0
        if status != START:
            flags = NO_SESSION_TIME
    octets_in, octets_out = get(ACCT_INPUT_OCTETS), get(ACCT_OUTPUT_OCTETS)
    if octets_in is None and octets_out is None:
        return 0, 0, session_time, flags
    more_in, more_out = get(ACCT_INPUT_GIGAWORDS), get(ACCT_OUTPUT_GIGAWORDS)
    if more_in is None and more_out is None:
        flags |= NO_GIGAWORDS
    sent, received = counter(octets_in, more_in), counter(octets_out, more_out)
    maximum = plausible_maximum(session_time)
    if sent > maximum or received > maximum:
        flags |= IMPLAUSIBLE
        sent, received = sent * (sent <= maximum), received * (received <= maximum)
    if octets_reversed:
        sent, received = received, sent
    return sent, received, session_time, flags


def _names(
    get: Callable[[int], bytes | None], session_id: bytes, login: str
) -> tuple[int | bytes | None, ...]:
    """The fields from `terminate_cause` to `nas_port_id`."""
    cause = number(get(ACCT_TERMINATE_CAUSE))
    return (
        cause if cause is None or cause <= CAUSE_MAX else None,
        spelled(session_id),
        optional_spelled(get(ACCT_MULTI_SESSION_ID)),
        login.encode(),
        address(get(FRAMED_IP_ADDRESS)),
        prefix(get(FRAMED_IPV6_PREFIX)),
        prefix(get(DELEGATED_IPV6_PREFIX)),
        station(get(CALLING_STATION_ID)),
        optional_spelled(get(CALLED_STATION_ID)),
        optional_spelled(get(NAS_PORT_ID)),
    )


def _our_class(
    value: bytes | None, attributes: Sequence[tuple[int, bytes]], tenant_id: int
) -> tuple[bytes | None, class_cookie.ClassCookie | None]:
    """Our Class among those of the packet, where one of them is ours."""
    if value is None:
        return None, None
    cookie = class_cookie.decode(value)
    if cookie is not None and cookie.tenant_id == tenant_id:
        return value, cookie
    for kind, other in attributes:
        if kind == CLASS:
            cookie = class_cookie.decode(other)
            if cookie is not None and cookie.tenant_id == tenant_id:
                return other, cookie
    return None, None


def _digest(value: bytes) -> bytes:
    return blake2b(value, digest_size=8).digest()
