"""How a v2c session wraps its PDUs: in the community."""

from collections.abc import Container

from chassis.secrets import Secret
from devices.snmp.ber import MalformedMessage
from devices.snmp.message import RESPONSE, decode_v2c, encode_v2c
from devices.snmp.security import LateAnswer, Opened

__all__ = ["Community"]


class Community:
    """One agent's community. A wrong one is met with silence, so nothing is ever refused."""

    def __init__(self, community: Secret[str] | None) -> None:
        self._community = community.reveal().encode() if community else b""

    def opening(self, message_id: int) -> bytes | None:
        """Nothing needs to be found out first."""
        del message_id
        return None

    def seal(self, pdu: bytes, message_id: int, now: float) -> bytes:
        """The PDU as a datagram; `message_id` is the request-id in it."""
        del message_id, now
        return encode_v2c(self._community, pdu)

    def open(self, datagram: bytes, expected: Container[int], now: float) -> Opened:
        """The answer to one of the `expected` requests; raises LateAnswer, MalformedMessage."""
        del now
        community, pdu = decode_v2c(datagram)
        if community != self._community or pdu.tag != RESPONSE:
            raise MalformedMessage("another community, or no answer")
        if pdu.request_id not in expected:
            raise LateAnswer
        return Opened(pdu=pdu)
