"""How a device lets us in: what `device.credentials_sealed` holds.

An OLT may have both: SNMP for its tables, a login for what only its command line tells.
"""

from typing import Any, Literal

import msgspec

from chassis.sealing import KeyRing
from chassis.secrets import Secret
from isp.sealed import Sealed

__all__ = [
    "Credentials",
    "LoginAccess",
    "SnmpAccess",
    "TlsAccess",
    "open_credentials",
    "seal_credentials",
    "trusting",
]


class SnmpAccess(msgspec.Struct, frozen=True, kw_only=True):
    """A community (v2c), or a user of the USM (v3, RFC 3414).

    `auth_protocol` is md5, sha, sha224, sha256, sha384 or sha512, `priv_protocol` des, aes,
    aes192 or aes256; both are None where the user has no such secret. `port` is the agent's
    where it is not the device's.
    """

    version: Literal["2c", "3"]
    port: int | None = None
    community: Secret[str] | None = None
    user: str | None = None
    auth_protocol: str | None = None
    auth_secret: Secret[str] | None = None
    priv_protocol: str | None = None
    priv_secret: Secret[str] | None = None


class LoginAccess(msgspec.Struct, frozen=True, kw_only=True):
    """A user with a password: the RouterOS API, or SSH.

    `port` is the login's own where it is not the device's; `certificate_sha256` pins the
    certificate (hexadecimal) where `tls` cannot be checked by an authority; `host_key` is the SSH
    key that alone is trusted, as `ssh-ed25519 AAAA…`.
    """

    user: str
    password: Secret[str]
    port: int | None = None
    tls: bool = False
    certificate_sha256: str | None = None
    host_key: str | None = None


class TlsAccess(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to believe that he is a controller: those whom `authorities` sign for, or who shows
    `certificate` (both PEM). `certificate_sha256` is what is to be shown before either is known.
    """

    authorities: str | None = None
    certificate: str | None = None
    certificate_sha256: str | None = None


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a device asks for; nothing at all is a device that asks for nothing."""

    snmp: SnmpAccess | None = None
    login: LoginAccess | None = None
    tls: TlsAccess | None = None


def seal_credentials(credentials: Credentials, keys: KeyRing) -> bytes:
    """The credentials as they are stored."""
    plain = msgspec.json.encode(credentials, enc_hook=_revealed)
    return keys.seal(plain, Sealed.DEVICE_CREDENTIALS)


def open_credentials(sealed: bytes, keys: KeyRing) -> Credentials:
    """What `seal_credentials` sealed. Raises chassis.sealing.SealBroken."""
    plain = keys.open(sealed, Sealed.DEVICE_CREDENTIALS)
    return msgspec.json.decode(plain, type=Credentials, dec_hook=_hidden)


def trusting(
    credentials: Credentials, *, host_key: str | None = None, certificate: str | None = None
) -> Credentials:
    """The same, with what a device showed of itself, to be believed from now on; None: nothing."""
    login, tls = credentials.login, credentials.tls
    if login is not None:
        login = msgspec.structs.replace(login, host_key=host_key)
    if tls is not None and tls.authorities is None:
        tls = msgspec.structs.replace(tls, certificate=certificate)
    return msgspec.structs.replace(credentials, login=login, tls=tls)


def _revealed(value: Any) -> str:
    if isinstance(value, Secret):
        return str(value.reveal())
    message = f"{type(value).__name__} has no place in credentials"
    raise NotImplementedError(message)


def _hidden(_wanted: type, value: Any) -> Secret[str]:
    return Secret(value)
