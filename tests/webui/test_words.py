"""Values as people read them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webui.sign_in import page_here
from webui.words import duration, filters, invoice_state, labelled, light, money

TODAY = date(2026, 3, 10)


def test_an_instant_is_told_in_the_tenants_zone():
    at = filters(ZoneInfo("Europe/Belgrade"))["at"]

    expected = (
        '<time datetime="2026-03-10T12:00:00+00:00" title="2026-03-10 13:00:00 CET">'
        "2026-03-10 13:00</time>"
    )
    assert expected == at(datetime(2026, 3, 10, 12, tzinfo=UTC))
    assert "" == at(None)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "00:00:00"), (3725, "01:02:05"), (90061, "1 d 01:01:01")]
)
def test_a_duration_is_told_as_a_clock(seconds, text):
    assert text == duration(seconds)


@pytest.mark.parametrize(("dbm", "tone"), [(-24.9, "good"), (-25.0, "warn"), (-27.0, "bad")])
def test_light_is_weak_before_it_is_too_weak(dbm, tone):
    assert tone == light(dbm)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("1234.5", "USD", "1,234.50 USD"),
        ("1234", "JPY", "1,234 JPY"),
        ("0.005", "KWD", "0.005 KWD"),
    ],
)
def test_money_has_the_digits_of_its_currency(amount, currency, text):
    assert text == money(Decimal(amount), currency)


@pytest.mark.parametrize(
    ("state", "total", "open_", "due_on", "told"),
    [
        ("final", 10, 10, date(2026, 3, 9), "overdue"),
        ("final", 10, 10, TODAY, "open"),
        ("final", 10, 0, date(2026, 3, 9), "paid"),
        ("final", -10, 0, None, "final"),
        ("void", 10, 0, None, "void"),
    ],
)
def test_a_document_is_called_what_it_is_to_the_subscriber(state, total, open_, due_on, told):
    document = {"state": state, "total": total, "open": open_, "due_on": due_on}

    assert told == invoice_state(document, TODAY)


def test_identifiers_and_addresses_are_labelled():
    assert ("MAC", "02:00:5E:00:53:01") == labelled("mac 02:00:5E:00:53:01")
    assert ("IPv4", "192.0.2.1/32 (static)") == labelled("ipv4 192.0.2.1/32 (static)")


@pytest.mark.parametrize("path", ["/sessions?nas=b1", "/subscribers/S%2F1", "/"])
def test_signing_in_leads_on_to_the_page_that_was_wanted(path):
    assert path == page_here(path)


@pytest.mark.parametrize(
    "path",
    ["", "//evil.example", "/\\evil.example", "https://evil.example", "/sign-out", "/\t/evil", "x"],
)
def test_signing_in_leads_nowhere_else(path):
    assert "/subscribers" == page_here(path)


@given(st.text())
def test_where_signing_in_leads_begins_with_one_slash(text):
    path = page_here(text)

    assert path.startswith("/")
    assert path[1:2] not in ("/", "\\")
