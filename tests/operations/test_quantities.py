"""Rates, volumes, money, periods and times as people write them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from isp.cap import Block, Charge, Throttle
from isp.errors import ExitCode, Refused
from operations.quantities import (
    octets_text,
    over_cap_text,
    parse_anchor_day,
    parse_date,
    parse_duration,
    parse_instant,
    parse_money,
    parse_octets,
    parse_over_cap,
    parse_period,
    parse_price,
    parse_rate_kbps,
    rate_text,
)


@pytest.mark.parametrize(
    ("text", "kbps"),
    [("512k", 512), ("100M", 100_000), ("2.5G", 2_500_000), ("unlimited", None)],
)
def test_rates_are_decimal(text: str, kbps: int | None) -> None:
    assert kbps == parse_rate_kbps(text)


@pytest.mark.parametrize(
    ("text", "octets"), [("500G", 500 * 10**9), ("1.5T", 15 * 10**11), ("200MB", 2 * 10**8)]
)
def test_volumes_are_decimal(text: str, octets: int) -> None:
    assert octets == parse_octets(text)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("throttle:2M/1M", Throttle(down_kbps=2000, up_kbps=1000)),
        ("block", Block()),
        ("charge:1.00/GB", Charge(price=Decimal("1.00"), per_octets=10**9)),
        ("charge:5/10GB", Charge(price=Decimal("5"), per_octets=10**10)),
    ],
)
def test_over_cap_rules(text: str, rule: object) -> None:
    assert rule == parse_over_cap(text)


@pytest.mark.parametrize(
    ("text", "period"), [("month", "1 month"), ("1 Months", "1 month"), ("10 days", "10 day")]
)
def test_a_period_has_one_spelling(text: str, period: str) -> None:
    assert period == parse_period(text)


def test_anchor_days_times_and_durations() -> None:
    assert [1, 31, 0] == [parse_anchor_day(text) for text in ("1", "31", "last")]
    assert date(2026, 3, 31) == parse_date("2026-03-31")
    assert timedelta(hours=4) == parse_duration("4h")
    assert datetime(2026, 1, 1, 12, tzinfo=UTC) == parse_instant("2026-01-01T14:00:00+02:00")
    assert Decimal("-10.50") == parse_money("-10.50")


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_rate_kbps, "100"),
        (parse_rate_kbps, "0M"),
        (parse_rate_kbps, "0.3k"),
        (parse_octets, "lots"),
        (parse_over_cap, "throttle:2M"),
        (parse_over_cap, "block:now"),
        (parse_over_cap, "throttle:unlimited/1M"),
        (parse_money, "1,000.00"),
        (parse_money, "NaN"),
        (parse_price, "-3"),
        (parse_period, "0 month"),
        (parse_anchor_day, "32"),
        (parse_date, "31.03.2026"),
        (parse_duration, "0h"),
        (parse_instant, "2026-01-01T14:00:00"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_remedy(parse, text: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(text)

    assert (ExitCode.USAGE, True) == (refused.value.exit_code, bool(refused.value.remedy))


@pytest.mark.parametrize("text", ["512k", "100M", "2.5G", "unlimited", "1500M"])
def test_a_rate_is_written_as_it_is_read(text: str) -> None:
    kbps = parse_rate_kbps(text)

    assert kbps == parse_rate_kbps(rate_text(kbps))


@pytest.mark.parametrize("text", ["throttle:2M/1M", "block", "charge:1.00/GB", "charge:5/10GB"])
def test_an_over_cap_rule_is_written_as_it_is_read(text: str) -> None:
    assert text == over_cap_text(parse_over_cap(text))


def test_volumes_are_shown_to_three_digits() -> None:
    assert ["999 B", "1.5 kB", "1.23 GB", "999 MB", "1 GB"] == [
        octets_text(octets) for octets in (999, 1500, 1_234_567_890, 999_400_000, 999_600_000)
    ]
