"""How a v3 session wraps its PDUs: the User-based Security Model (RFC 3414 §3).

We are never authoritative: the agent's engine is, and its boots and time go into what we send. What
we believe of them is corrected by any authentic answer to a message of ours: its number is random,
so that an old answer cannot be passed off as it. An agent that forgets its boots heals that way.
"""

from collections.abc import Container
from dataclasses import dataclass
from typing import Final

from devices.credentials import SnmpAccess
from devices.snmp.ber import MalformedMessage, oid_octets
from devices.snmp.message import GET, REPORT, Pdu, Request, encode_pdu
from devices.snmp.security import LateAnswer, Opened
from devices.snmp.usm_keys import Keys, localised, master_keys
from devices.snmp.usm_message import (
    AUTHENTIC,
    PRIVATE,
    REPORTABLE,
    Message,
    decode_scoped,
    decode_v3,
    encode_v3,
    is_authentic,
)

__all__ = ["NOT_IN_TIME_WINDOW", "TIME_WINDOW_SECONDS", "UNKNOWN_ENGINE_ID", "Usm"]

TIME_WINDOW_SECONDS: Final = 150
"""RFC 3414 §2.2.3."""

STATISTICS: Final = "1.3.6.1.6.3.15.1.1"
NOT_IN_TIME_WINDOW: Final = oid_octets(f"{STATISTICS}.2.0")
UNKNOWN_ENGINE_ID: Final = oid_octets(f"{STATISTICS}.4.0")
REFUSALS: Final = {
    oid_octets(f"{STATISTICS}.1.0"): "the user may not be used at this security level",
    oid_octets(f"{STATISTICS}.3.0"): "the agent knows no such user",
    oid_octets(f"{STATISTICS}.5.0"): "the authentication secret or protocol is wrong",
    oid_octets(f"{STATISTICS}.6.0"): "the privacy secret or protocol is wrong",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Engine:
    """An agent's engine as we know it: its id, and its time when it was `learned`."""

    engine_id: bytes
    boots: int
    seconds: int
    learned: float

    def time(self, now: float) -> int:
        """Its time now, as far as we know."""
        return self.seconds + max(0, int(now - self.learned))


class Usm:
    """One agent's user and engine."""

    def __init__(self, access: SnmpAccess, *, salt: int) -> None:
        """`salt` is where the numbers that no two messages share begin: random."""
        self._user = (access.user or "").encode()
        self._master = master_keys(access)
        self._keys = Keys()
        self._salt = salt
        self._engine: Engine | None = None
        self._level = AUTHENTIC * bool(self._master.auth_protocol) | PRIVATE * bool(
            self._master.priv_protocol
        )

    def opening(self, message_id: int) -> bytes | None:
        """The question who is there (RFC 3414 §4), while that is not known."""
        if self._engine is not None:
            return None
        nobody = Message(
            message_id=message_id,
            flags=REPORTABLE,
            engine_id=b"",
            boots=0,
            seconds=0,
            user=b"",
            scoped=b"",
        )
        return encode_v3(nobody, encode_pdu(Request(tag=GET, oids=()), message_id), Keys())

    def seal(self, pdu: bytes, message_id: int, now: float) -> bytes:
        """The PDU as a datagram, authenticated and encrypted as the user has secrets."""
        engine = self._engine
        assert engine is not None, "ask who is there first"
        self._salt += 1
        message = Message(
            message_id=message_id,
            flags=self._level | REPORTABLE,
            engine_id=engine.engine_id,
            boots=engine.boots,
            seconds=engine.time(now),
            user=self._user,
            scoped=b"",
        )
        return encode_v3(message, pdu, self._keys, self._salt)

    def open(self, datagram: bytes, expected: Container[int], now: float) -> Opened:
        """What came in answer to one of the `expected` messages.

        Raises LateAnswer, and MalformedMessage also for what is not authentic, is out of the time
        window, or comes from another engine.
        """
        message = decode_v3(datagram)
        if message.message_id not in expected:
            raise LateAnswer
        if message.flags & AUTHENTIC:
            self._check(datagram, message)
        pdu = decode_scoped(message, self._keys, len(datagram))
        if pdu.tag == REPORT:
            return self._reported(message, pdu, now)
        if message.flags & self._level != self._level or pdu.request_id != message.message_id:
            raise MalformedMessage("an answer that is not as safe as the question, or to another")
        self._set_clock(message, now, trusted=False)
        return Opened(pdu=pdu)

    def _check(self, datagram: bytes, message: Message) -> None:
        """Refuse what was not made with our keys for this engine."""
        engine = self._engine
        if engine is None or engine.engine_id != message.engine_id or message.user != self._user:
            raise MalformedMessage("another engine or user")
        if not is_authentic(datagram, message, self._keys):
            raise MalformedMessage("a wrong digest")

    def _reported(self, message: Message, pdu: Pdu, now: float) -> Opened:
        """What a Report tells of the engine, or of us."""
        reason = pdu.varbinds[0][0] if pdu.varbinds else b""
        if reason == UNKNOWN_ENGINE_ID:
            self._learn(message, now)
        elif reason == NOT_IN_TIME_WINDOW and message.flags & AUTHENTIC:
            self._set_clock(message, now, trusted=True)
        else:
            return Opened(refusal=REFUSALS.get(reason, "the agent reports an unknown problem"))
        return Opened(again=True)

    def _learn(self, message: Message, now: float) -> None:
        if not message.engine_id:
            raise MalformedMessage("an engine without a name")
        if self._engine is None or self._engine.engine_id != message.engine_id:
            self._keys = localised(self._master, message.engine_id)
        self._believe(message, now)

    def _set_clock(self, message: Message, now: float, *, trusted: bool) -> None:
        """Believe the agent's clock; only the Report of a wrong one may set it back (§3.2 7b)."""
        engine = self._engine
        if engine is None:
            raise MalformedMessage("an answer of an engine that is not known")
        behind = engine.time(now) - message.seconds > TIME_WINDOW_SECONDS
        old = message.boots < engine.boots or (message.boots == engine.boots and behind)
        if old and not trusted and self._level:
            raise MalformedMessage("an answer outside of the time window")
        self._believe(message, now)

    def _believe(self, message: Message, now: float) -> None:
        self._engine = Engine(
            engine_id=message.engine_id,
            boots=message.boots,
            seconds=message.seconds,
            learned=now,
        )
