"""SNMP traps and informs as hints: who sends one, and what it is called.

Pure. A trap is believed no further than that its device is worth an early look, so a v1 or v2c one
is taken by its source address; a v3 one must be authentic (RFC 3414) where the device's user is
known to have a secret. Whatever is not a trap is one named error.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from devices.snmp.ber import (
    SEQUENCE,
    MalformedMessage,
    enter,
    read_integer,
    read_octets,
)
from devices.snmp.message import RESPONSE, VERSION_2C, Pdu, decode_pdu, encode_v2c
from devices.snmp.usm_keys import Keys, localised
from devices.snmp.usm_message import AUTHENTIC, PRIVATE, decode_scoped, decode_v3, is_authentic

__all__ = ["MalformedMessage", "Trap", "decode_trap"]

VERSION_1: Final = 0
VERSION_3: Final = 3
TRAP_V1: Final = 0xA4
INFORM: Final = 0xA6
TRAP: Final = 0xA7
TRAP_OID: Final = bytes((0x2B, 6, 1, 6, 3, 1, 1, 4, 1, 0))
"""snmpTrapOID.0, the second variable of every v2 trap (RFC 3416 §4.2.6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trap:
    """What came. `name` is the notification's OID where it says so; `reply` acknowledges an inform.

    Informs of v3 are answered by nobody: their sender waits for an engine, which we are not.
    """

    version: int
    name: str | None
    reply: bytes | None = None


def decode_trap(datagram: bytes, users: Mapping[bytes, Keys]) -> Trap:
    """The trap in a datagram; `users` (their master keys) are those of the devices at its source.

    Raises MalformedMessage for what is no trap, is cut short, or is not authentic.
    """
    at, end = enter(datagram, 0, len(datagram), SEQUENCE)
    version, at = read_integer(datagram, at, end)
    if version == VERSION_3:
        return _v3(datagram, users)
    if version not in (VERSION_1, VERSION_2C):
        raise MalformedMessage(f"version {version}")
    community, at = read_octets(datagram, at, end)
    if version == VERSION_1:
        enter(datagram, at, end, TRAP_V1)
        return Trap(version=1, name=None)
    pdu = _notification(decode_pdu(datagram, at, end))
    reply = _acknowledgement(community, datagram[at:end]) if pdu.tag == INFORM else None
    return Trap(version=2, name=_name(pdu), reply=reply)


def _v3(datagram: bytes, users: Mapping[bytes, Keys]) -> Trap:
    message = decode_v3(datagram)
    master = users.get(message.user)
    if master is None:
        raise MalformedMessage("a user that no device here has")
    keys = localised(master, message.engine_id)
    wanted = AUTHENTIC * bool(keys.auth_protocol) | PRIVATE * bool(keys.priv_protocol)
    if message.flags & wanted != wanted or (
        message.flags & AUTHENTIC and not is_authentic(datagram, message, keys)
    ):
        raise MalformedMessage("not authentic")
    pdu = _notification(decode_scoped(message, keys, len(datagram)))
    return Trap(version=3, name=_name(pdu))


def _notification(pdu: Pdu) -> Pdu:
    if pdu.tag not in (INFORM, TRAP):
        raise MalformedMessage("no trap")
    return pdu


def _name(pdu: Pdu) -> str | None:
    for oid, value in pdu.varbinds:
        if oid == TRAP_OID:
            return value if isinstance(value, str) else None
    return None


def _acknowledgement(community: bytes, pdu: bytes) -> bytes:
    """A response with the inform's own variables (RFC 3416 §4.2.7)."""
    return encode_v2c(community, bytes((RESPONSE,)) + pdu[1:])
