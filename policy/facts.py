"""What is known about one service when it is decided what it is entitled to."""

from dataclasses import dataclass, field
from datetime import datetime

from isp.access import Access, OnLimit, Rates
from isp.cap import OverCap
from isp.service import Hold, ServiceState

__all__ = ["INTERIM_INTERVAL_SECONDS", "Facts", "PlanTerms", "Usage"]

INTERIM_INTERVAL_SECONDS = 300
"""How often a NAS reports usage: RFC 2869 §5.16 asks for at least 60, billing wants minutes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanTerms:
    """What a plan's version grants. `attributes` are `Name=value` additions to every Accept."""

    name: str
    rates: Rates = field(default_factory=Rates)
    sessions_max: int = 1
    on_limit: OnLimit = OnLimit.REPLACE
    unpaid_access: Access = Access.NONE
    ipv4_pool: str | None = None
    ipv6_pool: str | None = None
    delegated_pool: str | None = None
    session_timeout_seconds: int | None = None
    idle_timeout_seconds: int | None = None
    interim_interval_seconds: int = INTERIM_INTERVAL_SECONDS
    attributes: tuple[str, ...] = ()
    cap_octets: int | None = None
    over_cap: OverCap | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """Octets, both ways, in the period that ends at `period_ends_at`: a month of the tenant's."""

    octets: int
    period_ends_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """One service as the database has it: state, dates, holds not released, plan.

    `starts_at` and `ends_at` are the service's dates in its tenant's zone: served from the first
    (inclusive) until the second (exclusive), None is unbounded. `usage` is counted where the plan
    has a cap.
    """

    tenant_id: int
    subscriber_id: int
    service_id: int
    state: ServiceState
    plan: PlanTerms
    holds: tuple[Hold, ...] = ()
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    usage: Usage | None = None
