"""What every datagram goes through first: whose it is, framing, proof, duplicate.

The order is that of RFC 5080 §2.2.2: what is not proven must not touch what is kept for duplicates.
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, assert_never

import msgspec

from chassis.datagrams import render_peer
from radius import numbers, wire
from radius.duplicates import Admission, DuplicateCache
from radius.integrity import Verdict, check_request
from radius.malformed import MalformedPacketError
from radius.packet import Code
from radiusd import metrics
from radiusd.access import signature_required
from radiusd.nas_table import NasTable, NasWithSecrets
from radiusd.tally import Tally

__all__ = ["Answered", "Drop", "Intake", "Moment", "Taken"]


class Drop(StrEnum):
    """Why a datagram is dropped, beside malformed framing and failed proof."""

    CODE_NOT_SERVED = "code_not_served"
    DUPLICATE_IN_PROGRESS = "duplicate_in_progress"
    LATE = "late"
    INTERNAL_ERROR = "internal_error"
    OVERLOADED = "overloaded"
    NOT_KEPT = "not_kept"
    NOT_HEALTHY = "not_healthy"
    STATUS_TOO_OFTEN = "status_too_often"
    NO_WAY_BACK = "no_way_back"


class Moment(NamedTuple):
    """When a batch of datagrams was received: by the wall, the same in seconds since 1970, and by
    a clock that does not go back.
    """

    now: datetime
    timestamp: float
    monotonic_seconds: float


class Taken(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A proven request that is not a duplicate, with the secret that proved it.

    `key` is what duplicates are known by. `other_secrets` may be what an unsigned request was made
    with.
    """

    key: bytes
    frame: wire.Frame
    known: NasWithSecrets
    secret: bytes
    other_secrets: tuple[bytes, ...]

    def __repr__(self) -> str:
        """Without the secrets."""
        return f"Taken({self.known.nas.name}, {self.frame})"


class Answered(msgspec.Struct, frozen=True, gc=False):
    """A duplicate, with the answer that its first one got."""

    reply: bytes


class Intake:
    """One socket's. `codes` are the codes that its port serves."""

    def __init__(
        self, codes: frozenset[Code], tally: Tally, nas_table: Callable[[], NasTable]
    ) -> None:
        self._codes = codes
        self._tally = tally
        self._nas_table = nas_table
        self.duplicates = DuplicateCache()

    def take(self, datagram: bytes, peer: bytes, moment: Moment) -> Taken | Answered | None:
        """The request in a datagram; None where it was dropped, and counted."""
        host, port = render_peer(peer)
        group = self._nas_table().group(host)
        if not group:
            self._tally.stranger(host, _nas_identifier_of(datagram))
            return None
        if not port:  # a forged one: nothing can be sent there
            self._tally.drop(_first_of(group), Drop.NO_WAY_BACK)
            return None
        try:
            frame = wire.split(datagram)
        except MalformedPacketError as error:
            self._tally.drop(_first_of(group), error.reason)
            return None
        # Most addresses are one NAS's, whatever it calls itself.
        known = group.get("") if len(group) == 1 else None
        known = known or group.get(_nas_identifier(frame)) or group.get("")
        if known is None:
            self._tally.stranger(host, _nas_identifier(frame))
            return None
        if frame.code not in self._codes:
            self._tally.drop(known, Drop.CODE_NOT_SERVED)
            return None
        return self._proven(datagram, peer, frame, known, moment)

    def give_up(self, taken: Taken, reason: str) -> None:
        """There will be no answer, which is counted; its repetition is a new request."""
        self.duplicates.forget(taken.key, taken.frame.authenticator)
        self._tally.drop(taken.known, reason)

    def _proven(
        self,
        datagram: bytes,
        peer: bytes,
        frame: wire.Frame,
        known: NasWithSecrets,
        moment: Moment,
    ) -> Taken | Answered | None:
        required = signature_required(known.nas)
        secrets = known.secrets(moment.now)
        verdict = Verdict.VALID
        for secret in secrets:
            verdict = check_request(datagram, frame, secret, signature_required=required)
            if verdict is Verdict.VALID:
                break
        else:
            self._tally.drop(known, verdict)
            return None
        if frame.code != Code.ACCESS_REQUEST:
            self._tally.seen(known)
        others = tuple(other for other in secrets if other != secret) if len(secrets) > 1 else ()
        taken = Taken(
            key=peer + datagram[:2], frame=frame, known=known, secret=secret, other_secrets=others
        )
        if frame.code == Code.STATUS_SERVER:  # RFC 5997 §4.2: never answered from memory
            return taken
        return self._admitted(taken, moment)

    def _admitted(self, taken: Taken, moment: Moment) -> Taken | Answered | None:
        known = taken.known
        admission = self.duplicates.admit(
            taken.key, taken.frame.authenticator, moment.monotonic_seconds
        )
        match admission:
            case Admission.NEW | Admission.NEW_AUTHENTICATOR:
                return taken
            case Admission.IN_PROGRESS:
                self._tally.drop(known, Drop.DUPLICATE_IN_PROGRESS)
            case Admission.OVERLOADED:
                self._tally.drop(known, Drop.OVERLOADED)
            case bytes():
                metrics.duplicates.add()
                self._tally.seen(known)
                return Answered(admission)
            case _:
                assert_never(admission)
        return None


def _nas_identifier(frame: wire.Frame) -> str:
    for kind, value in frame.attributes:
        if kind == numbers.NAS_IDENTIFIER:
            return value.decode("utf-8", "replace")
    return ""


def _nas_identifier_of(datagram: bytes) -> str:
    """What a stranger calls itself, as far as that can be told."""
    try:
        return _nas_identifier(wire.split(datagram))
    except MalformedPacketError:
        return ""


def _first_of(group: dict[str, NasWithSecrets]) -> NasWithSecrets:
    """Whom a malformed packet is counted to: nobody can read which of the group sent it."""
    return group.get("") or next(iter(group.values()))
