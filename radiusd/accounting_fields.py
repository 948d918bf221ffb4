"""The fields of an Accounting-Request, from octets that anybody may have sent. Pure.

Each of these runs once or more per packet, at full speed.
"""

import re
from collections.abc import Callable, Sequence

from isp.identifiers import normalise_mac
from radius import numbers

__all__ = [
    "FOREIGN",
    "IMPLAUSIBLE",
    "NO_GIGAWORDS",
    "NO_SESSION_TIME",
    "SECOND",
    "TIME_CLAMPED",
    "TIME_ESTIMATED",
    "address",
    "counter",
    "event_time",
    "number",
    "optional_spelled",
    "plausible_maximum",
    "prefix",
    "spelled",
    "station",
    "vendor_specific",
]

SECOND = 1_000_000
EVENT_AGE_MAX = 7 * 86_400 * SECOND
"""A record older than a week is dated a week back: no NAS keeps its queue longer."""

CLOCK_AHEAD_MAX = 300 * SECOND
"""An Event-Timestamp further in the future comes from a clock that is wrong."""

# The bits of a record's flags: what to know when reading it.
FOREIGN = 1  # it does not carry our Class
NO_SESSION_TIME = 2
NO_GIGAWORDS = 4  # its counters wrap at 2^32
TIME_ESTIMATED = 8  # no sane Event-Timestamp: the event is dated by Acct-Delay-Time
TIME_CLAMPED = 16  # Acct-Delay-Time claims more than a week
IMPLAUSIBLE = 32  # a counter is beyond any line, and taken as none

OCTETS_PER_SECOND_MAX = 12_500_000_000
"""100 Gbit/s, several times the fastest line that is sold to one subscriber."""

SESSION_OCTETS_MAX = 1 << 53
"""Nine petabytes, of a session that does not say how long it lasts; sums still fit a bigint."""

NOT_AN_ADDRESS = frozenset((b"\0\0\0\0", b"\xff\xff\xff\xff", b"\xff\xff\xff\xfe"))
"""Values of Framed-IP-Address that ask for one instead of naming one (RFC 2865 §5.8)."""

SECRET_ATTRIBUTES = frozenset(
    (
        numbers.USER_PASSWORD,
        numbers.CHAP_PASSWORD,
        numbers.CHAP_CHALLENGE,
        numbers.TUNNEL_PASSWORD,
        numbers.EAP_MESSAGE,
        numbers.STATE,
        numbers.MESSAGE_AUTHENTICATOR,
    )
)
"""What an Accounting-Request must not or need not carry (RFC 2866 §5.13), and nobody may keep."""

VENDOR_SPECIFIC = numbers.VENDOR_SPECIFIC
EVENT_TIMESTAMP, ACCT_DELAY_TIME = numbers.EVENT_TIMESTAMP, numbers.ACCT_DELAY_TIME
ADSL_FORUM = numbers.VENDOR_ADSL_FORUM.to_bytes(4, "big")
MICROSOFT = numbers.VENDOR_MICROSOFT.to_bytes(4, "big")
AGENT_CIRCUIT_ID, AGENT_REMOTE_ID = 1, 2  # RFC 4679 §3.3.1, §3.3.2

_usual_mac = re.compile(rb"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}").fullmatch


def spelled(value: bytes) -> bytes:
    """The octets as text that a database takes: UTF-8 without NUL, odd octets written `\\xNN`.

    NULs at the end, as some NASes pad with, are dropped.
    """
    try:
        value.decode()
    except UnicodeDecodeError:
        value = value.decode(errors="backslashreplace").encode()
    if 0 in value:
        value = value.rstrip(b"\0").replace(b"\0", b"\\x00")
    return value


def optional_spelled(value: bytes | None) -> bytes | None:
    return value if value is None else spelled(value)


def event_time(get: Callable[[int], bytes | None], received_at: int) -> tuple[int, int]:
    """When it happened, and the flags of how that is known (RFC 2869 §5.3, RFC 2866 §5.2)."""
    stamp = get(EVENT_TIMESTAMP)
    if stamp is not None and len(stamp) == 4:
        event_at = int.from_bytes(stamp, "big") * SECOND
        if event_at > received_at:
            if event_at <= received_at + CLOCK_AHEAD_MAX:
                return received_at, 0
        elif event_at >= received_at - EVENT_AGE_MAX:
            return event_at, 0
    delay = (number(get(ACCT_DELAY_TIME)) or 0) * SECOND
    if delay > EVENT_AGE_MAX:
        return received_at - EVENT_AGE_MAX, TIME_ESTIMATED | TIME_CLAMPED
    return received_at - delay, TIME_ESTIMATED


def vendor_specific(
    first: dict[int, bytes], attributes: Sequence[tuple[int, bytes]], octets: bytes
) -> tuple[bytes | None, bytes | None, bytes]:
    """Agent-Circuit-Id and Agent-Remote-Id (RFC 4679), and the attributes to keep."""
    circuit_id = remote_id = None
    secret = not SECRET_ATTRIBUTES.isdisjoint(first)
    if VENDOR_SPECIFIC in first:
        for kind, value in attributes:
            if kind != VENDOR_SPECIFIC:
                continue
            vendor = value[:4]
            if vendor == ADSL_FORUM:
                for number, inner in _inner_attributes(value):
                    if number == AGENT_CIRCUIT_ID:
                        circuit_id = spelled(inner)
                    elif number == AGENT_REMOTE_ID:
                        remote_id = spelled(inner)
            elif vendor == MICROSOFT:
                secret = True
    if secret:
        octets = b"".join(
            bytes((kind, len(value) + 2)) + value
            for kind, value in attributes
            if kind not in SECRET_ATTRIBUTES
            and not (kind == VENDOR_SPECIFIC and value[:4] == MICROSOFT)
        )
    return circuit_id, remote_id, octets


def _inner_attributes(value: bytes) -> list[tuple[int, bytes]]:
    """The sub-attributes of a Vendor-Specific value, none where its lengths do not add up."""
    inner = []
    at = 4
    while at + 2 <= len(value):
        end = at + value[at + 1]
        if end < at + 2 or end > len(value):
            return []
        inner.append((value[at], value[at + 2 : end]))
        at = end
    return inner


def number(value: bytes | None) -> int | None:
    """A 32-bit number; None where there is none, or its length is not 4."""
    if value is None or len(value) != 4:
        return None
    return int.from_bytes(value, "big")


def counter(low: bytes | None, high: bytes | None) -> int:
    """Octets from the counter and its Gigawords (RFC 2869 §5.1)."""
    return (number(high) or 0) << 32 | (number(low) or 0)


def plausible_maximum(session_time: int) -> int:
    """Beyond which a counter is a fault of the NAS: nobody is charged for what no line carries.

    In the first second a counter may hold as much as in the next.
    """
    if not session_time:
        return SESSION_OCTETS_MAX
    return min((session_time + 1) * OCTETS_PER_SECOND_MAX, SESSION_OCTETS_MAX)


def address(value: bytes | None) -> bytes | None:
    if value is None or len(value) != 4 or value in NOT_AN_ADDRESS:
        return None
    return value


def prefix(value: bytes | None) -> bytes | None:
    """An IPv6 prefix with its host bits cleared (RFC 3162 §2.3), None where it is none."""
    if value is None or not 2 <= len(value) <= 18 or value[1] > 128:
        return None
    length = value[1]
    number = int.from_bytes(value[2:].ljust(16, b"\0"), "big")
    number &= ~((1 << (128 - length)) - 1)
    return bytes((length,)) + number.to_bytes(16, "big")


def station(value: bytes | None) -> bytes | None:
    """A Calling-Station-Id: a MAC in the one spelling that searches use, else as it is."""
    if value is None:
        return None
    if _usual_mac(value):
        return value
    value = spelled(value)
    mac = normalise_mac(value.decode())
    return value if mac is None else mac.encode()
