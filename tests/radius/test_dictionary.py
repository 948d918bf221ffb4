"""The format of FreeRADIUS 3, read by us; and what our own dictionaries say."""

from pathlib import Path

import pytest

from radius.dictionaries import load, shipped
from radius.dictionary import Encryption, ValueType, VendorFormat
from radius.dictionary_parser import DictionaryError, parse

FREERADIUS = Path("/usr/share/freeradius")
UNDEFINED_ATTRIBUTE = str(FREERADIUS / "dictionary.freedhcp")  # the one that is itself wrong
OURS_ON_PURPOSE = {
    # RFC 4679 calls them strings of octets; every access node fills them with text
    "ADSL-Agent-Circuit-Id",
    "ADSL-Agent-Remote-Id",
    "Access-Loop-Encapsulation",  # three octets, RFC 4679 §3.3.18
    "Extended-Location-Policy-Rules",  # binary, RFC 5580 §4.5
    "Message-Authenticator",  # 16 octets, RFC 3579 §3.2
    "ERX-Disconnect-Cause",  # Juniper's name
    "Accel-VRF-Name",  # accel-ppp's own file
}

SAMPLE = """
# every keyword of the format
VENDOR Wide 99 format=2,1
VENDOR Long 98 format=1,1,c
VENDOR Old 97
ATTRIBUTE User-Name 1 string
ATTRIBUTE Legacy 9 integer Old
ATTRIBUTE Ext-1 241 extended
ATTRIBUTE Evs-1 241.26 evs
ATTRIBUTE Internal 1100 integer
VALUE User-Kind Big 0x10 # a value before its attribute
ATTRIBUTE User-Kind 200 uint32 array
BEGIN-VENDOR Wide
ATTRIBUTE Wide-Secret 0x0101 octets[8] encrypt=2,has_tag
ATTRIBUTE Wide-Tlv 2 tlv
BEGIN-TLV Wide-Tlv
ATTRIBUTE Wide-Inner 3 short
END-TLV Wide-Tlv
ATTRIBUTE Wide-Dotted 2.4 byte
END-VENDOR Wide
BEGIN-VENDOR Old format=Evs-1
ATTRIBUTE Evs-Inner 7 string concat,virtual
END-VENDOR Old
$INCLUDE- missing
$INCLUDE sub/other
"""


def parse_text(text: str, **others: str):
    texts = {"main": text, **others}

    def read(path: str) -> str:
        if path not in texts:
            raise FileNotFoundError(2, "No such file", path)
        return texts[path]

    return parse(["main"], read)


def test_every_keyword_of_the_format_is_read() -> None:
    read = parse_text(SAMPLE, **{"sub/other": "$INCLUDE third", "sub/third": "VENDOR Third 5"})
    secret = read.named("wide-secret")

    assert read.vendor_numbers == {"wide": 99, "long": 98, "old": 97, "third": 5}
    assert VendorFormat(2, 1) == read.vendor_formats[99]
    assert VendorFormat(1, 1, continuation=True) == read.vendor_formats[98]
    assert read.named("Legacy").oid == (26, 97, 9)
    assert (secret.oid, secret.octets) == ((26, 99, 0x101), 8)
    assert (secret.tagged, secret.encryption) == (True, Encryption.SALTED)
    assert read.named("Wide-Inner").oid == (26, 99, 2, 3)
    assert read.named("Wide-Dotted").oid == (26, 99, 2, 4)
    assert read.named("Evs-Inner").oid == (241, 26, 97, 7)
    assert read.named("Internal").virtual
    assert read.numbers_of((200,)) == {"big": 16}
    assert read.names_of((200,)) == {16: "Big"}
    assert ValueType.INTEGER is read.named("User-Kind").type


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("\nATTRIBUTE X one string", "main:2: one is not a number"),
        ("ATTRIBUTE X 1 sting", "main:1: unknown type sting"),
        ("ATTRIBUTE X 1 string shiny", "main:1: unknown flag shiny"),
        ("ATTRIBUTE X 1", "main:1: ATTRIBUTE with 2 words is not of this format"),
        ("VALUE X Y 1", "main:1: unknown attribute X"),
        ("BEGIN-VENDOR X", "main:1: unknown vendor X"),
        ("BEGIN-TLV X", "main:1: unknown attribute X"),
        ("VENDOR X 1 format=3,1", "main:1: format=3,1 is not a vendor format"),
        ("VENDOR X 1\nEND-VENDOR X", "main:2: END-VENDOR X without its BEGIN"),
        ("VENDOR X 1\nBEGIN-VENDOR X", "main:2: BEGIN of X without its END"),
        ("$INCLUDE gone", "main:1: cannot read gone: No such file"),
        ("$INCLUDE main", "main:1: included too deep"),
        ("PROTOCOL RADIUS 1", "main:1: PROTOCOL with 2 words is not of this format"),
    ],
)
def test_a_dictionary_that_is_wrong_names_file_and_line(text: str, problem: str) -> None:
    with pytest.raises(DictionaryError) as raised:
        parse_text(text)

    assert problem == str(raised.value)


def test_any_place_has_a_name() -> None:
    assert shipped().named("Attr-26.9.1").oid == (26, 9, 1)
    assert shipped().at((26, 9, 77)).name == "Attr-26.9.77"
    assert shipped().named("Attr-241.26.9.1").oid == (241, 26, 9, 1)


@pytest.mark.parametrize("name", ["Attr-0", "Attr-256", "Attr-26.9.1.256", "Attr-x", "Nothing"])
def test_what_is_no_place_has_no_attribute(name: str) -> None:
    assert shipped().named(name) is None


def test_an_operators_file_is_added_to_ours(tmp_path: Path) -> None:
    file = tmp_path / "dictionary.local"
    file.write_text("VENDOR Ours 64000\nATTRIBUTE Ours-Plan 1 string Ours\n")

    read = load([str(file)])

    assert read.named("Ours-Plan").oid == (26, 64000, 1)
    assert read.named("User-Name").oid == (1,)


needs_freeradius = pytest.mark.skipif(
    not (FREERADIUS / "dictionary").exists(), reason="FreeRADIUS's dictionaries are not installed"
)


@pytest.mark.foreign
@needs_freeradius
def test_every_dictionary_of_freeradius_loads() -> None:
    files = sorted(str(file) for file in FREERADIUS.glob("dictionary*"))
    read = load(file for file in files if file != UNDEFINED_ATTRIBUTE)

    assert len(read.by_name) > 7000
    with pytest.raises(DictionaryError, match="unknown attribute FreeDHCP-Opcode"):
        load([UNDEFINED_ATTRIBUTE])


@pytest.mark.foreign
@needs_freeradius
def test_our_dictionaries_agree_with_those_of_freeradius() -> None:
    theirs = parse([str(FREERADIUS / "dictionary")], lambda path: Path(path).read_text())
    ours = shipped()
    differences = {
        definition.name
        for definition in ours.by_name.values()
        if (other := theirs.by_name.get(definition.name.lower())) is None
        or (other.oid, other.type, other.tagged, other.encryption, other.concat, other.octets)
        != (
            definition.oid,
            definition.type,
            definition.tagged,
            definition.encryption,
            definition.concat,
            definition.octets,
        )
    }
    values = {
        (ours.at(oid).name, name)
        for oid, names in ours.value_numbers.items()
        for name, number in names.items()
        if theirs.numbers_of(oid).get(name, number) != number
    }

    assert differences == OURS_ON_PURPOSE
    assert set() == values
