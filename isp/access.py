"""What a service may do on the network: the nouns of the one decision."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network

__all__ = ["Access", "Addresses", "Entitlement", "OnLimit", "Rates", "Reason"]


class Access(StrEnum):
    """How much of the network a service may reach."""

    FULL = "full"
    WALLED = "walled"
    NONE = "none"


class OnLimit(StrEnum):
    """What a login beyond the session limit does."""

    REPLACE = "replace"
    REJECT = "reject"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rates:
    """Rates seen from the subscriber, in kilobits per second; None is unlimited."""

    down_kbps: int | None = None
    up_kbps: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Addresses:
    """What a service is given to speak from: static or leased, absent where the NAS decides."""

    ipv4: str | None = None
    ipv6_prefix: str | None = None
    delegated_prefix: str | None = None
    routes: tuple[IPv4Network | IPv6Network, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """Why the entitlement is what it is: a static code, and a sentence for people."""

    code: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Entitlement:
    """What one service is entitled to right now: one row, said by three enforcers.

    `version` grows by one with each change; `valid_until` is when the decision must be made again
    (a time window or a hold's end), None when only a new fact can change it. `attributes` are
    `Name=value` additions of the plan, in the dictionary's spelling.
    """

    tenant_id: int
    subscriber_id: int
    service_id: int
    version: int
    access: Access
    rates: Rates
    sessions_max: int = 1
    on_limit: OnLimit = OnLimit.REPLACE
    session_timeout_seconds: int | None = None
    idle_timeout_seconds: int | None = None
    interim_interval_seconds: int = 300
    ipv4_pool: str | None = None
    ipv6_pool: str | None = None
    delegated_pool: str | None = None
    attributes: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = field(default=())
    valid_until: datetime | None = None
