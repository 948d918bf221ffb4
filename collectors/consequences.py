"""What follows from a reading: whoever wants to hear of it implements `Consequence`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from collectors.driver import Part
from isp.access_network import DownCause, OnuState, Poll

__all__ = ["Consequence", "Onu", "PollChange", "PolledDevice", "StateChange"]


@dataclass(frozen=True, kw_only=True, slots=True)
class PolledDevice:
    """The device that was read."""

    device_id: int
    tenant_id: int
    name: str
    kind: str
    driver: str
    area: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Onu:
    """An ONU as the database has it, by its serial; `port` as the vendor writes it."""

    onu_id: int
    serial: str
    pon_port_id: int
    port: str
    state: OnuState


@dataclass(frozen=True, kw_only=True, slots=True)
class StateChange:
    """An ONU's state before and after; `at` is when we saw it."""

    onu_id: int
    serial: str
    port: str
    pon_port_id: int
    before: OnuState
    after: OnuState
    cause: DownCause | None
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class PollChange:
    """One recorded reading and what it changed.

    `onus`, `ports` and `interfaces` say which row each serial and name of `poll` is; a serial or
    name without a row (a clone, an ONU that another device has online) is to be left alone.
    """

    device: PolledDevice
    parts: frozenset[Part]
    poll: Poll
    onus: Mapping[str, Onu]
    ports: Mapping[str, int]
    interfaces: Mapping[str, int]
    appeared: tuple[Onu, ...] = ()
    vanished: tuple[Onu, ...] = ()
    state_changes: tuple[StateChange, ...] = ()
    rebooted: bool = False
    now: datetime


class Consequence(Protocol):
    """Somebody who is told of every recorded reading, in its transaction and after it."""

    async def polled(self, transaction: Any, change: PollChange) -> None:
        """In the reading's own transaction: write what follows. An error undoes the reading."""
        ...

    async def committed(self, change: PollChange) -> None:
        """After it is durable: tell others. Must not wait for anybody."""
        ...
