"""The sockets of one worker: batches in, batches out, one last resort for each datagram."""

from collections.abc import Callable
from typing import NamedTuple, assert_never

from chassis.datagrams import Datagram, DatagramSocket
from radius.packet import Code
from radiusd.accounting_desk import AccountingDesk
from radiusd.answering import AccessDesk
from radiusd.fast_path import FastPath
from radiusd.intake import Answered, Drop, Intake, Moment, Taken
from radiusd.snapshot import Reading
from radiusd.status_server import StatusServer

__all__ = ["ACCESS_CODES", "ACCOUNTING_CODES", "AccessPort", "AccountingPort", "Port"]

ACCESS_CODES = frozenset({Code.ACCESS_REQUEST, Code.STATUS_SERVER})
ACCOUNTING_CODES = frozenset({Code.ACCOUNTING_REQUEST, Code.STATUS_SERVER})


class Received(NamedTuple):
    """A datagram, where it came from, and what it is answered from."""

    datagram: bytes
    peer: bytes
    reading: Reading
    moment: Moment


class Port:
    """One socket; what a request means is the subclass's to say."""

    def __init__(
        self,
        datagrams: DatagramSocket,
        intake: Intake,
        status: StatusServer,
        on_internal_error: Callable[[Exception], None],
    ) -> None:
        self.datagrams = datagrams
        self._intake = intake
        self._status = status
        self._on_internal_error = on_internal_error

    def serve(self, taken: Taken, received: Received) -> bytes | None:
        """The reply to send at once to a request of this port's own kind, if there is one."""
        raise NotImplementedError

    def answer(
        self, datagram: bytes, peer: bytes, reading: Reading, moment: Moment
    ) -> bytes | None:
        """The reply to send at once, if there is one."""
        taken = self._intake.take(datagram, peer, moment)
        match taken:
            case None:
                return None
            case Answered(reply):
                return reply
            case Taken() if taken.frame.code == Code.STATUS_SERVER:
                return self._status.answer(taken, moment)
            case Taken():
                return self._served(taken, Received(datagram, peer, reading, moment))
            case _:
                assert_never(taken)

    def _served(self, taken: Taken, received: Received) -> bytes | None:
        """Serve it; the last resort for a request: it is counted, and its repetition is new."""
        try:
            return self.serve(taken, received)
        except Exception as error:
            self._intake.give_up(taken, Drop.INTERNAL_ERROR)
            self._on_internal_error(error)
            return None

    async def drain(self) -> None:
        """Let what was taken end; here nothing waits."""

    def answer_batch(self, batch: list[Datagram], reading: Reading, moment: Moment) -> None:
        """Answer what was received together. The last resort is here: whatever one datagram
        brings about, it alone is lost, and counted.
        """
        replies = []
        for datagram, peer in batch:
            try:
                reply = self.answer(datagram, peer, reading, moment)
            except Exception as error:
                self._on_internal_error(error)
                continue
            if reply is not None:
                replies.append((reply, peer))
        if replies:
            self.datagrams.send_batch(replies)


class AccessPort(Port):
    """Access-Requests: the usual ones at speed, the others the long way."""

    def __init__(
        self,
        datagrams: DatagramSocket,
        intake: Intake,
        status: StatusServer,
        on_internal_error: Callable[[Exception], None],
        *,
        fast_path: FastPath,
        desk: AccessDesk,
    ) -> None:
        super().__init__(datagrams, intake, status, on_internal_error)
        self._fast_path = fast_path
        self._desk = desk

    def answer(
        self, datagram: bytes, peer: bytes, reading: Reading, moment: Moment
    ) -> bytes | None:
        """The reply to send at once, if there is one."""
        reply = self._fast_path.answer(datagram, peer, reading, moment)
        return super().answer(datagram, peer, reading, moment) if reply is None else reply

    def serve(self, taken: Taken, received: Received) -> bytes | None:
        """The long way."""
        return self._desk.answer(taken, received.peer, received.reading)

    async def drain(self) -> None:
        """Let what waits for the database end."""
        await self._desk.drain()


class AccountingPort(Port):
    """Accounting-Requests: acknowledged later, when they are durable."""

    def __init__(
        self,
        datagrams: DatagramSocket,
        intake: Intake,
        status: StatusServer,
        on_internal_error: Callable[[Exception], None],
        *,
        desk: AccountingDesk,
    ) -> None:
        super().__init__(datagrams, intake, status, on_internal_error)
        self._desk = desk

    def serve(self, taken: Taken, received: Received) -> None:
        """Hand it to the recorder."""
        self._desk.take(taken, *received)
