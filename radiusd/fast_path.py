"""The usual login, at speed: PAP, a login we know, access granted, addresses at hand.

Long functions on purpose, for calls cost more than what they do here. It decides nothing that
`radiusd/access.py` would decide otherwise: whatever is not the usual case is left to the long way
(`radiusd/answering.py`) before anything has been recorded, held or sent, and a property test
compares the two over random requests.
"""

from hmac import compare_digest
from os import urandom
from typing import Final, NamedTuple, TypeAlias

from chassis.datagrams import render_peer
from chassis.sealing import SealBroken
from isp.access import Access, OnLimit
from isp.identifiers import IdentifierKind
from isp.nas import MessageAuthenticatorPolicy
from isp.sealed import Sealed
from policy.class_cookie import NONCE_OCTETS
from policy.entitlement import effective
from radius import numbers, wire
from radius.malformed import MalformedPacketError
from radius.packet import Code
from radius.passwords import CLEAR
from radiusd.access import AccessReason, signature_required
from radiusd.attempts import WINDOW_SECONDS, AttemptKey, Outcome
from radiusd.intake import Intake, Moment
from radiusd.loading import addresses_of, awaited_kinds
from radiusd.nas_table import NasTable, NasWithSecrets
from radiusd.replies import accept_template
from radiusd.snapshot import (
    Reading,
    decode_entitlement,
    decode_identifier,
    decode_leases,
    identifier_prefix,
)
from radiusd.tools import Tools

__all__ = ["FastPath"]

PEERS_REMEMBERED_MAX: Final = 16_384
"""Ports of NASes; some open a new one for each request."""

GRANTS_HELD_MAX: Final = 65_536
"""In each of two generations, some 40 MB: what services are told, until it changes."""

NAME_OCTETS_MAX: Final = 128
"""Longer logins take the long way, which knows how long a key may become by casefolding."""

NONCES_AT_ONCE: Final = 512
"""Random octets are drawn for so many logins at a time: each draw is a system call."""

UNUSUAL: Final = frozenset({numbers.CHAP_PASSWORD, numbers.PROXY_STATE, numbers.EAP_MESSAGE})
MICROSOFT: Final = numbers.VENDOR_MICROSOFT.to_bytes(4, "big")
ACCESS_REQUEST: Final = int(Code.ACCESS_REQUEST)
ACCESS_ACCEPT: Final = int(Code.ACCESS_ACCEPT)
USER_NAME: Final = numbers.USER_NAME
USER_PASSWORD: Final = numbers.USER_PASSWORD
CALLING_STATION_ID: Final = numbers.CALLING_STATION_ID
VENDOR_SPECIFIC: Final = numbers.VENDOR_SPECIFIC
LEARN: Final = MessageAuthenticatorPolicy.LEARN
ACCEPT: Final = Outcome.ACCEPT
ACCEPTED: Final = AccessReason.ACCEPTED


_Said: TypeAlias = tuple[bytes | None, bytes | None, tuple[str, bool]]
"""All that the attributes of an Accept depend on: entitlement, leases, the NAS's profile."""

_Grant: TypeAlias = tuple[bytes, bytes]
"""The attributes of an Accept before and after its nonce."""


class _Peer(NamedTuple):
    """A NAS's port; only of an address that is one NAS's alone, whatever it calls itself."""

    known: NasWithSecrets
    login_prefix: bytes
    tenant_id: int
    nas_id: int


class FastPath:
    """The usual logins of one socket."""

    def __init__(self, intake: Intake, tools: Tools) -> None:
        self._duplicates = intake.duplicates
        self._attempts = tools.attempts
        self._tally = tools.tally
        self._open_sealed = tools.open_sealed
        self._peers: dict[bytes, _Peer | None] = {}
        self._nas_table = NasTable(())
        self._young: dict[_Said, _Grant] = {}
        self._old: dict[_Said, _Grant] = {}
        self._nonces = b""
        self._nonce_at = 0

    def use(self, nas_table: NasTable) -> None:
        """The NASes have changed, or the pools, on which it depends who names an address."""
        self._nas_table = nas_table
        self._peers.clear()
        self._young.clear()
        self._old.clear()

    def answer(
        self, datagram: bytes, peer: bytes, reading: Reading, moment: Moment
    ) -> bytes | None:
        """The reply to a usual login; None: take the long way."""
        try:
            remembered = self._peers[peer]
        except KeyError:
            remembered = self._remember(peer)
        if remembered is None:
            return None
        known = remembered.known
        try:
            frame = wire.split(datagram)
        except MalformedPacketError:
            return None
        if frame.code != ACCESS_REQUEST:
            return None
        nas = known.nas
        if not frame.signature_at:
            if signature_required(nas):
                return None
        elif not wire.verify_message_authenticator(
            datagram, frame, known.secret, frame.authenticator
        ) or (nas.message_authenticator is LEARN and not nas.message_authenticator_seen):
            return None
        values = dict(frame.attributes[::-1])
        if not UNUSUAL.isdisjoint(values):
            return None
        if VENDOR_SPECIFIC in values and any(
            kind == VENDOR_SPECIFIC and value[:4] == MICROSOFT for kind, value in frame.attributes
        ):
            return None
        return self._log_in(values, frame, peer + datagram[:2], remembered, reading, moment)

    def _log_in(
        self,
        values: dict[int, bytes],
        frame: wire.Frame,
        key: bytes,
        remembered: _Peer,
        reading: Reading,
        moment: Moment,
    ) -> bytes | None:
        known, login_prefix, tenant_id, nas_id = remembered
        name = values.get(USER_NAME)
        hidden = values.get(USER_PASSWORD)
        if name is None or hidden is None or len(name) > NAME_OCTETS_MAX:
            return None
        try:
            login = name.decode().strip().casefold()
            station = values.get(CALLING_STATION_ID, b"").decode()
        except UnicodeDecodeError:
            return None
        if not login or b"\0" in name or "\0" in station:
            return None
        get = reading.get
        found = get(login_prefix + login.encode(), db=reading.identifiers)
        if found is None:
            return None
        holder = decode_identifier(found)
        service_id = holder.service_id
        sealed = holder.password_sealed
        if holder.password_form != CLEAR or sealed is None:
            return None
        row_key = service_id.to_bytes(8, "big")
        entitlement = get(row_key, db=reading.entitlements)
        leases = get(row_key, db=reading.leases)
        said = (entitlement, leases, known.profile)
        grant = self._young.get(said) or self._grant(said, known, reading)
        if grant is None:
            return None
        authenticator = frame.authenticator
        try:
            password = self._open_sealed(sealed, Sealed.SERVICE_PASSWORD)
        except SealBroken:
            return None
        given = wire.reveal_password(hidden, authenticator, known.secret)
        if given is None or not compare_digest(given, password):
            return None
        before, after = grant
        attributes = before + self._nonce() + after
        reply = wire.build_reply(
            ACCESS_ACCEPT, frame.identifier, authenticator, attributes, known.secret
        )
        if not self._duplicates.remember(key, authenticator, reply, moment.monotonic_seconds):
            return None
        self._tally.answers[known, ACCEPT] += 1
        window_start = int(moment.timestamp) // WINDOW_SECONDS * WINDOW_SECONDS
        whose = (tenant_id, holder.subscriber_id, service_id, nas_id)
        attempt = AttemptKey(window_start, *whose, login, station, ACCEPT, ACCEPTED)
        self._attempts.add(attempt, moment.timestamp)
        return reply

    def _nonce(self) -> bytes:
        at = self._nonce_at
        if at == len(self._nonces):
            self._nonces = urandom(NONCES_AT_ONCE * NONCE_OCTETS)
            at = 0
        self._nonce_at = at + NONCE_OCTETS
        return self._nonces[at : at + NONCE_OCTETS]

    def _remember(self, peer: bytes) -> _Peer | None:
        if len(self._peers) >= PEERS_REMEMBERED_MAX:
            self._peers.clear()
        host, port = render_peer(peer)
        group = self._nas_table.group(host)
        remembered = None
        if port and group.keys() == {""}:
            known = group[""]
            nas = known.nas
            prefix = identifier_prefix(nas.tenant_id, IdentifierKind.LOGIN)
            remembered = _Peer(known, prefix, nas.tenant_id, nas.nas_id)
        self._peers[peer] = remembered
        return remembered

    def _grant(self, said: _Said, known: NasWithSecrets, reading: Reading) -> _Grant | None:
        """The Accept's attributes around the nonce, where nothing else is to be settled."""
        grant = self._old.get(said) or _usual_grant(said[0], said[1], known, reading)
        if grant is not None:
            if len(self._young) >= GRANTS_HELD_MAX:
                self._old, self._young = self._young, {}
            self._young[said] = grant
        return grant


def _usual_grant(
    entitlement_octets: bytes | None,
    lease_octets: bytes | None,
    known: NasWithSecrets,
    reading: Reading,
) -> _Grant | None:
    if entitlement_octets is None:
        return None
    decided = decode_entitlement(entitlement_octets)
    granted = effective(decided, known.nas)
    if granted.access is Access.NONE or granted.on_limit is OnLimit.REJECT:
        return None
    leases = () if lease_octets is None else decode_leases(lease_octets)
    addresses = addresses_of(leases)
    if awaited_kinds(granted, addresses, reading):
        return None
    before, after = accept_template(granted, addresses, known.nas.vendor)
    if len(before) + NONCE_OCTETS + len(after) > wire.SIGNED_ATTRIBUTES_OCTETS_MAX:
        return None
    return before, after
