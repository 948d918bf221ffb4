"""Keys of the User-based Security Model, and what is done with them.

RFC 3414 (MD5, SHA-1, DES), RFC 7860 (SHA-2), RFC 3826 (AES-128); AES-192 and -256 with the key
extension of draft-blumenthal-aes-usm-04 §3.1.2.1, as net-snmp has them.
"""

import hmac
from dataclasses import dataclass
from hashlib import new as new_hash
from typing import Any, Final

from Cryptodome.Cipher import AES, DES

from chassis.secrets import Secret
from devices.credentials import SnmpAccess

__all__ = ["AUTH_PROTOCOLS", "PRIV_PROTOCOLS", "Keys", "localised", "master_keys"]

AUTH_PROTOCOLS: Final = {
    "md5": ("md5", 12),
    "sha": ("sha1", 12),
    "sha224": ("sha224", 16),
    "sha256": ("sha256", 24),
    "sha384": ("sha384", 32),
    "sha512": ("sha512", 48),
}
"""The hash of each protocol, and how many octets of its HMAC are sent."""

PRIV_PROTOCOLS: Final = {"des": 16, "aes": 16, "aes192": 24, "aes256": 32}
"""The octets of key that each protocol takes; DES keeps eight of its as a salt."""

STRETCHED_OCTETS: Final = 1_048_576
"""A password is repeated to a megabyte before it is hashed (RFC 3414 §A.2)."""


NONE: Final = Secret(b"")


@dataclass(frozen=True, kw_only=True, slots=True)
class Keys:
    """A user's keys: of the password alone (`master_keys`), or for one engine (`localised`)."""

    auth_protocol: str | None = None
    auth: Secret[bytes] = NONE
    priv_protocol: str | None = None
    priv: Secret[bytes] = NONE

    @property
    def digest_octets(self) -> int:
        """How long the digest of a message is."""
        return 0 if self.auth_protocol is None else AUTH_PROTOCOLS[self.auth_protocol][1]

    def digest(self, message: bytes) -> bytes:
        """The message's digest (RFC 3414 §6.3.1, RFC 7860 §4.2.1)."""
        if self.auth_protocol is None:
            return b""
        name, octets = AUTH_PROTOCOLS[self.auth_protocol]
        return hmac.digest(self.auth.reveal(), message, name)[:octets]

    def encrypt(self, plain: bytes, boots: int, seconds: int, salt: int) -> tuple[bytes, bytes]:
        """What is sent for `plain`, and the privacy parameters that go with it."""
        if self.priv_protocol == "des":
            parameters = boots.to_bytes(4, "big") + (salt & 0xFFFFFFFF).to_bytes(4, "big")
            plain += bytes(-len(plain) % DES.block_size)
        else:
            parameters = (salt & 0xFFFFFFFFFFFFFFFF).to_bytes(8, "big")
        return self._cipher(boots, seconds, parameters).encrypt(plain), parameters

    def decrypt(self, sealed: bytes, boots: int, seconds: int, parameters: bytes) -> bytes:
        """What was encrypted. Raises ValueError on lengths that cannot be."""
        return bytes(self._cipher(boots, seconds, parameters).decrypt(sealed))

    def _cipher(self, boots: int, seconds: int, parameters: bytes) -> Any:
        key = self.priv.reveal()
        if self.priv_protocol == "des":
            vector = bytes(one ^ other for one, other in zip(key[8:16], parameters, strict=True))
            return DES.new(key[:8], DES.MODE_CBC, iv=vector)
        vector = boots.to_bytes(4, "big") + seconds.to_bytes(4, "big") + parameters
        return AES.new(key, AES.MODE_CFB, iv=vector, segment_size=128)


def master_keys(access: SnmpAccess) -> Keys:
    """The keys of a user's passwords; a millisecond of hashing, so made once."""
    auth = access.auth_protocol if access.auth_secret else None
    priv = access.priv_protocol if auth and access.priv_secret else None
    return Keys(
        auth_protocol=auth,
        auth=_stretched(access.auth_secret, auth) if auth else NONE,
        priv_protocol=priv,
        priv=_stretched(access.priv_secret, auth) if auth and priv else NONE,
    )


def localised(master: Keys, engine_id: bytes) -> Keys:
    """The keys for one engine (RFC 3414 §2.6)."""
    if master.auth_protocol is None:
        return master
    name = AUTH_PROTOCOLS[master.auth_protocol][0]

    def local(key: bytes) -> bytes:
        return new_hash(name, key + engine_id + key).digest()

    priv = b""
    if master.priv_protocol is not None:
        priv = local(master.priv.reveal())
        octets = PRIV_PROTOCOLS[master.priv_protocol]
        while len(priv) < octets:
            priv += new_hash(name, priv).digest()
        priv = priv[:octets]
    return Keys(
        auth_protocol=master.auth_protocol,
        auth=Secret(local(master.auth.reveal())),
        priv_protocol=master.priv_protocol,
        priv=Secret(priv),
    )


def _stretched(secret: Secret[str] | None, auth_protocol: str) -> Secret[bytes]:
    password = secret.reveal().encode() if secret else b""
    times = -(-STRETCHED_OCTETS // len(password))
    hashed = new_hash(AUTH_PROTOCOLS[auth_protocol][0], (password * times)[:STRETCHED_OCTETS])
    return Secret(hashed.digest())
