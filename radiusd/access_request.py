"""An Access-Request as the decision needs it, read from a frame whose proof has been checked."""

from collections.abc import Iterator
from dataclasses import dataclass

from isp.identifiers import IdentifierKind, normalise_login, normalise_mac
from radius import numbers, wire
from radius.authentication import Offer, Pap, Unusable, offered

__all__ = ["AccessRequest", "candidates", "proxy_states", "read_access_request"]

AGENT_CIRCUIT_ID = 1  # RFC 4679 §3.3.1
AGENT_REMOTE_ID = 2  # RFC 4679 §3.3.2


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessRequest:
    """What an Access-Request says. Texts are as sent, empty where absent.

    `user_name` is None where it is no text. `signed`: it carries a Message-Authenticator, a right
    one. Of a repeated attribute the first counts.
    """

    user_name: str | None
    offer: Offer | Unusable
    signed: bool
    calling_station_id: str = ""
    nas_port_id: str = ""
    circuit_id: str = ""
    remote_id: str = ""

    @property
    def login(self) -> str:
        """User-Name as logins are compared."""
        return normalise_login(self.user_name or "")


def read_access_request(frame: wire.Frame, secret: bytes) -> AccessRequest:
    """The request in a frame; `secret` reveals User-Password.

    An attribute whose value is invalid and that is no credential counts as absent (RFC 6929 §2.8).
    """
    values = dict(frame.attributes[::-1])
    vendors = _vendor_values(frame)
    adsl = numbers.VENDOR_ADSL_FORUM
    return AccessRequest(
        user_name=_text(values.get(numbers.USER_NAME, b"")),
        offer=offered(frame.attributes, frame.authenticator, secret),
        signed=bool(frame.signature_at),
        calling_station_id=_text(values.get(numbers.CALLING_STATION_ID, b"")) or "",
        nas_port_id=_text(values.get(numbers.NAS_PORT_ID, b"")) or "",
        circuit_id=_text(vendors.get((adsl, AGENT_CIRCUIT_ID), b"")) or "",
        remote_id=_text(vendors.get((adsl, AGENT_REMOTE_ID), b"")) or "",
    )


def candidates(request: AccessRequest) -> Iterator[tuple[IdentifierKind, str]]:
    """The identifiers that may name the service, most telling first; the first known one counts.

    The line (MAC, circuit-id, remote-id) names it only where the request offers no password of a
    person: anybody on the same wire can copy a MAC, and a login misspelt is not another's line.
    """
    if request.login:
        yield IdentifierKind.LOGIN, request.login
    named_mac = normalise_mac(request.user_name or "")
    if named_mac is not None:
        yield IdentifierKind.MAC, named_mac
    if not _names_its_line(request, named_mac):
        return
    mac = normalise_mac(request.calling_station_id)
    if mac is not None and mac != named_mac:
        yield IdentifierKind.MAC, mac
    if request.circuit_id:
        yield IdentifierKind.CIRCUIT_ID, request.circuit_id
    if request.remote_id:
        yield IdentifierKind.REMOTE_ID, request.remote_id


def proxy_states(frame: wire.Frame) -> bytes:
    """Every Proxy-State, in order and unchanged, as each reply must carry them (RFC 2865 §5.33)."""
    states = [each for each in frame.attributes if each[0] == numbers.PROXY_STATE]
    return b"".join([wire.attribute(*each) for each in states]) if states else b""


def _names_its_line(request: AccessRequest, named_mac: str | None) -> bool:
    """Whether no person's password is offered: none, an empty one, or the line's name repeated."""
    if named_mac is not None or request.user_name in ("", request.circuit_id, request.remote_id):
        return True
    match request.offer:
        case Unusable():
            return True
        case Pap(password):
            return password in (b"", (request.user_name or "").encode())
        case _:
            return False


def _vendor_values(frame: wire.Frame) -> dict[tuple[int, int], bytes]:
    """The first value of each vendor's attribute; one that does not parse is left out."""
    values: dict[tuple[int, int], bytes] = {}
    for kind, value in frame.attributes:
        if kind != numbers.VENDOR_SPECIFIC:
            continue
        vendor = int.from_bytes(value[:4], "big")
        at = 4
        while at + 2 <= len(value):
            octets = value[at + 1]
            if octets < 2 or at + octets > len(value):
                break
            values.setdefault((vendor, value[at]), value[at + 2 : at + octets])
            at += octets
    return values


def _text(value: bytes) -> str | None:
    """The value as text, or None where it is none: not UTF-8, or with a NUL inside."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text
