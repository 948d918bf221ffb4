"""Accounting-Requests of one socket: interpreted, recorded, and acknowledged once durable."""

from collections.abc import Callable, Sequence
from typing import assert_never

import msgspec

from isp.identifiers import IdentifierKind
from policy.vendors import profile
from radius import wire
from radiusd.access_request import proxy_states
from radiusd.accounting import Record, Refusal, interpret
from radiusd.intake import Drop, Intake, Moment, Taken
from radiusd.snapshot import Reading, identifier_key
from radiusd.tools import Tools

__all__ = ["AccountingDesk", "Acknowledgement", "Submit"]

MICROSECONDS = 1_000_000


class Acknowledgement(msgspec.Struct, frozen=True, gc=False):
    """The reply that is owed once a record is durable, and whose it is."""

    desk: "AccountingDesk"
    taken: Taken
    peer: bytes


Submit = Callable[[Record, Acknowledgement], bool]
"""`radiusd.recorder.Recorder.submit`."""


class AccountingDesk:
    """Takes the Accounting-Requests of one socket; `send` sends a batch of `(reply, peer)`."""

    def __init__(
        self,
        intake: Intake,
        tools: Tools,
        submit: Submit,
        send: Callable[[list[tuple[bytes, bytes]]], object],
    ) -> None:
        self._intake = intake
        self._tools = tools
        self._submit = submit
        self._send = send

    def take(
        self, taken: Taken, datagram: bytes, peer: bytes, reading: Reading, moment: Moment
    ) -> None:
        """Hand it to the recorder; what is no record is dropped and counted."""
        frame, nas = taken.frame, taken.known.nas
        record = interpret(
            frame.attributes,
            datagram[wire.HEADER_OCTETS : frame.length],
            tenant_id=nas.tenant_id,
            nas_id=nas.nas_id,
            octets_reversed=profile(nas.vendor).octets_reversed,
            find_service=lambda login: _service_of(login, nas.tenant_id, reading),
            received_at=int(moment.timestamp * MICROSECONDS),
        )
        match record:
            case Refusal():
                self._intake.give_up(taken, record)
            case Record():
                if not self._submit(record, Acknowledgement(self, taken, peer)):
                    self._intake.give_up(taken, Drop.OVERLOADED)
            case _:
                assert_never(record)

    @staticmethod
    def acknowledge(owed: Sequence[Acknowledgement]) -> None:
        """Answer the requests whose records have become durable."""
        by_desk: dict[AccountingDesk, list[tuple[bytes, bytes]]] = {}
        now = owed[0].desk._tools.clock.monotonic() if owed else 0.0
        for each in owed:
            desk = each.desk
            reply = desk._answered(each.taken, now)
            if reply is not None:
                by_desk.setdefault(desk, []).append((reply, each.peer))
        for desk, replies in by_desk.items():
            desk._send(replies)

    @staticmethod
    def abandon(owed: Sequence[Acknowledgement]) -> None:
        """Forget requests whose records could not be kept: their repetition is a new request."""
        for each in owed:
            each.desk._intake.give_up(each.taken, Drop.NOT_KEPT)

    def _answered(self, taken: Taken, now: float) -> bytes | None:
        frame = taken.frame
        reply = wire.build_accounting_response(
            frame.identifier, frame.authenticator, proxy_states(frame), taken.secret
        )
        waited_for = self._intake.duplicates.answer(taken.key, frame.authenticator, reply, now)
        return reply if waited_for else None


def _service_of(login: str, tenant_id: int, reading: Reading) -> tuple[int, int] | None:
    found = reading.identifier(identifier_key(tenant_id, IdentifierKind.LOGIN, login))
    return None if found is None else (found.subscriber_id, found.service_id)
