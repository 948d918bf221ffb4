"""How a device lets us in, as options say it: communities, v3 users, logins; and where it is."""

import re
import ssl
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from chassis.secrets import Secret
from devices.credentials import LoginAccess, SnmpAccess, TlsAccess
from devices.snmp.usm_keys import AUTH_PROTOCOLS, PRIV_PROTOCOLS
from isp.errors import ExitCode, Refused
from turnpike.secret_input import read_secret

__all__ = ["Endpoint", "LoginOptions", "SnmpOptions", "TlsOptions", "parse_endpoint", "usage"]

V3_SECRET_CHARACTERS_MIN: Final = 8
"""RFC 3414 §11.2."""

PORT_MAX: Final = 65535
ENDPOINT: Final = re.compile(r"(?:\[(?P<v6>[^\]]+)\]|(?P<host>[^:\s/]+))(?::(?P<port>\d{1,5}))?")
SHA256_HEX: Final = re.compile(r"[0-9a-f]{64}")
CERTIFICATE: Final = re.compile(
    r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.ASCII | re.DOTALL
)
PROTOCOL_AND_SECRET: Final = "PROTOCOL:SECRET"
SPELLINGS: Final[Mapping[str, str]] = {"sha1": "sha", "aes128": "aes"}
"""Names that agents give to what is called otherwise here."""


@dataclass(frozen=True, kw_only=True)
class SnmpOptions:
    """How its SNMP agent is asked."""

    community: Annotated[str | None, typer.Option(help="SNMP v2c community; - asks for it.")] = None
    community_file: Annotated[
        Path | None, typer.Option(help="A file that holds the community.")
    ] = None
    v3_user: Annotated[str | None, typer.Option(help="SNMP v3 user.")] = None
    v3_auth: Annotated[
        str | None, typer.Option(metavar=PROTOCOL_AND_SECRET, help="As sha256:SECRET; - asks.")
    ] = None
    v3_auth_file: Annotated[Path | None, typer.Option(help="A file that holds that.")] = None
    v3_priv: Annotated[
        str | None, typer.Option(metavar=PROTOCOL_AND_SECRET, help="As aes:SECRET; - asks.")
    ] = None
    v3_priv_file: Annotated[Path | None, typer.Option(help="A file that holds that.")] = None
    snmp_port: Annotated[
        int | None, typer.Option(min=1, max=PORT_MAX, help="Where it is not the device's.")
    ] = None

    def access(self) -> SnmpAccess | None:
        """What the options say, secrets read or asked for; None: nothing. Raises Refused."""
        community = read_secret("community", self.community, self.community_file)
        auth = read_secret("authentication secret", self.v3_auth, self.v3_auth_file)
        priv = read_secret("privacy secret", self.v3_priv, self.v3_priv_file)
        if self.v3_user is None:
            if auth or priv:
                raise usage("a v3 secret is given without a user", "name him with --v3-user")
            if community is None:
                return None
            return SnmpAccess(version="2c", port=self.snmp_port, community=community)
        if community is not None:
            raise usage("a community and a v3 user are given", "give one of them")
        if priv and not auth:
            raise usage("privacy needs authentication", "give --v3-auth too")
        auth_protocol, auth_secret = _protocol(auth, "--v3-auth", AUTH_PROTOCOLS)
        priv_protocol, priv_secret = _protocol(priv, "--v3-priv", PRIV_PROTOCOLS)
        return SnmpAccess(
            version="3",
            port=self.snmp_port,
            user=self.v3_user,
            auth_protocol=auth_protocol,
            auth_secret=auth_secret,
            priv_protocol=priv_protocol,
            priv_secret=priv_secret,
        )


@dataclass(frozen=True, kw_only=True)
class LoginOptions:
    """Who logs in there: at a router's API, or at an OLT's command line."""

    user: Annotated[str | None, typer.Option(help="Who logs in: RouterOS API, or SSH.")] = None
    password: Annotated[str | None, typer.Option(help="His password; - asks for it.")] = None
    password_file: Annotated[Path | None, typer.Option(help="A file that holds the password.")] = (
        None
    )
    login_port: Annotated[
        int | None, typer.Option(min=1, max=PORT_MAX, help="Where it is not the device's.")
    ] = None
    tls: Annotated[bool, typer.Option("--tls", help="The API is over TLS.")] = False
    certificate: Annotated[
        str | None, typer.Option(metavar="SHA256", help="The certificate that alone is trusted.")
    ] = None

    def access(self) -> LoginAccess | None:
        """What the options say, the password read or asked for; None: nothing. Raises Refused."""
        password = read_secret("password", self.password, self.password_file)
        if self.user is None:
            if password or self.tls or self.certificate:
                raise usage("a login is described without a user", "name him with --user")
            return None
        certificate = _fingerprint(self.certificate)
        return LoginAccess(
            user=self.user,
            password=password or Secret(""),
            port=self.login_port,
            tls=self.tls or bool(certificate),
            certificate_sha256=certificate,
        )


@dataclass(frozen=True, kw_only=True)
class TlsOptions:
    """Whether the controller is asked over TLS, and whom to believe that he is it."""

    tls: Annotated[
        bool, typer.Option("--tls", help="Over TLS; the certificate shown now is believed.")
    ] = False
    ca_file: Annotated[
        Path | None, typer.Option(help="Believe what these authorities (PEM) have signed instead.")
    ] = None
    certificate: Annotated[
        str | None, typer.Option(metavar="SHA256", help="The certificate that must be shown.")
    ] = None

    def access(self) -> TlsAccess | None:
        """What the options say; None: nothing, that is plain. Raises Refused."""
        certificate = _fingerprint(self.certificate)
        if self.ca_file is None:
            return TlsAccess(certificate_sha256=certificate) if self.tls or certificate else None
        if certificate:
            raise usage("a certificate and its authorities are given", "give one of them")
        return TlsAccess(authorities=_authorities(self.ca_file))


def _authorities(path: Path) -> str:
    """The certificates of a PEM file, without what people write between them. Raises Refused."""
    try:
        authorities = "\n".join(CERTIFICATE.findall(path.read_text("utf-8", "replace")))
        if not authorities:
            raise usage(f"{path} has no certificates", "name a PEM file")
        ssl.create_default_context(cadata=authorities)
    except (OSError, ValueError) as fault:
        raise usage(f"{path} has no certificates: {fault}", "name a PEM file") from None
    return authorities


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """Where a device is."""

    host: str
    port: int


def parse_endpoint(text: str, port: int | None) -> Endpoint:
    """`olt1.example`, `192.0.2.10:161`, `[2001:db8::1]:161`; `port` where none is written (None:
    it must be). Raises Refused.
    """
    written = text.strip()
    if written.count(":") > 1 and not written.startswith("["):
        written = f"[{written}]"
    found = ENDPOINT.fullmatch(written)
    number = int((found and found["port"]) or port or 0)
    if found is None or not 0 < number <= PORT_MAX:
        where = "HOST:PORT" if port is None else "HOST[:PORT]"
        example = f"192.0.2.10:{port or 50057}"
        raise usage(f"{text!r} is not {where}", f"write it as {example}")
    return Endpoint(host=found["v6"] or found["host"], port=number)


def _fingerprint(written: str | None) -> str | None:
    """The SHA-256 of a certificate, without the colons that some write."""
    if written is None:
        return None
    digits = written.replace(":", "").lower()
    if not SHA256_HEX.fullmatch(digits):
        raise usage("that is no SHA-256 of a certificate", "write its 64 hexadecimal digits")
    return digits


def _protocol(
    given: Secret[str] | None, option: str, known: Collection[str]
) -> tuple[str | None, Secret[str] | None]:
    """`sha256:SECRET` in its two parts."""
    if given is None:
        return None, None
    name, _, secret = given.reveal().partition(":")
    protocol = name.lower().replace("-", "")
    protocol = SPELLINGS.get(protocol, protocol)
    if protocol not in known or not secret:
        remedy = f"write it as PROTOCOL:SECRET, with one of {', '.join(known)}"
        raise usage(f"{option} names no protocol", remedy)
    if len(secret) < V3_SECRET_CHARACTERS_MIN:
        remedy = f"agents take {V3_SECRET_CHARACTERS_MIN} characters or more"
        raise usage(f"the secret of {option} is too short", remedy)
    return protocol, Secret(secret)


def usage(problem: str, remedy: str) -> Refused:
    """A command line that cannot be meant."""
    return Refused(problem, remedy=remedy, exit_code=ExitCode.USAGE)
