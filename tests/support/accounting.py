"""Accounting-Requests for tests: attributes by name, records as the worker would read them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from isp.access import Access, Rates
from policy import class_cookie
from radius import numbers, wire
from radiusd.accounting import Record, Refusal, Status, interpret

__all__ = [
    "NAS_ID",
    "SERVICE_ID",
    "START",
    "SUBSCRIBER_ID",
    "TENANT_ID",
    "attributes",
    "cookie",
    "microseconds",
    "read",
    "record",
    "session",
]

TENANT_ID, SUBSCRIBER_ID, SERVICE_ID, NAS_ID = 1, 11, 21, 31
START = datetime(2025, 3, 4, 10, 0, tzinfo=UTC)
GIGAWORD = 1 << 32


def microseconds(at: datetime) -> int:
    return int((at - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))


def cookie(
    nonce: int = 1,
    *,
    service_id: int = SERVICE_ID,
    subscriber_id: int = SUBSCRIBER_ID,
    version: int = 1,
    tenant_id: int = TENANT_ID,
) -> bytes:
    return class_cookie.encode(
        class_cookie.ClassCookie(
            tenant_id=tenant_id,
            subscriber_id=subscriber_id,
            service_id=service_id,
            version=version,
            access=Access.FULL,
            rates=Rates(down_kbps=100_000, up_kbps=20_000),
            nonce=nonce.to_bytes(8, "big"),
        )
    )


def number(value: int) -> bytes:
    return value.to_bytes(4, "big")


def attributes(
    status: Status,
    *,
    at: datetime | None = None,
    session_id: str = "s1",
    login: str = "ann@isp",
    seconds: int | None = None,
    up: int | None = None,
    down: int | None = None,
    gigawords: bool = True,
    class_value: bytes | None = None,
    station: str | None = "02:00:00:00:00:01",
    extra: tuple[tuple[int, bytes], ...] = (),
) -> list[tuple[int, bytes]]:
    """The attributes of one request, as `radius.wire.split` gives them."""
    found: list[tuple[int, bytes]] = [(numbers.ACCT_STATUS_TYPE, number(status))]
    if status in (Status.START, Status.STOP, Status.INTERIM):
        found.append((numbers.ACCT_SESSION_ID, session_id.encode()))
        found.append((numbers.USER_NAME, login.encode()))
        if station is not None:
            found.append((numbers.CALLING_STATION_ID, station.encode()))
    if at is not None:
        found.append((numbers.EVENT_TIMESTAMP, number(int(at.timestamp()))))
    if seconds is not None:
        found.append((numbers.ACCT_SESSION_TIME, number(seconds)))
    for octets, low, high in (
        (up, numbers.ACCT_INPUT_OCTETS, numbers.ACCT_INPUT_GIGAWORDS),
        (down, numbers.ACCT_OUTPUT_OCTETS, numbers.ACCT_OUTPUT_GIGAWORDS),
    ):
        if octets is not None:
            found.append((low, number(octets % GIGAWORD)))
            if gigawords:
                found.append((high, number(octets // GIGAWORD)))
    if class_value is not None:
        found.append((numbers.CLASS, class_value))
    return [*found, *extra]


def read(
    found: list[tuple[int, bytes]],
    *,
    received_at: datetime,
    nas_id: int = NAS_ID,
    octets_reversed: bool = False,
    services: dict[str, tuple[int, int]] | None = None,
) -> Record | Refusal:
    return interpret(
        found,
        b"".join(wire.attribute(kind, value) for kind, value in found),
        tenant_id=TENANT_ID,
        nas_id=nas_id,
        octets_reversed=octets_reversed,
        find_service=(services or {}).get,
        received_at=microseconds(received_at),
    )


def record(
    status: Status,
    seconds: int = 0,
    octets: int = 0,
    *,
    start: datetime = START,
    delay_seconds: float = 0.5,
    nas_id: int = NAS_ID,
    class_value: bytes | None = b"",
    services: dict[str, tuple[int, int]] | None = None,
    **more: object,
) -> Record:
    """A record of a session that began at `start`, `seconds` into it; twice `octets` down.

    It carries our Class unless `class_value` is None.
    """
    at = start + timedelta(seconds=seconds)
    if status is not Status.START:
        more = {"seconds": seconds, "up": octets, "down": 2 * octets} | more
    found = attributes(
        status,
        at=at,
        class_value=cookie() if class_value == b"" else class_value,
        **more,  # type: ignore[arg-type]  # the keywords of `attributes`
    )
    taken = read(
        found,
        received_at=at + timedelta(seconds=delay_seconds),
        nas_id=nas_id,
        services=services,
    )
    assert isinstance(taken, Record)
    return taken


def session(*parts: tuple[Status, int, int], **more: Any) -> list[Record]:
    """Records of one session, each by status, seconds since its start and octets up."""
    return [record(status, seconds, octets, **more) for status, seconds, octets in parts]
