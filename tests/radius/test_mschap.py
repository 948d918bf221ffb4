"""The vectors of RFC 2433, RFC 2759 and RFC 3079."""

from radius import mschap

AUTHENTICATOR_CHALLENGE = bytes.fromhex("5b5d7c7d7b3f2f3e3c2c602132262628")
PEER_CHALLENGE = bytes.fromhex("21402324255e262a28295f2b3a337c7e")
NT_RESPONSE = bytes.fromhex("82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df")
PASSWORD_HASH = bytes.fromhex("44ebba8d5312b8d611474411f56989ae")


def test_rfc_2759_9_2_from_password_to_authenticator_response() -> None:
    hashed = mschap.challenge_hash(PEER_CHALLENGE, AUTHENTICATOR_CHALLENGE, b"User")

    assert bytes.fromhex("d02e4386bce91226") == hashed
    assert PASSWORD_HASH == mschap.nt_password_hash("clientPass")
    assert bytes.fromhex("41c00c584bd2d91c4017a2a12fa59f3f") == mschap.hash_hash(PASSWORD_HASH)
    assert NT_RESPONSE == mschap.challenge_response(hashed, PASSWORD_HASH)
    assert b"S=407A5589115FD0D6209F510FE9C04566932CDA56" == mschap.authenticator_response(
        PASSWORD_HASH, NT_RESPONSE, hashed
    )


def test_the_domain_is_no_part_of_the_name() -> None:
    plain = mschap.challenge_hash(PEER_CHALLENGE, AUTHENTICATOR_CHALLENGE, b"User")

    assert plain == mschap.challenge_hash(PEER_CHALLENGE, AUTHENTICATOR_CHALLENGE, b"BIG\\User")


def test_rfc_3079_3_5_3_start_keys_of_128_bits() -> None:
    keys = mschap.mppe_keys(PASSWORD_HASH, NT_RESPONSE)

    assert bytes.fromhex("8b7cdc149b993a1ba118cb153f56dccb") == keys.send
    assert 16 == len(keys.receive)
    assert keys.send != keys.receive


def test_rfc_2433_b_1_the_response_of_ms_chap() -> None:
    challenge = bytes.fromhex("102db5df085d3041")
    hashed = mschap.nt_password_hash("MyPw")

    assert bytes.fromhex("fc156af7edcd6c0edde3337d427f4eac") == hashed
    assert bytes.fromhex(
        "4e9d3c8f9cfd385d5bf4d3246791956ca4c351ab409a3d61"
    ) == mschap.challenge_response(challenge, hashed)


def test_the_error_says_no_retry_and_gives_a_challenge() -> None:
    text = mschap.error_text(bytes(16), version=3, message="no")

    assert b"E=691 R=0 C=00000000000000000000000000000000 V=3 M=no" == text
