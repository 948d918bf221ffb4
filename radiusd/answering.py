"""Access-Requests of one socket: take, load, decide, settle, answer, record.

Synchronous for whoever the snapshot knows all about; only an address still to be leased or a place
among a service's sessions waits for the database, and a refusal for its delay.
"""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import assert_never

from msgspec import structs

from policy.class_cookie import NONCE_OCTETS
from radius import wire
from radius.authentication import Unusable, accept_attributes, reject_attributes
from radius.hiding import Hiding
from radius.packet import Code
from radiusd.access import (
    Accept,
    AccessReason,
    Decision,
    Reject,
    ServiceRecord,
    Silence,
    decide,
    learns_signature,
)
from radiusd.access_request import AccessRequest, proxy_states, read_access_request
from radiusd.attempts import Outcome, attempt_key
from radiusd.delay import DelayedReplies
from radiusd.intake import Drop, Intake, Taken
from radiusd.loading import load_service
from radiusd.replies import accept_template
from radiusd.snapshot import Reading
from radiusd.tools import Tools

__all__ = ["AccessDesk"]

ANSWER_SECONDS_MAX = 2.0
"""Later than this the NAS has given up or asks again; an answer would only confuse it."""

CHALLENGE_OCTETS = 16

DISBELIEVED = (Reject(AccessReason.WRONG_PASSWORD), Reject(AccessReason.SECRET_SUSPECTED))

SETTLING_MAX = 4_096
"""Logins that wait for the database at one time; beyond it the NAS is left to ask again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Case:
    """One request being answered."""

    taken: Taken
    request: AccessRequest
    record: ServiceRecord | None
    peer: bytes


class AccessDesk:
    """Answers the Access-Requests of one socket. `send(reply, peer)` is for what comes later."""

    def __init__(
        self,
        intake: Intake,
        tools: Tools,
        delayed: DelayedReplies,
        send: Callable[[bytes, bytes], None],
    ) -> None:
        self._intake = intake
        self._tools = tools
        self._delayed = delayed
        self._send = send
        self._settling: set[asyncio.Task[None]] = set()

    def answer(self, taken: Taken, peer: bytes, reading: Reading) -> bytes | None:
        """The reply to send at once, if there is one."""
        case, decision = self._decided(taken, peer, reading)
        nas = taken.known.nas
        if learns_signature(nas, case.request):
            taken.known.nas = replace(nas, message_authenticator_seen=True)
            self._tools.tally.signs(taken.known)
        if isinstance(decision, Accept) and (decision.awaited or decision.counted):
            self._settle_later(decision, case)
            return None
        return self._finish(decision, case)

    async def drain(self) -> None:
        """Let what waits for the database end."""
        await asyncio.gather(*self._settling, return_exceptions=True)

    def _decided(self, taken: Taken, peer: bytes, reading: Reading) -> tuple[_Case, Decision]:
        """The decision. An unsigned request does not tell by which secret its password is hidden,
        so while two are in force a wrong password is tried with the other.
        """
        nas, tools = taken.known.nas, self._tools
        request = read_access_request(taken.frame, taken.secret)
        record = load_service(request, nas.tenant_id, reading, tools.open_sealed)
        present = tools.database_present()
        decision = decide(request, record, nas, database_present=present)
        if not request.signed and decision in DISBELIEVED:
            for secret in taken.other_secrets:
                again = read_access_request(taken.frame, secret)
                other = decide(again, record, nas, database_present=present)
                if other not in (decision, Reject(AccessReason.SECRET_SUSPECTED)):
                    taken, request, decision = structs.replace(taken, secret=secret), again, other
                    break
        return _Case(taken=taken, request=request, record=record, peer=peer), decision

    def _settle_later(self, accept: Accept, case: _Case) -> None:
        if len(self._settling) >= SETTLING_MAX:
            self._intake.give_up(case.taken, Drop.OVERLOADED)
            return
        task = asyncio.ensure_future(self._settled(accept, case))
        self._settling.add(task)
        task.add_done_callback(self._settling.discard)

    async def _settled(self, accept: Accept, case: _Case) -> None:
        """Settle, then answer; the last resort for what settling did not expect."""
        if case.record is None:
            return
        try:
            async with asyncio.timeout(ANSWER_SECONDS_MAX):
                decision = await self._tools.settle(
                    accept, case.record, case.request, case.taken.known.nas.nas_id
                )
            reply = self._finish(decision, case)
        except TimeoutError:
            self._intake.give_up(case.taken, Drop.LATE)
        except Exception as error:
            self._intake.give_up(case.taken, Drop.INTERNAL_ERROR)
            self._tools.on_internal_error(error)
        else:
            if reply is not None:
                self._send(reply, case.peer)

    def _finish(self, decision: Decision, case: _Case) -> bytes | None:
        """Record the attempt, make the reply, keep it for duplicates; None: nothing to send now."""
        taken = case.taken
        if isinstance(decision, Accept):
            attributes = self._accept_attributes(decision, case)
            if len(attributes) > wire.SIGNED_ATTRIBUTES_OCTETS_MAX:
                decision = Reject(AccessReason.REPLY_TOO_LONG)
            else:
                self._record(case, Outcome.ACCEPT, decision.reason)
                return self._answered(case, _reply(Code.ACCESS_ACCEPT, taken, attributes))
        match decision:
            case Reject(reason):
                self._record(case, Outcome.REJECT, reason)
                attributes = _refusal_attributes(case) + proxy_states(taken.frame)
                return self._refuse(case, _reply(Code.ACCESS_REJECT, taken, attributes))
            case Silence(reason):
                self._record(case, Outcome.SILENCE, reason)
                self._intake.duplicates.forget(taken.key, taken.frame.authenticator)
                return None
            case _:
                assert_never(decision)

    def _refuse(self, case: _Case, reply: bytes) -> bytes | None:
        """Now, or after the delay; until then the request counts as being worked on."""

        def send() -> None:
            if self._answered(case, reply) is not None:
                self._send(reply, case.peer)

        return None if self._delayed.add(send) else self._answered(case, reply)

    def _answered(self, case: _Case, reply: bytes) -> bytes | None:
        """The reply, kept for duplicates; None where the NAS has moved on to another request."""
        now = self._tools.clock.monotonic()
        taken = case.taken
        waited_for = self._intake.duplicates.answer(
            taken.key, taken.frame.authenticator, reply, now
        )
        return reply if waited_for else None

    def _accept_attributes(self, accept: Accept, case: _Case) -> bytes:
        before, after = accept_template(
            accept.entitlement,
            accept.addresses,
            case.taken.known.nas.vendor,
        )
        return b"".join(
            (
                before,
                os.urandom(NONCE_OCTETS),
                after,
                self._method_attributes(case),
                proxy_states(case.taken.frame),
            )
        )

    def _method_attributes(self, case: _Case) -> bytes:
        """What an authentication method wants said with an Accept."""
        offer, record = case.request.offer, case.record
        if isinstance(offer, Unusable) or record is None or record.password is None:
            return b""
        hiding = Hiding(
            secret=case.taken.secret,
            authenticator=case.taken.frame.authenticator,
            first_salt=int.from_bytes(os.urandom(2), "big"),
        )
        return accept_attributes(offer, record.password, hiding)

    def _record(self, case: _Case, outcome: Outcome, reason: str) -> None:
        nas, record = case.taken.known.nas, case.record
        at = self._tools.clock.now().timestamp()
        key = attempt_key(
            at=at,
            tenant_id=nas.tenant_id,
            subscriber_id=0 if record is None else record.subscriber_id,
            service_id=0 if record is None else record.service_id,
            nas_id=nas.nas_id,
            login=case.request.login,
            calling_station_id=case.request.calling_station_id,
            outcome=outcome,
            reason=reason,
        )
        self._tools.tally.answer(case.taken.known, outcome)
        self._tools.attempts.add(key, at)


def _reply(code: Code, taken: Taken, attributes: bytes) -> bytes:
    frame = taken.frame
    return wire.build_reply(code, frame.identifier, frame.authenticator, attributes, taken.secret)


def _refusal_attributes(case: _Case) -> bytes:
    """What an authentication method wants said with a Reject."""
    offer = case.request.offer
    if isinstance(offer, Unusable):
        return b""
    return reject_attributes(offer, os.urandom(CHALLENGE_OCTETS))
