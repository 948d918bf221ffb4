"""What goes in and comes out of an SNMP session: targets, values, walks, errors."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from devices.credentials import SnmpAccess

__all__ = [
    "Index",
    "SnmpAuthenticationFailed",
    "SnmpError",
    "SnmpRefused",
    "SnmpTarget",
    "SnmpTimeout",
    "Value",
    "Walk",
]

Value: TypeAlias = int | bytes | str | None
"""An integer of any kind, an OCTET STRING (IpAddress and Opaque too) as octets, an OBJECT
IDENTIFIER as dotted text, None for what is not there."""

Index: TypeAlias = tuple[int, ...]
"""The arcs after a column's own: which row it is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SnmpTarget:
    """One agent, by the address that its answers come from, and how it lets us in."""

    host: str
    port: int = 161
    access: SnmpAccess


@dataclass(frozen=True, kw_only=True, slots=True)
class Walk:
    """What reading some columns gave: by column, by row.

    Not `complete`: `fault` says why it stopped, and what is missing is unknown, not gone; of the
    columns in `unknown` not even whether they have rows.
    `uptime_ticks` is the sysUpTime (hundredths of a second) of the last PDU, `first_uptime_ticks`
    that of the first: values in between were read in between.
    """

    columns: Mapping[str, Mapping[Index, Value]] = field(default_factory=dict)
    complete: bool
    fault: str | None = None
    unknown: frozenset[str] = frozenset()
    uptime_ticks: int | None = None
    first_uptime_ticks: int | None = None


class SnmpError(Exception):
    """A device did not give what it was asked for."""


class SnmpTimeout(SnmpError):  # noqa: N818 - it names what happened
    """No answer in the time that was allowed."""


class SnmpAuthenticationFailed(SnmpError):  # noqa: N818 - it names what happened
    """The agent says that it does not know the user, or that the secrets are wrong."""


class SnmpRefused(SnmpError):  # noqa: N818 - it names what happened
    """The agent answered with an error; `status` is its number (RFC 3416 §3)."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
