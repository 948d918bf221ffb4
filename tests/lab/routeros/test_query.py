"""The stack of query words, as the API's manual describes it."""

import pytest

from lab.routeros.query import matches

ETHER = {"name": "ether1", "type": "ether", "mtu": "1500", "disabled": "false", "rx": "9"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], True),
        (["name"], True),
        (["comment"], False),
        (["-comment"], True),
        (["name=ether1"], True),
        (["=name=ether1"], True),
        (["disabled=no"], True),
        (["disabled=false"], True),
        (["name=ether1", "type=vlan"], False),
        (["type=ether", "type=vlan", "#|"], True),
        (["type=ether", "#!"], False),
        (["type=ether", "type=vlan", "#|!"], False),
        (["name=ether1", "type=ether", "type=vlan", "#|&"], True),
        ([">rx=10"], False),
        (["<rx=10"], True),
        ([">mtu=200"], True),
        ([">comment=1"], False),
        (["type=vlan", "type=ether", "#1"], False),
        (["type=vlan", "type=ether", "#0"], True),
        (["type=vlan", "type=ether", "#1.!&|"], True),
    ],
)
def test_a_query_lets_through_what_it_says(words, expected):
    assert expected is matches(ETHER.get, words)
