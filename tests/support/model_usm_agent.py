"""An authoritative SNMPv3 engine as a function: its reports, its clock, its restarts."""

from dataclasses import dataclass, field

from devices.credentials import SnmpAccess
from devices.snmp.ber import OID, SEQUENCE, enclose, integer, oid_octets
from devices.snmp.message import REPORT, RESPONSE
from devices.snmp.usm import NOT_IN_TIME_WINDOW, TIME_WINDOW_SECONDS, UNKNOWN_ENGINE_ID
from devices.snmp.usm_keys import localised, master_keys
from devices.snmp.usm_message import (
    AUTHENTIC,
    REPORTABLE,
    Message,
    decode_scoped,
    decode_v3,
    encode_v3,
    is_authentic,
)

__all__ = ["ANSWER", "ModelUsmAgent"]

UNKNOWN_USER = oid_octets("1.3.6.1.6.3.15.1.1.3.0")
WRONG_DIGEST = oid_octets("1.3.6.1.6.3.15.1.1.5.0")
ANSWER = (oid_octets("1.3.6.1.2.1.1.5.0"), b"the answer")


@dataclass
class ModelUsmAgent:
    """Answers every question with `ANSWER`; `booted_at` is when its clock was 0."""

    access: SnmpAccess
    engine_id: bytes = b"\x80\x00\x1f\x88\x04engine01"
    boots: int = 1
    booted_at: float = 0.0
    salt: int = 0
    reports: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._master = master_keys(self.access)

    def restart(self, now: float, *, boots: int | None = None) -> None:
        """Begin anew, with one more boot, or with as many as a cheap device remembers."""
        self.boots = self.boots + 1 if boots is None else boots
        self.booted_at = now

    def answer(self, datagram: bytes, now: float) -> bytes:
        """A response or a report."""
        asked = decode_v3(datagram)
        keys = localised(self._master, self.engine_id)
        seconds = max(0, int(now - self.booted_at))

        def say(tag: int, flags: int, name: bytes, value: bytes) -> bytes:
            self.salt += 1
            varbind = enclose(SEQUENCE, enclose(OID, name), value)
            pdu = enclose(
                tag, integer(asked.message_id), integer(0), integer(0), enclose(SEQUENCE, varbind)
            )
            message = Message(
                message_id=asked.message_id,
                flags=flags,
                engine_id=self.engine_id,
                boots=self.boots,
                seconds=seconds,
                user=asked.user,
                scoped=b"",
            )
            return encode_v3(message, pdu, keys, self.salt)

        def report(name: bytes, flags: int = 0) -> bytes:
            self.reports.append(name)
            return say(REPORT, flags, name, enclose(0x41, b"\x01"))

        if asked.engine_id != self.engine_id:
            return report(UNKNOWN_ENGINE_ID)
        if asked.user != (self.access.user or "").encode():
            return report(UNKNOWN_USER)
        if asked.flags & AUTHENTIC:
            if not is_authentic(datagram, asked, keys):
                return report(WRONG_DIGEST)
            if asked.boots != self.boots or abs(asked.seconds - seconds) > TIME_WINDOW_SECONDS:
                return report(NOT_IN_TIME_WINDOW, AUTHENTIC)
        decode_scoped(asked, keys, len(datagram))
        return say(RESPONSE, asked.flags & ~REPORTABLE, ANSWER[0], enclose(4, ANSWER[1]))
