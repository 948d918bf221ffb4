"""What people write for rates, volumes, money, periods and times, and what is meant by it.

Rates and volumes are decimal, as they are sold: `100M` is 100,000 kbit/s, `500G` is 5·10¹¹ octets.
"""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from isp.cap import Block, Charge, OverCap, Throttle
from isp.errors import ExitCode, Refused

__all__ = [
    "octets_text",
    "over_cap_text",
    "parse_anchor_day",
    "parse_date",
    "parse_duration",
    "parse_instant",
    "parse_money",
    "parse_octets",
    "parse_over_cap",
    "parse_period",
    "parse_price",
    "parse_rate_kbps",
    "parse_until",
    "rate_text",
]

LAST_DAY_OF_MONTH: Final = 0
"""How `subscriber.anchor_day` says the last day of each month."""

RATE_KBPS: Final = {"k": 1, "m": 1_000, "g": 1_000_000}
VOLUME_OCTETS: Final = {"k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
DURATION_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
NUMBER: Final = r"(\d+(?:\.\d+)?)"
RATE: Final = re.compile(rf"{NUMBER}([kmg])", re.IGNORECASE)
VOLUME: Final = re.compile(rf"{NUMBER}([kmgt])b?", re.IGNORECASE)
DURATION: Final = re.compile(r"(\d+)([smhdw])", re.IGNORECASE)
PERIOD: Final = re.compile(r"(?:(\d+)\s+)?(day|week|month|quarter|year)s?", re.IGNORECASE)


def parse_rate_kbps(text: str) -> int | None:
    """Kilobits per second from `512k`, `100M`, `2.5G`; `unlimited` is None. Raises Refused."""
    if text.strip().lower() == "unlimited":
        return None
    match = RATE.fullmatch(text.strip())
    kbps = Decimal(match[1]) * RATE_KBPS[match[2].lower()] if match else Decimal(0)
    if kbps < 1 or kbps != int(kbps):
        raise _unreadable("a rate", text, "write 512k, 100M, 2.5G or unlimited")
    return int(kbps)


def parse_octets(text: str) -> int:
    """Octets from `500G`, `1.5T`, `200MB`. Raises Refused."""
    match = VOLUME.fullmatch(text.strip())
    octets = Decimal(match[1]) * VOLUME_OCTETS[match[2].lower()] if match else Decimal(0)
    if octets < 1 or octets != int(octets):
        raise _unreadable("a volume", text, "write 500G, 1.5T or 200M")
    return int(octets)


def parse_over_cap(text: str) -> OverCap:
    """`throttle:DOWN/UP`, `block` or `charge:PRICE/GB`. Raises Refused."""
    kind, _, detail = text.strip().partition(":")
    first, _, second = detail.partition("/")
    match kind.lower():
        case "block" if not detail:
            return Block()
        case "throttle" if first and second:
            down, up = parse_rate_kbps(first), parse_rate_kbps(second)
            if down is not None and up is not None:
                return Throttle(down_kbps=down, up_kbps=up)
        case "charge" if first and second:
            unit = second if second[0].isdigit() else f"1{second}"
            return Charge(price=parse_price(first), per_octets=parse_octets(unit))
    raise _unreadable("an over-cap rule", text, "write throttle:2M/1M, block or charge:1.00/GB")


def parse_money(text: str) -> Decimal:
    """An amount such as `25.00`; the sign is kept. Raises Refused."""
    try:
        amount = Decimal(text.strip())
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise _unreadable(
            "an amount", text, "write it with a point and no thousands mark, as 25.00"
        )
    return amount


def parse_price(text: str) -> Decimal:
    """An amount that is not below zero. Raises Refused."""
    price = parse_money(text)
    if price < 0:
        raise _unreadable("a price", text, "give nothing or more, as 25.00")
    return price


def parse_period(text: str) -> str:
    """The period in its one spelling: `month` and `1 Months` are `1 month`. Raises Refused."""
    match = PERIOD.fullmatch(text.strip())
    count = int(match[1] or 1) if match else 0
    if match is None or count < 1:
        raise _unreadable("a period", text, 'write "1 month", "7 day", "1 quarter" or "1 year"')
    return f"{count} {match[2].lower()}"


def parse_anchor_day(text: str) -> int:
    """1..31, or 0 for `last`. Raises Refused."""
    wanted = text.strip().lower()
    if wanted == "last":
        return LAST_DAY_OF_MONTH
    if wanted.isdecimal() and 1 <= int(wanted) <= 31:
        return int(wanted)
    raise _unreadable("an anchor day", text, "write a day from 1 to 31, or last")


def parse_date(text: str) -> date:
    """A calendar date, ISO 8601. Raises Refused."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise _unreadable("a date", text, "write it as 2026-03-31") from None


def parse_instant(text: str) -> datetime:
    """An instant with its offset, so that nobody has to guess the zone. Raises Refused."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise _unreadable("a time", text, "write it as 2026-03-31T14:05:00+02:00") from None
    if at.tzinfo is None:
        raise _unreadable("a time", text, f"add the offset, as {text.strip()}+00:00")
    return at


def parse_duration(text: str) -> timedelta:
    """`90s`, `10m`, `4h`, `7d`, `2w`. Raises Refused."""
    match = DURATION.fullmatch(text.strip())
    if match is None or int(match[1]) == 0:
        raise _unreadable("a duration", text, "write 90s, 10m, 4h, 7d or 2w")
    return timedelta(seconds=int(match[1]) * DURATION_SECONDS[match[2].lower()])


def parse_until(text: str, start: datetime) -> datetime:
    """An end: how long after `start` (`2h`), or an instant with its offset. Raises Refused."""
    if DURATION.fullmatch(text.strip()):
        return start + parse_duration(text)
    try:
        return parse_instant(text)
    except Refused as refused:
        remedy = f"{refused.remedy}, or how long it takes, as 2h"
        raise _unreadable("an end", text, remedy) from None


def rate_text(kbps: int | None) -> str:
    """A rate as `parse_rate_kbps` reads it."""
    if kbps is None:
        return "unlimited"
    unit = next((unit for unit in ("g", "m") if kbps >= RATE_KBPS[unit]), "k")
    return f"{_shortest(kbps, RATE_KBPS[unit])}{unit if unit == 'k' else unit.upper()}"


def octets_text(octets: int) -> str:
    """A volume to three digits, decimal: `1.23 GB`."""
    # What three digits would round up to 1000 of a unit is 1 of the next.
    reached = (unit for unit in ("t", "g", "m", "k") if octets >= VOLUME_OCTETS[unit] * 0.9995)
    unit = next(reached, None)
    if unit is None:
        return f"{octets} B"
    return f"{octets / VOLUME_OCTETS[unit]:.3g} {unit if unit == 'k' else unit.upper()}B"


def over_cap_text(rule: OverCap | None) -> str | None:
    """A rule as `parse_over_cap` reads it."""
    match rule:
        case None:
            return None
        case Block():
            return "block"
        case Throttle():
            return f"throttle:{rate_text(rule.down_kbps)}/{rate_text(rule.up_kbps)}"
        case Charge():
            gigabytes = _shortest(rule.per_octets, VOLUME_OCTETS["g"])
            return f"charge:{rule.price}/{'' if gigabytes == '1' else gigabytes}GB"


def _shortest(amount: int, unit: int) -> str:
    return f"{(Decimal(amount) / unit).normalize():f}"


def _unreadable(what: str, text: str, remedy: str) -> Refused:
    return Refused(f"{text!r} is not {what}", remedy=remedy, exit_code=ExitCode.USAGE)
