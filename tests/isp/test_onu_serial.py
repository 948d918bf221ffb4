"""An ONU's serial is one and the same in every spelling."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isp.onu_serial import canonical_serial, spelled_serial

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
HEX_LETTERS = "ABCDEF"
vendors = st.one_of(
    st.text(LETTERS, min_size=4, max_size=4), st.text(HEX_LETTERS, min_size=4, max_size=4)
)
numbers = st.binary(min_size=4, max_size=4)
macs = st.binary(min_size=6, max_size=6).filter(lambda mac: mac not in (bytes(6), b"\xff" * 6))


def spellings(vendor: str, number: bytes) -> list[bytes | str]:
    octets = vendor.encode() + number
    text = vendor + number.hex().upper()
    return [
        octets,
        octets.hex(),
        octets.hex().upper(),
        octets.hex(" "),
        octets.hex(":").upper(),
        "0x" + octets.hex(),
        octets.hex().encode(),
        text,
        text.encode(),
        text + "\0\0",
        f"{vendor}-{number.hex()}",
        f"{vendor}:{number.hex().upper()}",
        f" {vendor} {number.hex()} ",
        f"1,{text}",
        f'"{text}"',
        f'"{octets.hex(" ").upper()} "',
        f"{octets.hex().upper()} ({vendor}-{number.hex().upper()})",
    ]


@settings(deadline=None)
@given(vendors, numbers)
def test_every_spelling_of_a_serial_is_one_identity(vendor, number):
    found = {canonical_serial(spelling) for spelling in spellings(vendor, number)}

    assert {vendor + number.hex().upper()} == found


@settings(deadline=None)
@given(macs)
def test_every_spelling_of_a_mac_is_one_identity(mac):
    bare = mac.hex()
    dotted = f"{bare[:4]}.{bare[4:8]}.{bare[8:]}"
    spelt = [mac, bare, mac.hex(":"), mac.hex("-").upper(), dotted, mac.hex(":").encode()]

    assert {mac.hex(":")} == {canonical_serial(spelling) for spelling in spelt}


@settings(deadline=None)
@given(st.one_of(st.binary(max_size=20), st.text(max_size=20)))
def test_anything_is_a_serial_in_its_own_canonical_form_or_none(value):
    serial = canonical_serial(value)

    assert serial is None or canonical_serial(serial) == serial


@pytest.mark.parametrize(
    "value",
    [
        *(b"", "", "--", "N/A", "HWTC1234", "HWTC1234ABCG", "HWTC1234ABCD5"),
        *(bytes(8), b"\xff" * 8, "0000000000000000"),
        *(bytes(6), "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"),
    ],
)
def test_what_is_no_serial_is_none(value):
    assert canonical_serial(value) is None


def test_digits_that_look_decimal_are_a_serial_as_they_stand():
    assert "UBNT20731888" == canonical_serial("UBNT20731888")


def test_a_vendor_that_would_read_as_a_mac_keeps_its_dash():
    assert "DD16-12345678" == canonical_serial(b"DD16\x12\x34\x56\x78")
    assert "DD16-12345678" == canonical_serial("DD16-12345678")


def test_what_a_person_calls_an_onu_is_kept_where_it_is_no_serial():
    assert "HWTC1234ABCD" == spelled_serial("48575443-1234abcd")
    assert "LOID 77" == spelled_serial(" loid 77 ")
