"""MS-CHAP and MS-CHAPv2 (RFC 2433, RFC 2759) and the MPPE keys that follow (RFC 3079)."""

from hashlib import sha1
from typing import NamedTuple

from Cryptodome.Cipher import DES
from Cryptodome.Hash import MD4

__all__ = [
    "MppeKeys",
    "authenticator_response",
    "challenge_hash",
    "challenge_response",
    "error_text",
    "hash_hash",
    "mppe_keys",
    "nt_password_hash",
]

AUTHENTICATION_FAILURE = 691  # RFC 2759 §6
RESPONSE_MAGIC = b"Magic server to client signing constant"
RESPONSE_MAGIC_PAD = b"Pad to make it do more than one iteration"
MASTER_KEY_MAGIC = b"This is the MPPE Master Key"
CLIENT_SENDS_MAGIC = (
    b"On the client side, this is the send key; on the server side, it is the receive key."
)
SERVER_SENDS_MAGIC = (
    b"On the client side, this is the receive key; on the server side, it is the send key."
)
KEY_OCTETS = 16


class MppeKeys(NamedTuple):
    """The server's 128-bit start keys."""

    send: bytes
    receive: bytes


def nt_password_hash(password: str) -> bytes:
    """NtPasswordHash, RFC 2759 §8.3: 16 octets."""
    return MD4.new(password.encode("utf-16-le")).digest()


def hash_hash(password_hash: bytes) -> bytes:
    """HashNtPasswordHash, RFC 2759 §8.4: 16 octets, the session key of MS-CHAP's MPPE."""
    return MD4.new(password_hash).digest()


def challenge_hash(peer_challenge: bytes, challenge: bytes, user_name: bytes) -> bytes:
    """ChallengeHash, RFC 2759 §8.2: 8 octets. The name counts without its `DOMAIN\\` (§4)."""
    name = user_name.rpartition(b"\\")[2]
    return sha1(peer_challenge + challenge + name).digest()[:8]


def challenge_response(challenge: bytes, password_hash: bytes) -> bytes:
    """ChallengeResponse, RFC 2759 §8.5: 24 octets of DES under three parts of the hash."""
    padded = password_hash.ljust(21, b"\0")
    return b"".join(
        DES.new(_des_key(padded[at : at + 7]), DES.MODE_ECB).encrypt(challenge) for at in (0, 7, 14)
    )


def authenticator_response(
    password_hash: bytes, nt_response: bytes, hashed_challenge: bytes
) -> bytes:
    """GenerateAuthenticatorResponse, RFC 2759 §8.7: `S=` and 40 hexadecimal digits."""
    digest = sha1(hash_hash(password_hash) + nt_response + RESPONSE_MAGIC).digest()
    final = sha1(digest + hashed_challenge + RESPONSE_MAGIC_PAD).hexdigest()
    return b"S=" + final.upper().encode()


def error_text(challenge: bytes, *, version: int, message: str = "") -> bytes:
    """The failure packet's text (RFC 2759 §6): wrong password, no retry.

    `challenge` is 16 random octets (8 for version 2, which is MS-CHAP; MS-CHAPv2 is version 3).
    """
    text = f"E={AUTHENTICATION_FAILURE} R=0 C={challenge.hex().upper()} V={version}"
    return (f"{text} M={message}" if message else text).encode()


def mppe_keys(password_hash: bytes, nt_response: bytes) -> MppeKeys:
    """GetMasterKey and GetAsymmetricStartKey of an MS-CHAPv2 login, RFC 3079 §3.4."""
    master = sha1(hash_hash(password_hash) + nt_response + MASTER_KEY_MAGIC).digest()[:KEY_OCTETS]
    return MppeKeys(
        send=_start_key(master, SERVER_SENDS_MAGIC), receive=_start_key(master, CLIENT_SENDS_MAGIC)
    )


def _start_key(master: bytes, magic: bytes) -> bytes:
    return sha1(master + bytes(40) + magic + b"\xf2" * 40).digest()[:KEY_OCTETS]


def _des_key(seven: bytes) -> bytes:
    """56 bits over eight octets, the parity bits left zero."""
    bits = int.from_bytes(seven, "big")
    return bytes((bits >> (49 - 7 * at) & 0x7F) << 1 for at in range(8))
