"""What can be wrong with the framing of a packet: every malformed datagram has one named reason."""

from enum import StrEnum

__all__ = ["MalformedPacketError", "MalformedReason"]


class MalformedReason(StrEnum):
    """Why a datagram is not a RADIUS packet, or a packet's attributes cannot be told apart."""

    DATAGRAM_TOO_SHORT = "datagram_too_short"
    LENGTH_TOO_SHORT = "length_too_short"
    LENGTH_TOO_LONG = "length_too_long"
    LENGTH_BEYOND_DATAGRAM = "length_beyond_datagram"
    ATTRIBUTE_TYPE_ZERO = "attribute_type_zero"
    ATTRIBUTE_TOO_SHORT = "attribute_too_short"
    ATTRIBUTE_OVERRUN = "attribute_overrun"
    ATTRIBUTE_STRAY_OCTET = "attribute_stray_octet"
    TOO_MANY_ATTRIBUTES = "too_many_attributes"
    MESSAGE_AUTHENTICATOR_LENGTH = "message_authenticator_length"
    MESSAGE_AUTHENTICATOR_REPEATED = "message_authenticator_repeated"


class MalformedPacketError(Exception):
    """A datagram that must be discarded without an answer (RFC 2865 §3, RFC 2866 §3)."""

    def __init__(self, reason: MalformedReason) -> None:
        super().__init__(reason.value)
        self.reason = reason
