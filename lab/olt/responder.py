"""What an agent answers: a pure function of the request, the view and the agent's limits."""

from collections.abc import Iterator
from dataclasses import dataclass

from lab.olt import wire
from lab.olt.view import View
from lab.olt.wire import ErrorStatus, Pdu, Request

__all__ = ["USUAL", "Limits", "respond"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one answer holds.

    `octets_max` is of the varbinds: a GETBULK is cut there, anything else is answered with tooBig.
    `repetitions_max` bounds GETBULK as many agents do; `varbinds_max` cuts it in mid row.
    """

    octets_max: int = 1400
    repetitions_max: int = 100
    varbinds_max: int = 4096
    bulk_too_big: bool = False
    """Answer tooBig where others cut a GETBULK short."""


USUAL = Limits()


def respond(request: Request, view: View, limits: Limits) -> bytes:
    """The response's datagram (RFC 3416 §4.2)."""
    if request.pdu is Pdu.SET:
        return _failure(request, ErrorStatus.NOT_WRITABLE)
    if request.pdu is Pdu.GET_BULK:
        return _bulk(request, view, limits)
    if request.pdu is Pdu.GET:
        found = [
            view.get(oid) or wire.varbind(wire.encode_oid(oid), wire.NO_SUCH_INSTANCE)
            for oid in request.oids
        ]
    else:
        found = [next(_walk(view, oid)) for oid in request.oids]
    varbinds = b"".join(found)
    if len(varbinds) > limits.octets_max:
        return _failure(request, ErrorStatus.TOO_BIG)
    return wire.encode_response(request, varbinds)


def _failure(request: Request, status: ErrorStatus) -> bytes:
    at = 0 if status is ErrorStatus.TOO_BIG else 1
    names = b"".join(wire.varbind(wire.encode_oid(oid), wire.NULL) for oid in request.oids)
    return wire.encode_response(request, names if at else b"", status, at)


def _walk(view: View, oid: wire.Oid) -> Iterator[bytes]:
    """What follows a name, without end: after the last comes endOfMibView under the last name."""
    name = wire.encode_oid(oid)
    for found in view.following(oid):
        yield found
        name = _name(found)
    while True:
        yield wire.varbind(name, wire.END_OF_MIB_VIEW)


def _name(varbind: bytes) -> bytes:
    """The encoded OID of a varbind; every header in it is short or of two octets more."""
    start = 2 if varbind[1] < 0x80 else 2 + (varbind[1] & 0x7F)
    size = varbind[start + 1]
    return varbind[start + 2 : start + 2 + size]


def _bulk(request: Request, view: View, limits: Limits) -> bytes:
    """GETBULK (RFC 3416 §4.2.3): the repeaters' columns row by row, as far as they fit."""
    single = [next(_walk(view, oid)) for oid in request.oids[: request.non_repeaters]]
    walks = [_walk(view, oid) for oid in request.oids[request.non_repeaters :]]
    collected, size = list(single), sum(map(len, single))
    for _ in range(min(request.max_repetitions, limits.repetitions_max) if walks else 0):
        row = [next(walk) for walk in walks]
        for found in row:
            if size + len(found) > limits.octets_max:
                if limits.bulk_too_big:
                    return _failure(request, ErrorStatus.TOO_BIG)
                return wire.encode_response(request, b"".join(collected[: limits.varbinds_max]))
            collected.append(found)
            size += len(found)
        if all(found.endswith(wire.END_OF_MIB_VIEW) for found in row):
            break
    return wire.encode_response(request, b"".join(collected[: limits.varbinds_max]))
