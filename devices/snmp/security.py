"""What v2c and v3 have in common: a session wraps its questions and unwraps the answers."""

from collections.abc import Container
from dataclasses import dataclass
from typing import Protocol

from devices.snmp.message import Pdu

__all__ = ["LateAnswer", "Opened", "Security"]


class LateAnswer(Exception):  # noqa: N818 - it names what came
    """An answer to nothing that is asked now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """What an answer said: a PDU, or `again` with what was learned, or a `refusal` in words."""

    pdu: Pdu | None = None
    again: bool = False
    refusal: str | None = None


class Security(Protocol):
    """One agent's: `now` is in seconds of a clock that never goes back."""

    def opening(self, message_id: int) -> bytes | None:
        """What must be asked before anything else, None where nothing must."""
        ...

    def seal(self, pdu: bytes, message_id: int, now: float) -> bytes:
        """The PDU, whose request-id is `message_id`, as a datagram."""
        ...

    def open(self, datagram: bytes, expected: Container[int], now: float) -> Opened:
        """The answer to one of the `expected` messages.

        Raises LateAnswer where it is to none of them, MalformedMessage where it is no answer.
        """
        ...
