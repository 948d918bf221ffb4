"""Mikrotik-Rate-Limit: all of the grammar, both ways."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isp.limit import Limit
from policy.rate_limit import RateLimit, RateLimitError, parse_rate_limit, rate_limit_text

MEGA = 1_000_000


@pytest.mark.parametrize(
    ("text", "up", "down"),
    [
        ("64", Limit(rate_bps=64), Limit(rate_bps=64)),
        ("7M/2m", Limit(rate_bps=7 * MEGA), Limit(rate_bps=2 * MEGA)),
        ("7000000/2G", Limit(rate_bps=7 * MEGA), Limit(rate_bps=2000 * MEGA)),
        ("0/1K", Limit(), Limit(rate_bps=1000)),
    ],
)
def test_a_pair_has_the_subscribers_upload_first(text: str, up: Limit, down: Limit):
    assert RateLimit(up=up, down=down) == parse_rate_limit(text)


def test_a_burst_alone_has_the_rate_as_threshold_and_one_second():
    burst = Limit(rate_bps=64_000, burst_bps=256_000, burst_threshold_bps=64_000, burst_seconds=1)

    assert RateLimit(up=burst, down=burst) == parse_rate_limit("64k 256k")


def test_all_six_parts_are_read():
    limit = parse_rate_limit("64k/128k 256k/512k 96k/192k 10/8 5 32k/64k")

    assert (
        Limit(
            rate_bps=128_000,
            burst_bps=512_000,
            burst_threshold_bps=192_000,
            burst_seconds=8,
            priority=5,
            guaranteed_bps=64_000,
        )
        == limit.down
    )
    assert 10 == limit.up.burst_seconds


def test_parts_that_say_nothing_keep_the_places_of_those_that_do():
    limit = parse_rate_limit("384k/1536k 0/0 0/0 0/0 8 96k/384k")

    assert (None, 96_000) == (limit.up.burst_bps, limit.up.guaranteed_bps)
    assert "384k/1536k 0/0 0/0 0/0 8 96k/384k" == rate_limit_text(limit)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "fast",
        "1M/2M/3M",
        "1M  2M",
        "1.5M",
        "1T",
        "1M/",
        "-1M",
        "1M 0/0 0/0 0/0 0",
        "1M 0/0 0/0 0/0 9",
        "1M 0/0 0/0 0/0 96k/384k",
        "1M 0 0 0 8 2M",
        "1M 0 0 0 8 1M more",
        "1M 2M 1M 1s",
        "１M",
    ],
)
def test_what_is_not_of_the_grammar_is_refused(text: str):
    with pytest.raises(RateLimitError):
        parse_rate_limit(text)


rates = st.one_of(st.integers(1, 10**11), st.integers(1, 10**5).map(lambda n: n * 1000))


@st.composite
def limits(draw: st.DrawFn) -> Limit:
    rate = draw(st.none() | rates)
    burst = draw(st.none() | rates)
    return Limit(
        rate_bps=rate,
        guaranteed_bps=draw(st.none() | (rates if rate is None else st.integers(1, rate))),
        burst_bps=burst,
        burst_threshold_bps=(draw(rates) if burst else None),
        burst_seconds=draw(st.integers(1, 600)) if burst else None,
        priority=draw(st.integers(1, 8)),
    )


@settings(max_examples=200, deadline=None)
@given(up=limits(), down=limits())
def test_what_is_written_is_read_back(up: Limit, down: Limit):
    limit = RateLimit(up=up, down=down)

    assert limit == parse_rate_limit(rate_limit_text(limit))


@settings(max_examples=200, deadline=None)
@given(text=st.text(alphabet="0123456789kKmMgG/ .", max_size=40))
def test_any_text_is_a_limit_or_one_named_error(text: str):
    try:
        limit = parse_rate_limit(text)
    except RateLimitError:
        return

    assert limit == parse_rate_limit(rate_limit_text(limit))
