"""The one decision: what a service may do on the network, from its facts and the time."""

from dataclasses import replace
from datetime import datetime

from isp.access import Access, Entitlement, Reason
from isp.nas import Nas
from isp.service import Hold, HoldKind, ServiceState
from policy.facts import Facts
from policy.fair_use import Exhausted, exhausted
from policy.session import OPENNESS

__all__ = ["UNDECIDED_VERSION", "effective", "entitlement"]

UNDECIDED_VERSION = 0
"""The version of a decision that is not written yet; the writer numbers it."""


def entitlement(facts: Facts, now: datetime) -> Entitlement:
    """What the service is entitled to at `now`; the same until `valid_until`, if no fact changes.

    The least open of all reasons wins, and all of them are told. `version` is left undecided.
    """
    plan = facts.plan
    over = exhausted(facts, now)
    grounds = _grounds(facts, over, now)
    return Entitlement(
        tenant_id=facts.tenant_id,
        subscriber_id=facts.subscriber_id,
        service_id=facts.service_id,
        version=UNDECIDED_VERSION,
        access=min((access for access, _ in grounds), key=OPENNESS.__getitem__),
        rates=plan.rates if over is None else over.rates,
        sessions_max=plan.sessions_max,
        on_limit=plan.on_limit,
        session_timeout_seconds=plan.session_timeout_seconds,
        idle_timeout_seconds=plan.idle_timeout_seconds,
        interim_interval_seconds=plan.interim_interval_seconds,
        ipv4_pool=plan.ipv4_pool,
        ipv6_pool=plan.ipv6_pool,
        delegated_pool=plan.delegated_pool,
        attributes=plan.attributes if over is None else over.attributes,
        reasons=tuple(reason for _, reason in grounds),
        valid_until=_valid_until(facts, over, now),
    )


def effective(decided: Entitlement, nas: Nas) -> Entitlement:
    """What the entitlement comes to on that NAS: where its wall is not tested, walled is none."""
    if decided.access is not Access.WALLED or nas.wall_tested:
        return decided
    untested = Reason(
        code="wall_untested",
        text=f"the walled garden of {nas.name} is not marked tested, so access is none there",
    )
    return replace(decided, access=Access.NONE, reasons=(*decided.reasons, untested))


def _grounds(facts: Facts, over: Exhausted | None, now: datetime) -> list[tuple[Access, Reason]]:
    """Each reason with the access that it leaves; never empty."""
    closed = _closed(facts, now)
    if closed is not None:
        return [(Access.NONE, closed)]
    held = [
        (_held_access(hold, facts), _held_reason(hold))
        for hold in sorted(facts.holds, key=lambda hold: (hold.placed_at, hold.kind))
        if _in_force(hold, now)
    ]
    if over is not None:
        held.append((over.access, over.reason))
    granted = Reason(code="active", text=f"plan {facts.plan.name} is in force")
    return held or [(Access.FULL, granted)]


def _closed(facts: Facts, now: datetime) -> Reason | None:
    """Why the service is not served at all at `now`, holds aside."""
    if facts.state is ServiceState.TERMINATED:
        return Reason(code="terminated", text="the service is terminated")
    if facts.ends_at is not None and facts.ends_at <= now:
        return Reason(code="ended", text=f"the service ended on {facts.ends_at:%Y-%m-%d %H:%M %Z}")
    if facts.starts_at is not None and now < facts.starts_at:
        return Reason(
            code="not_started", text=f"the service starts on {facts.starts_at:%Y-%m-%d %H:%M %Z}"
        )
    if facts.state is ServiceState.PENDING:
        return Reason(code="pending", text="the service is not activated yet")
    return None


def _in_force(hold: Hold, now: datetime) -> bool:
    return hold.placed_at <= now and (hold.until is None or now < hold.until)


def _held_access(hold: Hold, facts: Facts) -> Access:
    return facts.plan.unpaid_access if hold.kind is HoldKind.UNPAID else Access.NONE


def _held_reason(hold: Hold) -> Reason:
    until = "" if hold.until is None else f", until {hold.until:%Y-%m-%d %H:%M %Z}"
    return Reason(
        code=f"hold_{hold.kind}",
        text=f"held ({hold.kind}) by {hold.author} since {hold.placed_at:%Y-%m-%d %H:%M %Z}"
        f"{until}: {hold.reason}",
    )


def _valid_until(facts: Facts, over: Exhausted | None, now: datetime) -> datetime | None:
    """The next time at which the passing of time alone changes the decision."""
    if facts.state is ServiceState.TERMINATED:
        return None
    bounds = [facts.starts_at, facts.ends_at, None if over is None else over.until]
    bounds += [bound for hold in facts.holds for bound in (hold.placed_at, hold.until)]
    return min((bound for bound in bounds if bound is not None and now < bound), default=None)
