"""Hostile packets to the accounting port."""

from collections.abc import Iterator
from typing import Final

from radius import numbers, wire
from radius.packet import Code
from tests.support.hostile import OTHER_SECRET, Case, acct, attribute, raw, vendor
from tests.support.radiusd import SECRET

__all__ = ["accounting_cases"]

RESPONSE: Final = Code.ACCOUNTING_RESPONSE
FOUR: Final = bytes(4)


def accounting_cases() -> Iterator[Case]:
    """All of them."""
    yield from refusals()
    yield from odd_ones()
    yield from repetitions()


def dropped(row: str, what: str, reason: str, *sends: bytes) -> Case:
    """Nobody answers, and each is counted for that reason."""
    return Case(row=row, what=what, sends=sends, accounting=True, drops={reason: len(sends)})


def recorded(row: str, what: str, *sends: bytes, records: int | None = None) -> Case:
    """All are acknowledged; `records` where they are not one each."""
    return Case(
        row=row,
        what=what,
        sends=sends,
        accounting=True,
        replies=[RESPONSE] * len(sends),
        recorded=len(sends) if records is None else records,
    )


def numbered(*extras: bytes, status: int = 3) -> list[bytes]:
    """Requests of sessions of their own."""
    return [
        acct(extra, session=b"%04d" % number, identifier=number, status=status)
        for number, extra in enumerate(extras)
    ]


def refusals() -> Iterator[Case]:
    wrong = "authenticator_wrong"
    others = [raw(code, b"") for code in range(256) if code not in (4, 12)]
    zeros = acct()[:4] + bytes(16) + acct()[20:]
    signed = acct(signed=True)
    forged = signed[:25] + bytes((signed[25] ^ 1,)) + signed[26:]
    resigned = wire.md5(forged[:4] + bytes(16) + forged[20:] + SECRET).digest()
    yield dropped("9, 10 and 11", "codes of others, accounting", "code_not_served", *others)
    yield dropped("13", "another secret, accounting", wrong, acct(secret=OTHER_SECRET))
    yield dropped("60", "an authenticator of zeros", wrong, zeros)
    yield dropped("61", "a wrong signature", wrong, forged[:4] + resigned + forged[20:])
    yield dropped("64", "no Acct-Status-Type", "no_acct_status_type", acct(status=None))
    yield dropped("64", "no Acct-Session-Id", "no_acct_session_id", acct(session=None))


def odd_ones() -> Iterator[Case]:
    """What is recorded all the same: a NAS would repeat it for ever."""
    yield recorded("5", "padding, accounting", acct() + b"\x05\x00")
    yield recorded("22", "NAS-Port of three octets", acct(attribute(numbers.NAS_PORT, bytes(3))))
    broken = (b"", b"\0\0\0", b"\0\0\x0d\xe9\x01\x00", b"\0\0\x0d\xe9\x01\x09a")
    yield recorded("24", "vendors' broken ones, accounting", acct(b"".join(map(vendor, broken))))
    yield recorded("23", "an address of five", acct(attribute(numbers.FRAMED_IP_ADDRESS, bytes(5))))
    yield recorded("30", "a name with NULs", acct(login=b"a\0nn"))
    yield recorded("31", "a name that is no UTF-8", acct(login=b"ann\xff"))
    yield recorded("61", "a right signature", acct(signed=True))
    secrets = [
        attribute(numbers.USER_PASSWORD, bytes(16)),
        attribute(numbers.CHAP_PASSWORD, bytes(17)),
        attribute(numbers.STATE, b"x"),
        attribute(numbers.REPLY_MESSAGE, b"x"),
    ]
    yield recorded("62", "what accounting never carries", acct(b"".join(secrets)))
    yield recorded("63", "EAP", acct(attribute(numbers.EAP_MESSAGE, b"\x02\x01\x00\x04")))
    statuses = [acct(status=status, identifier=status) for status in (9, 15, 200)]
    yield recorded("65", "a status of a vendor's", *statuses)
    times = numbered(
        attribute(numbers.ACCT_DELAY_TIME, b"\xff" * 4),
        attribute(numbers.EVENT_TIMESTAMP, FOUR),
        attribute(numbers.EVENT_TIMESTAMP, b"\xff" * 4),
    )
    yield recorded("67", "times that never were", *times)
    huge = attribute(numbers.ACCT_INPUT_GIGAWORDS, b"\xff" * 4) + attribute(
        numbers.ACCT_INPUT_OCTETS, b"\xff" * 4
    )
    yield recorded("68", "2^64 - 1 octets", *numbered(huge, status=2))


def repetitions() -> Iterator[Case]:
    later = [
        acct(attribute(numbers.ACCT_DELAY_TIME, bytes((0, 0, 0, delay))), identifier=delay)
        for delay in (0, 3, 6)
    ]
    yield recorded("66", "again, and later each time", *later, records=1)
    yield Case(
        row="57",
        what="the same again, accounting",
        sends=[acct()] * 2,
        accounting=True,
        replies=[RESPONSE] * 2,
        same=True,
        recorded=1,
    )
