"""Hostile packets to the authentication port, and the duplicates of peaceful ones."""

import os
from collections.abc import Iterator
from typing import Final

from isp.nas import MessageAuthenticatorPolicy
from radius import numbers, wire
from radius.authentication import EAP_FAILURE
from radius.malformed import MalformedReason
from radius.packet import Code
from tests.support.hostile import LOGIN, OTHER_SECRET, Case, attribute, pap, raw, request, vendor
from tests.support.radiusd import PASSWORD, SECRET

__all__ = ["login_cases"]

ACCEPT, REJECT = Code.ACCESS_ACCEPT, Code.ACCESS_REJECT
ACCEPTED: Final = {("accept", "accepted"): 1}
OPTIONAL, REQUIRE = MessageAuthenticatorPolicy.OPTIONAL, MessageAuthenticatorPolicy.REQUIRE
NAMED: Final = attribute(numbers.USER_NAME, LOGIN)
EAP_IDENTITY: Final = bytes((2, 7, 0, 8, 1)) + LOGIN
PROXIES: Final = tuple((numbers.PROXY_STATE, bytes((number,)) * 5) for number in range(1, 21))


def login_cases() -> Iterator[Case]:
    """All of them."""
    yield from framing()
    yield from codes()
    yield from proof()
    yield from peaceful()
    yield from names()
    yield from credentials()
    yield from eap()
    yield from duplicates()
    yield from proxies()
    yield from status()


def dropped(row: str, what: str, reason: str, *sends: bytes, **more: object) -> Case:
    """Nobody answers, and each is counted for that reason."""
    return Case(row=row, what=what, sends=sends, drops={reason: len(sends)}, **more)


def accepted(row: str, what: str, datagram: bytes, **more: object) -> Case:
    return Case(row=row, what=what, sends=[datagram], replies=[ACCEPT], decided=ACCEPTED, **more)


def refused(row: str, what: str, reason: str, *sends: bytes, **more: object) -> Case:
    return Case(
        row=row,
        what=what,
        sends=sends,
        replies=[REJECT] * len(sends),
        decided={("reject", reason): len(sends)},
        **more,
    )


def silent(row: str, what: str, reason: str, datagram: bytes) -> Case:
    """Decided, recorded, and not answered."""
    return Case(row=row, what=what, sends=[datagram], decided={("silence", reason): 1})


def framing() -> Iterator[Case]:
    reason = MalformedReason
    signature = attribute(numbers.MESSAGE_AUTHENTICATOR, bytes(16))
    many = b"".join([attribute(numbers.NAS_PORT, bytes(4))] * 201)
    yield dropped("1", "no octets", reason.DATAGRAM_TOO_SHORT, b"")
    yield dropped("2", "19 octets", reason.DATAGRAM_TOO_SHORT, pap()[:19])
    shorter = [raw(1, b"", length=octets) for octets in range(20)]
    yield dropped("3", "Length of 0 to 19", reason.LENGTH_TOO_SHORT, *shorter)
    yield dropped("4", "Length beyond the end", reason.LENGTH_BEYOND_DATAGRAM, pap()[:-1])
    longer = [raw(1, b"", length=octets, tail=bytes(4100)) for octets in (4097, 65_535)]
    yield dropped("6", "Length above 4096", reason.LENGTH_TOO_LONG, *longer)
    yield dropped("8", "201 attributes", reason.TOO_MANY_ATTRIBUTES, raw(1, many))
    yield dropped("15", "length 0", reason.ATTRIBUTE_TOO_SHORT, raw(1, b"\x05\x00"))
    yield dropped("16", "length 1", reason.ATTRIBUTE_TOO_SHORT, raw(1, b"\x05\x01"))
    yield dropped("17", "an overrun", reason.ATTRIBUTE_OVERRUN, raw(1, NAMED + b"\x05\x06\0\0\0"))
    yield dropped("18", "a stray octet", reason.ATTRIBUTE_STRAY_OCTET, raw(1, NAMED + b"\x05"))
    yield dropped("19", "type 0", reason.ATTRIBUTE_TYPE_ZERO, raw(1, b"\x00\x03a"))
    cut = attribute(numbers.MESSAGE_AUTHENTICATOR, bytes(15))
    yield dropped("45", "half a signature", reason.MESSAGE_AUTHENTICATOR_LENGTH, raw(1, cut))
    twice = raw(1, signature + signature)
    yield dropped("46", "two signatures", reason.MESSAGE_AUTHENTICATOR_REPEATED, twice)


def codes() -> Iterator[Case]:
    others = [raw(code, b"") for code in range(256) if code not in (1, 12)]
    yield dropped("9, 10 and 11", "codes of others", "code_not_served", *others)


def proof() -> Iterator[Case]:
    wrong, missing = "message_authenticator_wrong", "message_authenticator_missing"
    proxied = attribute(numbers.PROXY_STATE, b"x")
    forged = bytearray(pap())
    forged[-1] ^= 1
    yield dropped("14", "another secret", wrong, pap(secret=OTHER_SECRET))
    right = pap()
    wronged = right[:25] + bytes((right[25] ^ 1,)) + right[26:]
    yield Case(
        row="44 and 59",
        what="a forgery of the next and of an answered request",
        sends=[wronged, right, wronged, right],
        replies=[ACCEPT, ACCEPT],
        same=True,
        drops={wrong: 2},
        decided=ACCEPTED,
    )
    yield dropped("47", "no signature", missing, pap(signature="none"), policy=REQUIRE)
    attack = pap(proxied, signature="none")
    yield dropped("48", "an attack", "proxy_state_unsigned", attack, policy=OPTIONAL)
    yield accepted("49", "an exempt NAS", pap(signature="none"), policy=OPTIONAL)
    yield accepted("50", "the signature at the end", pap(signature="last"))
    eap_alone = request(NAMED + attribute(numbers.EAP_MESSAGE, EAP_IDENTITY), signature="none")
    yield dropped("52", "EAP unsigned", missing, eap_alone, policy=OPTIONAL)


def peaceful() -> Iterator[Case]:
    """What looks wrong and costs at most itself (RFC 6929 section 2.8)."""
    yield accepted("5", "padding", pap() + b"\x05\x00")
    fill = attribute(0xF0, bytes(18)) * 196
    largest = pap(fill + attribute(0xF0, bytes(4096 - len(pap(fill)) - 2)))
    assert (4096, 200) == (len(largest), len(wire.split(largest).attributes))
    yield accepted("7", "4096 octets, 200 attributes", largest)
    yield accepted("21", "NAS-Port of three octets", pap(attribute(numbers.NAS_PORT, bytes(3))))
    address = attribute(numbers.FRAMED_IP_ADDRESS, bytes(5))
    yield accepted("23", "an address of five octets", pap(address))
    vendors = [b"", b"\0\0\0", b"\0\0\x0d\xe9", b"\0\0\x0d\xe9\x01\x00", b"\0\0\x0d\xe9\x01\x09a"]
    yield accepted("24", "vendors' broken ones", pap(b"".join(vendor(each) for each in vendors)))
    yield accepted("25", "a fragment that nothing follows", pap(attribute(245, b"\x01\x80a")))
    yield accepted("26", "reserved flags", pap(attribute(245, b"\x01\x7fa")))
    nested = b"a"
    while len(nested) < 250:
        nested = attribute(1, nested)
    yield accepted("27", "TLVs in TLVs", pap(attribute(241, b"\x01" + nested)))
    yield accepted("28", "TLVs that overfill", pap(attribute(241, b"\x01\x01\xff")))
    unknown = attribute(0xF0, b"x") + vendor(b"\x00\xff\xff\xff\x01\x03a")
    yield accepted("29", "nobody's attributes", pap(unknown))
    yield accepted("43", "a NAS that does not name itself", pap())
    mixed = [attribute(numbers.REPLY_MESSAGE, b"x"), attribute(numbers.NAS_PORT, bytes(4))] * 3
    yield accepted("51", "attributes again, not side by side", pap(b"".join(mixed)))
    yield accepted("55", "a State that nobody gave", pap(attribute(numbers.STATE, b"forged")))


def names() -> Iterator[Case]:
    odd = [b"a\r\nERROR all is lost\x1b[31m", b'"}, {"level": "error"}', b"a\tb\\"]
    asked = [b"' OR 1=1--", b"%{sql:SELECT 1}", b"{0.__class__}", b"../../etc/passwd"]
    confusing = ("\u0430nn" * 100).encode()[:252] + b"a"
    yield refused("20", "an empty name", "unknown_user", pap(login=b""))
    yield refused("30", "NULs", "user_name_not_text", pap(login=b"a\0nn"))
    yield refused("31", "no UTF-8", "user_name_not_text", pap(login=b"ann\xff"))
    for row, what, logins in (
        ("32", "control characters", odd),
        ("33", "injections", asked),
        ("34", "confusables", [confusing]),
    ):
        asking = [pap(login=login, identifier=number) for number, login in enumerate(logins)]
        yield refused(row, what, "unknown_user", *asking)


def credentials() -> Iterator[Case]:
    own = os.urandom(16)
    digest = wire.md5(b"\x03" + PASSWORD.encode() + own).digest()
    chap = attribute(numbers.CHAP_PASSWORD, b"\x03" + digest)
    malformed = "malformed_credential"
    hidden = [attribute(numbers.USER_PASSWORD, bytes(octets)) for octets in (15, 17, 144)]
    cut = [request(NAMED + each, identifier=at) for at, each in enumerate(hidden)]
    chaps = [attribute(numbers.CHAP_PASSWORD, bytes(octets)) for octets in (16, 18)]
    both = pap(attribute(numbers.CHAP_PASSWORD, bytes(17)))
    garbled = pap(secret=OTHER_SECRET, signature="none", password=b"open sesame, please")
    yield refused("35", "hidden octets", malformed, *cut)
    yield refused("36", "another secret, unsigned", "secret_suspected", garbled, policy=OPTIONAL)
    halves = [request(NAMED + each, identifier=at) for at, each in enumerate(chaps)]
    yield refused("37", "CHAP of other lengths", malformed, *halves)
    yield accepted("38", "CHAP without challenge", request(NAMED + chap, authenticator=own))
    yield refused("39", "PAP and CHAP", "several_credentials", both)
    bare = request(NAMED, signature="none")
    yield silent("41", "no credential, unsigned", "no_credential", bare)
    yield refused("42", "no credential", "no_credential", request(NAMED))
    stated = request(NAMED + attribute(numbers.STATE, b"forged"))
    yield refused("55", "only a State that nobody gave", "no_credential", stated)


def eap() -> Iterator[Case]:
    failure = (numbers.EAP_MESSAGE, bytes((EAP_FAILURE, 7, 0, 4)))
    message = attribute(numbers.EAP_MESSAGE, EAP_IDENTITY)
    both = pap(message)
    yield silent("40", "EAP and PAP", "eap_and_other_credentials", both)
    for row, what, octets in (
        ("53", "EAP where it is not served", EAP_IDENTITY),
        ("54", "EAP that is cut", EAP_IDENTITY[:-1]),
    ):
        asked = request(NAMED + attribute(numbers.EAP_MESSAGE, octets))
        yield refused(row, what, "eap_not_served", asked, carries=[failure])
    stump = request(NAMED + attribute(numbers.EAP_MESSAGE, b"\x02"))
    yield refused("54", "less than EAP's header", "eap_not_served", stump, carries=[])


def duplicates() -> Iterator[Case]:
    login = pap()
    yield Case(
        row="57",
        what="the same again",
        sends=[login] * 3,
        replies=[ACCEPT] * 3,
        same=True,
        decided=ACCEPTED,
    )
    yield Case(
        row="58",
        what="another with the same Identifier",
        sends=[login, pap(), pap()],
        replies=[ACCEPT] * 3,
        decided={("accept", "accepted"): 3},
    )


def proxies() -> Iterator[Case]:
    said = b"".join(attribute(*each) for each in PROXIES)
    wrong = pap(said, password=b"wrong")
    yield refused("82", "Proxy-States", "wrong_password", wrong, carries=PROXIES)
    room = 4096 - len(pap())
    filling = attribute(numbers.PROXY_STATE, bytes(253)) * (room // 255)
    filling += attribute(numbers.PROXY_STATE, bytes(room % 255 - 2))
    full = pap(filling)
    assert 4096 == len(full)
    yield refused("83", "no room for an Accept", "reply_too_long", full)


def status() -> Iterator[Case]:
    missing, wrong = "message_authenticator_missing", "message_authenticator_wrong"
    yield dropped("78", "Status-Server unsigned", missing, raw(12, b""))
    forged = wire.build_access_request(1, os.urandom(16), b"", OTHER_SECRET, code=12)
    yield dropped("78", "Status-Server of another secret", wrong, forged)
    named = wire.build_access_request(1, os.urandom(16), NAMED, SECRET, code=12)
    yield Case(row="79", what="Status-Server with a name", sends=[named], replies=[ACCEPT])
