"""What to do about one live session: wanted against confirmed, in the least disturbing way."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from coa.live import Live
from coa.states import State
from isp.access import Access, Entitlement
from isp.nas import Nas
from policy import vendors
from policy.entitlement import effective
from policy.session import (
    Cause,
    ChangeOfAuthorization,
    Confirmed,
    Disconnect,
    Nothing,
    granted_by,
)

__all__ = ["Act", "Mark", "Stay", "Step", "confirmed_of", "decide"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Stay:
    """Nothing to do, nothing to write."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """Nothing to send, a state to write: adopted, settled without us, waiting for a login."""

    state: State


@dataclass(frozen=True, kw_only=True, slots=True)
class Act:
    """Something to send. `wanted` is the effective entitlement, None for an unknown service.

    `requested_by`: the person who asked, `dunning` for an approved batch, else `coa`.
    """

    action: ChangeOfAuthorization | Disconnect
    wanted: Entitlement | None
    requested_by: str = "coa"


Step = Stay | Mark | Act


def decide(live: Live, nas: Nas, now: datetime) -> Step:
    """What closes the difference between what the session has and what its service may have.

    A person's request comes first. A NAS that refused the CoA of this very decision is not asked
    for another. A session that was not let in here is adopted: it is taken to
    have full access at unknown rates, so that only a loss of access moves it.
    """
    if live.request is not None:
        return Act(
            action=Disconnect(cause=Cause.OPERATOR),
            wanted=live.wanted,
            requested_by=live.request.requested_by,
        )
    if live.wanted is None:
        return Stay()
    wanted = effective(live.wanted, nas)
    if _waits(live, wanted, now):
        return Stay()
    confirmed = confirmed_of(live)
    assumed = confirmed or Confirmed(access=Access.FULL, rates=wanted.rates)
    action = vendors.profile(nas.vendor).action(
        granted_by(wanted), assumed, by_change=not _refused(live, wanted)
    )
    match action:
        case ChangeOfAuthorization() | Disconnect():
            requested_by = "dunning" if live.approved else "coa"
            return Act(action=action, wanted=wanted, requested_by=requested_by)
        case Nothing(waits=True):
            pending = live.held is not None and live.held.state is State.PENDING
            return Stay() if pending else Mark(state=State.PENDING)
        case Nothing():
            return _undisturbed(live, confirmed)
        case _:
            assert_never(action)


def confirmed_of(live: Live) -> Confirmed | None:
    """What the session has: the newer of what its Class grants and what was said to its NAS."""
    said = live.held.confirmed if live.held is not None else None
    if live.cookie is None:
        return said
    granted = Confirmed(access=live.cookie.access, rates=live.cookie.rates)
    if said is None or live.held is None:
        return granted
    return said if (live.held.confirmed_version or 0) > live.cookie.version else granted


def _refused(live: Live, wanted: Entitlement) -> bool:
    held = live.held
    tried = held is not None and held.tried_version == wanted.version
    return tried and held is not None and held.state is State.REFUSED


def _waits(live: Live, wanted: Entitlement, now: datetime) -> bool:
    """Whether it is not time yet: a new decision is acted for at once, the same one by and by.

    A session that its NAS does not know can only be waited for, until accounting speaks of it.
    """
    held = live.held
    if held is None:
        return False
    if held.state is State.SUSPECT:
        return live.last_seen_at <= held.changed_at
    if held.tried_version != wanted.version or held.next_try_at is None:
        return False
    return now < held.next_try_at


def _undisturbed(live: Live, confirmed: Confirmed | None) -> Step:
    """No difference (any more): entitlement went back, a new Class says so, or it is adopted."""
    resting = State.ADOPTED if confirmed is None else State.CONFIRMED
    if live.held is None:
        return Mark(state=resting) if resting is State.ADOPTED else Stay()
    if live.held.state in (resting, State.ACKNOWLEDGED, State.CONFIRMED):
        return Stay()
    return Mark(state=resting)
