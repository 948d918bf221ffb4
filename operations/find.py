"""Finding a service by anything a caller may know.

By index, with `=` and ranges only; where that finds nobody, every subscriber is looked at once.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address, ip_interface
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.billing import invoice
from database.tables.network import lease
from database.tables.sessions import session_live
from database.tables.subscribers import service, service_identifier, subscriber
from isp.identifiers import normalise_login, normalise_mac
from isp.onu_serial import spelled_serial
from operations.address_history import containing

__all__ = ["FOUND_MAX", "Found", "find"]

FOUND_MAX = 50
"""Of each kind; a caller who knows so little is asked for more."""

AFTER_EVERY_LETTER = "\U0010ffff"

LETTERS_MIN = 3
DIGITS_MIN = 5
"""Fewer are in everybody's name and number."""

WORD_BEGINS = r"\m"
"""In PostgreSQL's regular expressions."""

NO_DIGIT = re.compile("[^0-9]")

DIALLED = re.compile(r"[0-9+()/.\s-]+")
NUMBERED_BY_YEAR = re.compile(r"20[0-9]{2}[-/][0-9]+")
"""As many an earlier system numbers its documents: `2026-0012`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A service (or a subscriber without one), and what of it matched."""

    subscriber: str
    name: str | None
    login: str | None
    matched: str
    value: str


async def find(transaction: AsyncConnection, text: str) -> tuple[Found, ...]:
    """Everything that `text` names: login, MAC, circuit, address, ONU serial, phone, e-mail, name
    (its beginning), subscriber or invoice number. Where nothing is named so: whose name has it
    at the beginning of a word, in capitals or not, and whose phone number ends with it, however it
    is written.
    """
    wanted = text.strip()
    return await _found(transaction, _queries(wanted)) or await _found(
        transaction, _roughly(wanted)
    )


async def _found(transaction: AsyncConnection, queries: Iterable[Select[Any]]) -> tuple[Found, ...]:
    found: dict[tuple[str, str | None, str], Found] = {}
    for query in queries:
        for row in await transaction.execute(query.limit(FOUND_MAX)):
            one = Found(
                subscriber=row.reference,
                name=row.name,
                login=row.login,
                matched=row.matched,
                value=str(row.value),
            )
            found.setdefault((one.subscriber, one.login, one.matched), one)
    return tuple(found.values())


def _queries(text: str) -> Iterator[Select[Any]]:
    identifiers = {normalise_login(text), text, normalise_mac(text) or text}
    yield _by_service(
        service_identifier.c.kind,
        service_identifier.c.value,
        service_identifier.c.value.in_(identifiers),
        service_identifier.c.removed_at.is_(None),
        service_identifier.c.service_id == service.c.service_id,
    )
    yield _by_service(
        literal("onu_serial"), service.c.onu_serial, service.c.onu_serial == spelled_serial(text)
    )
    yield _by_subscriber("subscriber", subscriber.c.reference, subscriber.c.reference == text)
    yield _by_subscriber("phone", subscriber.c.phone, subscriber.c.phone == text)
    yield _by_subscriber("email", subscriber.c.email, subscriber.c.email == text)
    yield _by_subscriber(
        "name",
        subscriber.c.name,
        subscriber.c.name.between(text, text + AFTER_EVERY_LETTER),
    )
    yield _by_subscriber(
        "invoice",
        invoice.c.number,
        invoice.c.number == text,
        invoice.c.subscriber_id == subscriber.c.subscriber_id,
    )
    yield from _by_line(text)


def _roughly(text: str) -> Iterator[Select[Any]]:
    """As a caller says it: without his first name, with a number as it stands on a bill."""
    if len(text) >= LETTERS_MIN:
        begins = WORD_BEGINS + re.escape(text.lower())
        has_it = func.lower(subscriber.c.name).regexp_match(begins)
        yield _by_subscriber("name", subscriber.c.name, has_it)
    # Without the zeros before it, as a number is dialled at home.
    digits = NO_DIGIT.sub("", text).lstrip("0")
    if len(digits) >= DIGITS_MIN and _dialled(text):
        number = func.regexp_replace(subscriber.c.phone, NO_DIGIT.pattern, "", "g")
        ends_so = func.right(number, len(digits)) == digits
        yield _by_subscriber("phone", subscriber.c.phone, ends_so)


def _dialled(text: str) -> bool:
    """Whether it is written as phone numbers are, and is no address, MAC or document number.

    Twelve bare digits are taken for a number: by their MAC they are looked for before.
    """
    if not DIALLED.fullmatch(text) or NUMBERED_BY_YEAR.fullmatch(text):
        return False
    if normalise_mac(text) and not text.isdecimal():
        return False
    try:
        ip_interface(text)
    except ValueError:
        return True
    return False


def _by_line(text: str) -> Iterator[Select[Any]]:
    """By what live sessions and leases say."""
    calling = {text, normalise_mac(text) or text}
    yield _by_service(
        literal("calling_station_id"),
        session_live.c.calling_station_id,
        session_live.c.calling_station_id.in_(calling),
        session_live.c.service_id == service.c.service_id,
    )
    try:
        networks = containing(ip_address(text))
    except ValueError:
        return
    yield _by_service(
        literal("address"),
        lease.c.address,
        lease.c.address.in_(networks),
        lease.c.removed_at.is_(None),
        lease.c.service_id == service.c.service_id,
    )
    yield _by_service(
        literal("session"),
        session_live.c.acct_session_id,
        or_(
            session_live.c.framed_ip == networks[0],
            session_live.c.framed_ipv6_prefix.in_(networks),
            session_live.c.delegated_ipv6_prefix.in_(networks),
        ),
        session_live.c.service_id == service.c.service_id,
    )


def _by_service(
    matched: ColumnElement[Any], value: ColumnElement[Any], *where: ColumnElement[bool]
) -> Select[Any]:
    return select(
        subscriber.c.reference,
        subscriber.c.name,
        service.c.name.label("login"),
        matched.label("matched"),
        value.label("value"),
    ).where(service.c.subscriber_id == subscriber.c.subscriber_id, *where)


def _by_subscriber(
    matched: str, value: ColumnElement[Any], *where: ColumnElement[bool]
) -> Select[Any]:
    living = service.c.subscriber_id == subscriber.c.subscriber_id
    return (
        select(
            subscriber.c.reference,
            subscriber.c.name,
            service.c.name.label("login"),
            literal(matched).label("matched"),
            value.label("value"),
        )
        .outerjoin_from(subscriber, service, living)
        .where(*where)
    )
