"""How a v3 session wraps its PDUs: the User-based Security Model (RFC 3412 §6, RFC 3414 §3).

We are never authoritative: the agent's engine is, and its boots and time go into what we send. What
we believe of them is corrected by any authentic answer to a message of ours: its number is random,
so that an old answer cannot be passed off as it. An agent that forgets its boots heals that way.
"""

import hmac
from collections.abc import Container
from dataclasses import dataclass, replace
from typing import Final

from devices.credentials import SnmpAccess
from devices.snmp.ber import (
    OCTET_STRING,
    SEQUENCE,
    MalformedMessage,
    enclose,
    enter,
    integer,
    oid_octets,
    read_integer,
    read_octets,
)
from devices.snmp.message import GET, REPORT, Pdu, Request, decode_pdu, encode_pdu
from devices.snmp.security import LateAnswer, Opened
from devices.snmp.usm_keys import Keys, localised, master_keys

__all__ = ["NOT_IN_TIME_WINDOW", "UNKNOWN_ENGINE_ID", "Engine", "Usm"]

VERSION_3: Final = 3
MESSAGE_OCTETS_MAX: Final = 65507
"""The largest message that we take: what fits in a datagram."""

AUTHENTIC: Final = 0x01
PRIVATE: Final = 0x02
REPORTABLE: Final = 0x04
USER_BASED: Final = 3

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """The parts of a v3 message; `scoped` is still encrypted where it is private."""

    message_id: int
    flags: int
    engine_id: bytes
    boots: int
    seconds: int
    user: bytes
    digest: bytes
    digest_at: int
    salt: bytes
    scoped: bytes


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

    @property
    def engine(self) -> Engine | None:
        """The agent's engine, once it is known."""
        return self._engine

    def opening(self, message_id: int) -> bytes | None:
        """The question who is there (RFC 3414 §4), while that is not known."""
        if self._engine is not None:
            return None
        pdu = encode_pdu(Request(tag=GET, oids=()), message_id)
        nobody = Engine(engine_id=b"", boots=0, seconds=0, learned=0.0)
        return _message(message_id, REPORTABLE, nobody, 0, b"", _scoped(b"", pdu), b"", Keys())

    def seal(self, pdu: bytes, message_id: int, now: float) -> bytes:
        """The PDU as a datagram, authenticated and encrypted as the user has secrets."""
        engine = self._engine
        assert engine is not None, "ask who is there first"
        seconds = engine.time(now)
        scoped, salt = _scoped(engine.engine_id, pdu), b""
        if self._level & PRIVATE:
            self._salt += 1
            sealed, salt = self._keys.encrypt(scoped, engine.boots, seconds, self._salt)
            scoped = enclose(OCTET_STRING, sealed)
        flags = self._level | REPORTABLE
        return _message(message_id, flags, engine, seconds, self._user, scoped, salt, self._keys)

    def open(self, datagram: bytes, expected: Container[int], now: float) -> Opened:
        """What came in answer to one of the `expected` messages.

        Raises LateAnswer, and MalformedMessage also for what is not authentic or not from this
        agent's engine.
        """
        message = _parse(datagram)
        if message.message_id not in expected:
            raise LateAnswer
        if message.flags & AUTHENTIC:
            self._check(datagram, message)
        pdu = self._pdu(message, len(datagram))
        if pdu.tag == REPORT:
            return self._reported(message, pdu, now)
        if message.flags & self._level != self._level or pdu.request_id != message.message_id:
            raise MalformedMessage("an answer that is not as safe as the question, or to another")
        self._set_clock(message, now, trusted=False)
        return Opened(pdu=pdu)

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
        self._engine = Engine(
            engine_id=message.engine_id,
            boots=message.boots,
            seconds=message.seconds,
            learned=now,
        )

    def _check(self, datagram: bytes, message: Message) -> None:
        """Refuse what was not made with our keys for this engine."""
        engine = self._engine
        if engine is None or engine.engine_id != message.engine_id or message.user != self._user:
            raise MalformedMessage("another engine or user")
        digest, at = message.digest, message.digest_at
        if len(digest) != self._keys.digest_octets or not digest:
            raise MalformedMessage("a digest of another protocol")
        blank = datagram[:at] + bytes(len(digest)) + datagram[at + len(digest) :]
        if not hmac.compare_digest(self._keys.digest(blank), digest):
            raise MalformedMessage("a wrong digest")

    def _set_clock(self, message: Message, now: float, *, trusted: bool) -> None:
        """Believe the agent's clock; only the Report of a wrong one may set it back (§3.2 7b)."""
        engine = self._engine
        assert engine is not None, "checked before"
        behind = engine.time(now) - message.seconds > TIME_WINDOW_SECONDS
        old = message.boots < engine.boots or (message.boots == engine.boots and behind)
        if old and not trusted and self._level:
            raise MalformedMessage("an answer outside of the time window")
        self._engine = Engine(
            engine_id=engine.engine_id,
            boots=message.boots,
            seconds=message.seconds,
            learned=now,
        )

    def _pdu(self, message: Message, octets: int) -> Pdu:
        scoped = message.scoped
        if message.flags & PRIVATE:
            sealed, _ = read_octets(scoped, 0, len(scoped))
            try:
                scoped = self._keys.decrypt(sealed, message.boots, message.seconds, message.salt)
            except (ValueError, OverflowError):
                raise MalformedMessage("encrypted in a way that cannot be") from None
        at, end = enter(scoped, 0, len(scoped), SEQUENCE)
        _, at = read_octets(scoped, at, end)
        _, at = read_octets(scoped, at, end)
        return replace(decode_pdu(scoped, at, end), octets=octets)


def _scoped(engine_id: bytes, pdu: bytes) -> bytes:
    return enclose(SEQUENCE, enclose(OCTET_STRING, engine_id), enclose(OCTET_STRING), pdu)


def _message(
    message_id: int,
    flags: int,
    engine: Engine,
    seconds: int,
    user: bytes,
    scoped: bytes,
    salt: bytes,
    keys: Keys,
) -> bytes:
    """A v3 message, its digest filled in."""

    def whole(digest: bytes) -> bytes:
        security = enclose(
            SEQUENCE,
            enclose(OCTET_STRING, engine.engine_id),
            integer(engine.boots),
            integer(seconds),
            enclose(OCTET_STRING, user),
            enclose(OCTET_STRING, digest),
            enclose(OCTET_STRING, salt),
        )
        header = enclose(
            SEQUENCE,
            integer(message_id),
            integer(MESSAGE_OCTETS_MAX),
            enclose(OCTET_STRING, bytes((flags,))),
            integer(USER_BASED),
        )
        return enclose(
            SEQUENCE, integer(VERSION_3), header, enclose(OCTET_STRING, security), scoped
        )

    blank = whole(bytes(keys.digest_octets))
    return whole(keys.digest(blank)) if keys.digest_octets else blank


def _parse(datagram: bytes) -> Message:
    """The parts of a message. Raises MalformedMessage."""
    at, end = enter(datagram, 0, len(datagram), SEQUENCE)
    version, at = read_integer(datagram, at, end)
    if version != VERSION_3:
        raise MalformedMessage(f"version {version} where 3 must be")
    header, at = enter(datagram, at, end, SEQUENCE)
    message_id, header = read_integer(datagram, header, at)
    _, header = read_integer(datagram, header, at)
    flags, header = read_octets(datagram, header, at)
    model, _ = read_integer(datagram, header, at)
    if model != USER_BASED or len(flags) != 1:
        raise MalformedMessage("another security model")
    parameters, after = enter(datagram, at, end, OCTET_STRING)
    inner, stop = enter(datagram, parameters, after, SEQUENCE)
    engine_id, inner = read_octets(datagram, inner, stop)
    boots, inner = read_integer(datagram, inner, stop)
    seconds, inner = read_integer(datagram, inner, stop)
    user, inner = read_octets(datagram, inner, stop)
    digest_at, inner = enter(datagram, inner, stop, OCTET_STRING)
    salt, _ = read_octets(datagram, inner, stop)
    if flags[0] & PRIVATE and not flags[0] & AUTHENTIC:
        raise MalformedMessage("private and not authentic")
    if min(boots, seconds) < 0 or max(boots, seconds) >= 1 << 31:
        raise MalformedMessage("a clock that cannot be")
    return Message(
        message_id=message_id,
        flags=flags[0],
        engine_id=engine_id,
        boots=boots,
        seconds=seconds,
        user=user,
        digest=datagram[digest_at:inner],
        digest_at=digest_at,
        salt=salt,
        scoped=datagram[after:end],
    )
