"""Stored passwords: every form that imports bring."""

from base64 import b64encode
from hashlib import md5, pbkdf2_hmac, sha1, sha256, sha512

import pytest

from radius.mschap import nt_password_hash
from radius.passwords import nt_hash_of, parse_password, verify_password

WORD = b"arctangent"
SALT = b"salty"


def base64(octets: bytes) -> str:
    return b64encode(octets).decode()


FORMS = {
    "clear": "arctangent",
    "clear by name": "{CLEAR}arctangent",
    "FreeRADIUS's name": "{cleartext}arctangent",
    "MD5": "{MD5}" + base64(md5(WORD).digest()),
    "MD5 in hexadecimal": "{MD5}" + md5(WORD).hexdigest(),
    "SMD5": "{SMD5}" + base64(md5(WORD + SALT).digest() + SALT),
    "SHA": "{SHA}" + base64(sha1(WORD).digest()),
    "SSHA": "{SSHA}" + base64(sha1(WORD + SALT).digest() + SALT),
    "SSHA without padding": "{SSHA}" + base64(sha1(WORD + SALT).digest() + SALT).rstrip("="),
    "SHA256": "{SHA256}" + base64(sha256(WORD).digest()),
    "SSHA256": "{SSHA256}" + base64(sha256(WORD + SALT).digest() + SALT),
    "SHA512": "{SHA512}" + base64(sha512(WORD).digest()),
    "SSHA512": "{SSHA512}" + base64(sha512(WORD + SALT).digest() + SALT),
    "NT": "{NT}" + nt_password_hash("arctangent").hex(),
    "PBKDF2": "$pbkdf2-sha256$1000$"
    + base64(SALT).rstrip("=").replace("+", ".")
    + "$"
    + base64(pbkdf2_hmac("sha256", WORD, SALT, 1000)).rstrip("=").replace("+", "."),
    "PBKDF2 of FreeRADIUS": "{PBKDF2}HMACSHA2+512:"
    + base64((1000).to_bytes(4, "big"))
    + f":{base64(SALT)}:{base64(pbkdf2_hmac('sha512', WORD, SALT, 1000))}",
}


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_the_right_password_is_right_and_any_other_is_wrong(text: str) -> None:
    stored = parse_password(text)

    assert verify_password(stored, WORD)
    assert not verify_password(stored, b"Arctangent")
    assert not verify_password(stored, b"")
    assert "arctangent" not in repr(stored)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{SSHA}!!!", "what follows {SSHA} is neither hexadecimal nor base64"),
        ("{SHA}AAAA", "a sha1 digest is 20 octets"),
        ("{SSHA}" + base64(sha1(WORD).digest()), "a sha1 digest is 20 octets and a salt"),
        ("{NT}abcd", "a nt digest is 16 octets"),
        ("$pbkdf2-sha256$x", "a PBKDF2 password is $pbkdf2-sha256$rounds$salt$digest"),
        (
            "$pbkdf2-sha256$1000001$AAAA$AAAA",
            "a PBKDF2 password has 1 to 1000000 rounds, not 1000001",
        ),
    ],
)
def test_a_form_that_is_wrong_is_named_without_its_content(text: str, problem: str) -> None:
    with pytest.raises(ValueError) as raised:
        parse_password(text)

    assert problem == str(raised.value)


def test_an_unknown_scheme_is_a_clear_password() -> None:
    assert verify_password(parse_password("{x}y"), b"{x}y")
    assert verify_password(parse_password("{CLEAR}{MD5}y"), b"{MD5}y")


def test_only_clear_and_nt_forms_give_the_nt_hash() -> None:
    expected = nt_password_hash("arctangent")

    assert expected == nt_hash_of(parse_password(FORMS["clear"]))
    assert expected == nt_hash_of(parse_password(FORMS["NT"]))
    assert nt_hash_of(parse_password(FORMS["SSHA"])) is None
