"""SNMP messages: what is encoded decodes to the same, anything else is one named error."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.snmp.ber import MalformedMessage, arcs, enclose, integer, oid_octets, oid_text
from devices.snmp.message import END_OF_VIEW, RESPONSE, decode_v2c, encode_v2c

SEQUENCE, OID = 0x30, 0x06
arc = st.integers(0, 2**32 - 1)
oids = st.tuples(st.integers(0, 2), st.integers(0, 39), st.lists(arc, max_size=20)).map(
    lambda parts: ".".join(map(str, (parts[0], parts[1], *parts[2])))
)


def response(*varbinds: bytes, number: int = 7) -> bytes:
    body = enclose(SEQUENCE, *varbinds)
    return encode_v2c(b"c", enclose(RESPONSE, integer(number), integer(0), integer(0), body))


def varbind(dotted: str, element: bytes) -> bytes:
    return enclose(SEQUENCE, enclose(OID, oid_octets(dotted)), element)


@settings(deadline=None)
@given(oids)
def test_an_oid_is_the_same_after_its_octets(dotted):
    assert dotted == oid_text(oid_octets(dotted))


@settings(deadline=None)
@given(oids, oids)
def test_octets_begin_with_octets_where_arcs_begin_with_arcs(one, other):
    longer = f"{one}.{other}"

    assert oid_octets(longer).startswith(oid_octets(one))
    assert oid_octets(other).startswith(oid_octets(one)) == f"{other}.".startswith(f"{one}.")


@settings(deadline=None)
@given(st.lists(st.tuples(oids, st.integers(-(2**63), 2**63 - 1) | st.binary(max_size=300))))
def test_every_response_decodes_to_what_was_encoded(cells):
    made = [
        varbind(oid, integer(value) if isinstance(value, int) else enclose(4, value))
        for oid, value in cells
    ]
    _, pdu = decode_v2c(response(*made))

    assert [(oid_octets(oid), value) for oid, value in cells] == pdu.varbinds


@pytest.mark.parametrize(
    ("element", "value"),
    [
        (enclose(0x41, b"\xff\xff\xff\xff"), 2**32 - 1),
        (enclose(0x41, b"\x00\xff\xff\xff\xff"), 2**32 - 1),
        (enclose(0x46, b"\xff" * 8), 2**64 - 1),
        (enclose(0x02, b"\xff"), -1),
        (enclose(0x40, b"\x0a\x00\x00\x01"), b"\x0a\x00\x00\x01"),
        (enclose(0x06, oid_octets("1.3.6.1.4.1.2011")), "1.3.6.1.4.1.2011"),
        (enclose(0x05), None),
        (enclose(0x80), None),
        (enclose(0x81), None),
        (enclose(0x82), END_OF_VIEW),
        (b"\x04\x82\x00\x01x", b"x"),
    ],
)
def test_a_value_is_what_its_tag_says(element, value):
    _, pdu = decode_v2c(response(varbind("1.3.6", element)))

    assert [(oid_octets("1.3.6"), value)] == pdu.varbinds


def test_an_arc_that_was_sign_extended_is_the_unsigned_one():
    octets = b"\x81\xff\xff\xff\xff\xff\xca\x80\x80\x00"

    assert (arcs(octets)[0],) == (arcs(octets)[0] & 0xFFFFFFFF,)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_octets_are_a_message_or_malformed(octets):
    try:
        decode_v2c(octets)
    except MalformedMessage:
        return


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 4))
def test_a_message_with_changed_octets_is_a_message_or_malformed(seed, changes):
    randomly = random.Random(seed)
    octets = bytearray(
        response(*(varbind(f"1.3.6.1.{row}", integer(row)) for row in range(40, 44)))
    )
    for _ in range(changes):
        octets[randomly.randrange(len(octets))] = randomly.randrange(256)
    try:
        decode_v2c(bytes(octets))
    except MalformedMessage:
        return


def test_a_message_cut_anywhere_is_malformed():
    whole = response(varbind("1.3.6.1", integer(5)), varbind("1.3.6.2", enclose(4, b"x" * 200)))
    for end in range(len(whole)):
        with pytest.raises(MalformedMessage):
            decode_v2c(whole[:end])
