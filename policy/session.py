"""A live session as the enforcers see it, and what may be done to it."""

from dataclasses import dataclass
from enum import StrEnum

from isp.access import Access, Entitlement, Rates

__all__ = [
    "OPENNESS",
    "Action",
    "Cause",
    "ChangeOfAuthorization",
    "Confirmed",
    "Disconnect",
    "Nothing",
    "Session",
    "granted_by",
]

OPENNESS = {Access.NONE: 0, Access.WALLED: 1, Access.FULL: 2}
"""How open each access is, for comparing two."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """What a NAS calls one session: the names that a CoA or Disconnect finds it by."""

    acct_session_id: str
    login: str = ""
    acct_multi_session_id: str | None = None
    framed_ip: str | None = None
    calling_station_id: str | None = None
    nas_port_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Confirmed:
    """What a session is held to have on its NAS."""

    access: Access
    rates: Rates


class Cause(StrEnum):
    """Why a live session is touched."""

    LOSS_OF_ACCESS = "loss_of_access"
    RETURN_OF_ACCESS = "return_of_access"
    RATES = "rates"
    OPERATOR = "operator"


@dataclass(frozen=True, kw_only=True, slots=True)
class Nothing:
    """The session stays as it is. `waits`: it differs, and its next login settles that."""

    waits: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeOfAuthorization:
    """A CoA-Request takes the session to what is wanted (RFC 5176 §2.2)."""

    cause: Cause


@dataclass(frozen=True, kw_only=True, slots=True)
class Disconnect:
    """The session ends; a login that is still allowed gets what is wanted (RFC 5176 §2.1)."""

    cause: Cause


Action = Nothing | ChangeOfAuthorization | Disconnect


def granted_by(entitlement: Entitlement) -> Confirmed:
    """What a session has once it has got all of `entitlement`."""
    return Confirmed(access=entitlement.access, rates=entitlement.rates)
