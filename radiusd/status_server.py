"""Status-Server (RFC 5997): whether this server can do its job, to whoever shares a secret."""

from collections.abc import Callable

from radius import wire
from radius.packet import Code
from radiusd import metrics
from radiusd.access_request import proxy_states
from radiusd.intake import Drop, Moment, Taken
from radiusd.tally import Tally

__all__ = ["ANSWERS_PER_SECOND", "StatusServer"]

ANSWERS_PER_SECOND = 100
"""For each socket: RFC 5997 §4.2 asks for a limit, and a NAS asks every few seconds."""


class StatusServer:
    """Answers with `code` while `able` says so, else not at all (RFC 5997 §4.2)."""

    def __init__(self, code: Code, able: Callable[[], bool], tally: Tally) -> None:
        self._code = code
        self._able = able
        self._tally = tally
        self._second = 0
        self._answered = 0

    def answer(self, taken: Taken, moment: Moment) -> bytes | None:
        """The reply, Message-Authenticator first, or None."""
        second = int(moment.monotonic_seconds)
        if second != self._second:
            self._second, self._answered = second, 0
        if not self._able():
            self._tally.drop(taken.known, Drop.NOT_HEALTHY)
            return None
        if self._answered >= ANSWERS_PER_SECOND:
            self._tally.drop(taken.known, Drop.STATUS_TOO_OFTEN)
            return None
        self._answered += 1
        metrics.status_answers.add()
        frame = taken.frame
        return wire.build_reply(
            self._code, frame.identifier, frame.authenticator, proxy_states(frame), taken.secret
        )
