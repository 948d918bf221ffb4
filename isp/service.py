"""A service: what was bought, its states and its holds."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

__all__ = ["Hold", "HoldKind", "ServiceState"]


class ServiceState(StrEnum):
    """The life of a service. `suspended` is never stored by hand: it means a hold is in force."""

    PENDING = "pending"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"


class HoldKind(StrEnum):
    """Why a service is held; a payment releases only `unpaid`."""

    UNPAID = "unpaid"
    OPERATOR = "operator"
    ABUSE = "abuse"
    PAUSE = "pause"


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """One reason to keep a service off the network, with who placed it and until when.

    It is in force from `placed_at`, which may be to come: a debtor let back in until a date.
    """

    kind: HoldKind
    author: str
    reason: str
    placed_at: datetime
    until: datetime | None = None
