"""Accounting records as rows of a binary COPY: the hottest bytes of the house, and it shows.

Postgres' binary COPY format: a row is its number of fields, and each field is its length in four
octets and its value in the type's own binary form, length -1 for NULL. Fields that are always
there are packed in one call; the others are put together from parts whose length is looked up.
"""

from collections.abc import Sequence
from functools import lru_cache
from struct import Struct

from radiusd.accounting import Record

__all__ = ["COLUMNS", "SIGNATURE", "TRAILER", "row"]

SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"

COLUMNS: Sequence[tuple[str, str]] = (
    ("round", "smallint"),
    ("session_key", "uuid"),
    ("record_key", "bigint"),
    ("received_on", "date"),
    ("tenant_id", "bigint"),
    ("subscriber_id", "bigint"),
    ("service_id", "bigint"),
    ("nas_id", "bigint"),
    ("received_at", "timestamptz"),
    ("event_at", "timestamptz"),
    ("started_at", "timestamptz"),
    ("status", "smallint"),
    ("flags", "integer"),
    ("octets_up", "bigint"),
    ("octets_down", "bigint"),
    ("session_time_seconds", "bigint"),
    ("terminate_cause", "integer"),
    ("framed_ip", "inet"),
    ("framed_ipv6_prefix", "cidr"),
    ("delegated_ipv6_prefix", "cidr"),
    ("granted_version", "bigint"),
    ("granted_access", "text"),
    ("granted_down_kbps", "bigint"),
    ("granted_up_kbps", "bigint"),
    ("acct_session_id", "text"),
    ("acct_multi_session_id", "text"),
    ("login", "text"),
    ("calling_station_id", "text"),
    ("called_station_id", "text"),
    ("nas_port_id", "text"),
    ("circuit_id", "text"),
    ("remote_id", "text"),
    ("class_cookie", "bytea"),
    ("attributes", "bytea"),
)
"""The fields of a row, in their order, with their types."""

OCTETS_MAX = 4 * 4096
"""The longest value: a packet of 4096 octets, each spelled `\\xNN`."""

EPOCH_DAYS = 10_957  # from 1970-01-01 to 2000-01-01, where Postgres' time begins
DAY = 86_400_000_000
EPOCH = EPOCH_DAYS * DAY

NULL = b"\xff\xff\xff\xff"
IPV4 = b"\0\0\0\x08\x02\x20\0\x04"  # length, AF_INET, bits, not a cidr, octets of address
IPV6 = b"\0\0\0\x14\x03"  # length, AF_INET6; bits, cidr and octets of address follow

_always = Struct("!Hih i16s iq ii iq iq iq iq iq iq iq ih ii iq iq iq")
_integer = Struct("!ii")
_bigint = Struct("!iq")
_lengths = [octets.to_bytes(4, "big") for octets in range(OCTETS_MAX + 1)]


def row(record: Record, round_number: int) -> bytes:
    """The record's row; `round_number` counts the records of its session before it in the batch."""
    received_at = record.received_at
    attributes = record.attributes
    cause = record.terminate_cause
    framed_ip = record.framed_ip
    session_id = record.acct_session_id
    login = record.login
    lengths = _lengths
    # The first fields of COLUMNS, each behind its length.
    # fmt: off
    always = _always.pack(
        34, 2, round_number, 16, record.session_key, 8, record.record_key,
        4, received_at // DAY - EPOCH_DAYS, 8, record.tenant_id, 8, record.subscriber_id,
        8, record.service_id, 8, record.nas_id, 8, received_at - EPOCH,
        8, record.event_at - EPOCH, 8, record.started_at - EPOCH, 2, record.status,
        4, record.flags, 8, record.octets_up, 8, record.octets_down,
        8, record.session_time_seconds,
    )
    # fmt: on
    parts = [
        always,
        NULL if cause is None else _integer.pack(4, cause),
        NULL if framed_ip is None else IPV4 + framed_ip,
        _cidr(record.framed_ipv6_prefix),
        _cidr(record.delegated_ipv6_prefix),
        _granted(
            record.granted_version,
            record.granted_access,
            record.granted_down_kbps,
            record.granted_up_kbps,
        ),
        lengths[len(session_id)],
        session_id,
    ]
    append = parts.append
    for value in (
        record.acct_multi_session_id,
        login,
        record.calling_station_id,
        record.called_station_id,
        record.nas_port_id,
        record.circuit_id,
        record.remote_id,
        record.class_cookie,
    ):
        if value is None:
            append(NULL)
        else:
            append(lengths[len(value)])
            append(value)
    append(lengths[len(attributes)])
    append(attributes)
    return b"".join(parts)


def _cidr(prefix: bytes | None) -> bytes:
    return NULL if prefix is None else IPV6 + prefix[:1] + b"\x01\x10" + prefix[1:]


@lru_cache(maxsize=4096)
def _granted(version: int | None, access: str | None, down: int | None, up: int | None) -> bytes:
    """The four fields of the grant; whole neighbourhoods have the same."""
    word = NULL if access is None else _lengths[len(access)] + access.encode()
    numbers = [NULL if each is None else _bigint.pack(8, each) for each in (version, down, up)]
    return numbers[0] + word + numbers[1] + numbers[2]
