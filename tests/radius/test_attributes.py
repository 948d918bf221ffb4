"""Typed values, tags, hidden values, vendors' layouts; an invalid value costs only itself."""

from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address, IPv6Network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radius import wire
from radius.attributes import Invalid, Pair, pair, read, write
from radius.dictionaries import shipped
from radius.dictionary_parser import parse
from radius.hiding import Hiding
from radius.values import Fault, InvalidAttributeError, Value
from tests.support.radius_pairs import pairs_of

HIDING = Hiding(secret=b"s3cret", authenticator=bytes(range(16)), first_salt=77)
VENDORS = parse(
    ["vendors"],
    lambda _: (
        """
VENDOR Two 1001 format=2,1
VENDOR Four 1002 format=4,0
VENDOR Double 1003 format=2,2
VENDOR Long 24757 format=1,1,c
ATTRIBUTE Vendor-Specific 26 vsa
ATTRIBUTE Two-Name 258 string Two
ATTRIBUTE Four-Name 70000 string Four
ATTRIBUTE Double-Name 513 string Double
ATTRIBUTE Long-Octets 1 octets Long
ATTRIBUTE Long-Tlv 2 tlv Long
ATTRIBUTE Long-Release 2.1 string Long
ATTRIBUTE Long-Accounting 2.2 byte Long
ATTRIBUTE Long-Deep 2.3 tlv Long
ATTRIBUTE Long-Deepest 2.3.9 short Long
ATTRIBUTE Extended-1 241 extended
ATTRIBUTE Evs-1 241.26 evs
ATTRIBUTE Extended-5 245 long-extended
ATTRIBUTE Long-Text 245.1 string
ATTRIBUTE Evs-5 245.26 evs
ATTRIBUTE Ascend-Secret 214 string encrypt=3
"""
    ),
)


def attributes_in(octets: bytes) -> list[tuple[int, bytes]]:
    header = bytes(2) + (20 + len(octets)).to_bytes(2, "big") + bytes(16)
    return wire.split(header + octets).attributes


@settings(max_examples=300)
@given(pairs_of(shipped()))
def test_what_is_written_is_read(drawn: Pair) -> None:
    octets = write([drawn], shipped(), HIDING)

    assert [drawn] == read(attributes_in(octets), shipped(), HIDING)


@given(pairs_of(VENDORS))
def test_what_is_written_in_a_vendors_own_layout_is_read(drawn: Pair) -> None:
    octets = write([drawn], VENDORS, HIDING)

    assert [drawn] == read(attributes_in(octets), VENDORS, HIDING)


@given(st.lists(st.tuples(st.integers(1, 255), st.binary(max_size=253)), max_size=6))
def test_reading_random_attributes_never_fails(attributes: list[tuple[int, bytes]]) -> None:
    for dictionary in (shipped(), VENDORS):
        read(attributes, dictionary, HIDING)
        read(attributes, dictionary)


@given(st.lists(st.binary(max_size=40), max_size=4))
def test_reading_random_vendor_attributes_never_fails(tails: list[bytes]) -> None:
    for vendor in (9, 1001, 1002, 1003, 24757):
        read([(26, vendor.to_bytes(4, "big") + tail) for tail in tails], VENDORS)
    read([(245, tail) for tail in tails], VENDORS)
    read([(241, b"\x1a" + tail) for tail in tails], VENDORS)


def fault_of(kind: int, octets: bytes) -> Fault | None:
    (item,) = read([(kind, octets)], shipped(), HIDING)
    return item.fault if isinstance(item, Invalid) else None


@pytest.mark.parametrize(
    ("kind", "octets", "fault"),
    [
        pytest.param(1, b"", Fault.EMPTY, id="row 20: an empty User-Name"),
        pytest.param(5, b"\0\0\1", Fault.LENGTH, id="rows 21, 22: NAS-Port of 3 octets"),
        pytest.param(8, b"\n\0\0\1\0", Fault.LENGTH, id="row 23: an address of 5 octets"),
        pytest.param(8, b"\n\0\1", Fault.LENGTH, id="an address of 3 octets"),
        pytest.param(26, b"\0\0\x09", Fault.VENDOR_TOO_SHORT, id="row 24: no vendor"),
        pytest.param(26, b"\0\0\0\x09\1\0", Fault.CONTAINED_OVERRUN, id="row 24: length 0"),
        pytest.param(26, b"\0\0\0\x09\1\4x", Fault.CONTAINED_OVERRUN, id="row 24: overrun"),
        pytest.param(245, b"\1\x80abc", Fault.FRAGMENT_MISSING, id="row 25: no continuation"),
        pytest.param(241, b"\5\1\5\0\0", Fault.CONTAINED_OVERRUN, id="row 28: TLVs overfill"),
        pytest.param(2, bytes(17), Fault.HIDDEN, id="row 35: a password of 17 octets"),
        pytest.param(97, b"\0\x40\x20\1", Fault.PREFIX_LENGTH, id="a prefix cut short"),
        pytest.param(97, b"\0\x81" + bytes(16), Fault.PREFIX_LENGTH, id="a prefix of 129 bits"),
        pytest.param(64, b"", Fault.EMPTY, id="a tagged value without its tag"),
        pytest.param(69, b"\1\x80\0", Fault.HIDDEN, id="a salt and nothing more"),
        pytest.param(26, b"\0\0\0\x09", Fault.CONTAINED_OVERRUN, id="a vendor and no more"),
    ],
)
def test_an_invalid_attribute_costs_only_itself(kind: int, octets: bytes, fault: Fault) -> None:
    items = read([(kind, octets), (1, b"ann")], shipped(), HIDING)

    assert fault == fault_of(kind, octets)
    assert pair(shipped(), "User-Name", "ann") == items[-1]


def test_row_26_reserved_flags_of_a_long_attribute_are_ignored() -> None:
    assert [pair(VENDORS, "Long-Text", "abc")] == read([(245, b"\1\x7fabc")], VENDORS)


def test_row_27_tlvs_nested_ever_deeper_are_opened_as_far_as_they_are_defined() -> None:
    octets = b""
    for _ in range(120):
        octets = bytes((3, len(octets) + 2)) + octets
    inner = bytes((2, len(octets) + 3)) + b"\0" + octets

    items = read([(26, (24757).to_bytes(4, "big") + inner)], VENDORS)

    assert [item.definition.name for item in items] == ["Attr-26.24757.2.3.3"]


def test_row_29_an_unknown_vendor_is_read_as_octets() -> None:
    known = read([(26, b"\0\0\xff\xff\7\4ab")], shipped())
    opaque = read([(26, b"\0\0\xff\xff\7\1ab")], shipped())

    assert [(each.definition.name, each.value) for each in known] == [("Attr-26.65535.7", b"ab")]
    assert [(each.definition.name, each.value) for each in opaque] == [("Attr-26.65535", b"\7\1ab")]


def test_rows_30_and_31_a_name_keeps_its_octets() -> None:
    assert pair(shipped(), "User-Name", "a\0b") == read([(1, b"a\0b")], shipped())[0]
    assert pair(shipped(), "User-Name", b"\xff") == read([(1, b"\xff")], shipped())[0]


def test_a_prefix_with_host_bits_is_its_network() -> None:
    (item,) = read([(97, b"\0\x38\x20\1\x0d\xb8" + bytes(6) + b"\1" * 6)], shipped())

    assert pair(shipped(), "Framed-IPv6-Prefix", IPv6Network("2001:db8::/56")) == item


def test_several_sub_attributes_in_one_vendor_attribute_are_all_read() -> None:
    octets = (14988).to_bytes(4, "big") + b"\x08\x04ab" + b"\x13\x03x"

    items = read([(26, octets)], shipped())

    assert [
        pair(shipped(), "Mikrotik-Rate-Limit", "ab"),
        pair(shipped(), "Mikrotik-Address-List", "x"),
    ] == items


def test_a_long_vendor_value_continues_in_the_next_attribute() -> None:
    value = bytes(range(256)) * 2
    octets = write([pair(VENDORS, "Long-Octets", value)], VENDORS)
    fragments = attributes_in(octets)

    assert len(fragments) == 3
    assert [pair(VENDORS, "Long-Octets", value)] == read(fragments, VENDORS)
    assert read(fragments[:2], VENDORS)[0].fault == Fault.FRAGMENT_MISSING


def test_an_eap_message_is_one_value_over_several_attributes() -> None:
    message = bytes(600)
    octets = write([pair(shipped(), "EAP-Message", message)], shipped())

    assert [len(value) for _, value in attributes_in(octets)] == [253, 253, 94]
    assert [pair(shipped(), "EAP-Message", message)] == read(attributes_in(octets), shipped())


def test_neighbours_in_a_tlv_share_it_and_a_repeated_one_opens_another() -> None:
    names = ["IP-Port-Range-Range-Start", "IP-Port-Range-Range-End"] * 2
    pairs = [pair(shipped(), name, number) for number, name in enumerate(names)]
    octets = write(pairs, shipped())

    assert len(attributes_in(octets)) == 2
    assert pairs == read(attributes_in(octets), shipped())


def test_salts_differ_within_a_packet_and_have_their_first_bit_set() -> None:
    key = pair(shipped(), "MS-MPPE-Send-Key", bytes(16))
    octets = write([key, key], shipped(), HIDING)
    salts = [value[6:8] for _, value in attributes_in(octets)]

    assert [(0x8000 + 77).to_bytes(2, "big"), (0x8000 + 78).to_bytes(2, "big")] == salts


def test_a_first_octet_above_31_is_no_tag_but_text() -> None:
    (item,) = read([(81, b"100")], shipped())
    (tagged,) = read([(81, b"\x02100")], shipped())

    assert pair(shipped(), "Tunnel-Private-Group-Id", "100") == item
    assert pair(shipped(), "Tunnel-Private-Group-Id", "100", tag=2) == tagged


def test_without_the_secret_hidden_values_stay_as_they_are() -> None:
    octets = write([pair(shipped(), "Tunnel-Password", "pw", tag=1)], shipped(), HIDING)
    items = read(attributes_in(octets), shipped())

    assert octets == write(items, shipped())


@pytest.mark.parametrize(
    ("name", "value", "tag", "fault"),
    [
        ("User-Name", "", None, Fault.EMPTY),
        ("User-Name", "x" * 254, None, Fault.TOO_LONG),
        ("User-Name", 1, None, Fault.KIND),
        ("User-Name", "ann", 1, Fault.TAG),
        ("NAS-Port", 2**32, None, Fault.RANGE),
        ("NAS-Port", -1, None, Fault.RANGE),
        ("Tunnel-Type", 2**24, None, Fault.RANGE),
        ("Tunnel-Type", 3, 32, Fault.TAG),
        ("Framed-IP-Address", IPv6Address("::1"), None, Fault.KIND),
        ("NAS-IPv6-Address", IPv4Address("10.0.0.1"), None, Fault.KIND),
        ("User-Password", "secret", None, Fault.SECRET_NEEDED),
        ("ARAP-Password", b"short", None, Fault.LENGTH),
        ("Mikrotik-Realm", "x" * 248, None, Fault.TOO_LONG),
        ("Event-Timestamp", datetime(2107, 1, 1, tzinfo=UTC), None, Fault.RANGE),
    ],
)
def test_what_does_not_fit_is_not_written(
    name: str, value: Value, tag: int | None, fault: Fault
) -> None:
    with pytest.raises(InvalidAttributeError) as raised:
        write([pair(shipped(), name, value, tag)], shipped())

    assert fault is raised.value.fault
