"""The text form of radclient."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius.attributes import Invalid, Pair, pair, read
from radius.dictionaries import shipped
from radius.text import TextError, format_items, parse_pairs
from radius.values import Fault
from tests.support.radius_pairs import pairs_of

TEXT = """\
User-Name = "ann \\"the\\" \\\\ \\303\\274\\n"
Framed-IP-Address = 100.64.0.1
Service-Type = Framed-User
Acct-Session-Time = 4294967295
Tunnel-Type:1 = L2TP
Event-Timestamp = "Nov  2 2026 12:05:00 UTC"
Framed-IPv6-Prefix = 2001:db8:1::/56
Framed-Interface-Id = 0011:2233:4455:6677
Class = 0x00ff
Mikrotik-Rate-Limit = "20M/100M"
Attr-26.9.77 = 0x0102
"""


def test_what_is_formatted_is_what_was_parsed() -> None:
    lines = format_items(parse_pairs(TEXT, shipped()), shipped())

    assert TEXT.replace("\\303\\274", "ü").splitlines() == lines


@given(st.lists(pairs_of(shipped()), max_size=4))
def test_every_pair_survives_the_text_form(pairs: list[Pair]) -> None:
    text = "\n".join(format_items(pairs, shipped()))

    assert pairs == parse_pairs(text, shipped())


def test_an_invalid_attribute_is_written_as_it_came() -> None:
    items = read([(5, b"\1\2\3")], shipped())

    assert isinstance(items[0], Invalid)
    assert format_items(items, shipped()) == ["Attr-5 = 0x010203"]
    assert (
        parse_pairs("Attr-5 = 0x010203", shipped())[0].definition.oid[0],
        parse_pairs("Attr-5 = 0x010203", shipped())[0].value,
    ) == (5, b"\1\2\3")
    assert Fault.LENGTH is items[0].fault


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("user-name = ann", [pair(shipped(), "User-Name", "ann")]),
        ("User-Name := ann,", [pair(shipped(), "User-Name", "ann")]),
        ("# nothing\n\n", []),
        (
            'User-Name = "a, b" , NAS-Port = 0x10 # and a comment',
            [pair(shipped(), "User-Name", "a, b"), pair(shipped(), "NAS-Port", 16)],
        ),
        ('Class = "text"', [pair(shipped(), "Class", b"text")]),
        ('User-Name = "\\377"', [pair(shipped(), "User-Name", b"\xff")]),
        ("User-Name = 0x61", [pair(shipped(), "User-Name", "0x61")]),
        ("User-Password = 0x61", [pair(shipped(), "User-Password", b"a")]),
        ("Acct-Status-Type = Alive", [pair(shipped(), "Acct-Status-Type", 3)]),
    ],
)
def test_other_spellings_are_understood(text: str, expected: list[Pair]) -> None:
    assert expected == parse_pairs(text, shipped())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("\nUser-Nam = 1", "line 2: no dictionary knows the attribute User-Nam"),
        ("User-Name", "line 1: User-Name is not of the form Name = value"),
        (
            "NAS-Port = ten",
            "line 1: ten is no value of NAS-Port, which is of type integer",
        ),
        (
            "Framed-IP-Address = 1.2.3",
            "line 1: 1.2.3 is no value of Framed-IP-Address, which is of type ipaddr",
        ),
        ('User-Name = "open', 'line 1: User-Name = "open is not of the form Name = value'),
    ],
)
def test_a_line_that_is_wrong_is_named(text: str, problem: str) -> None:
    with pytest.raises(TextError) as raised:
        parse_pairs(text, shipped())

    assert problem == str(raised.value)
