"""Sorting one batch of sessions: what to send, what to write, what to leave for later."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from coa.guard import Pause, Pressure, allowance, counts, stopped
from coa.live import Live
from coa.reconcile import Act, Mark, decide
from isp.nas import Nas

__all__ = ["Plan", "keep_within", "plan"]


@dataclass(kw_only=True, slots=True)
class Plan:
    """What one batch comes to.

    `settled` were due for another try and need none; `stopped` are held back by a pause.
    """

    acts: list[tuple[Live, Act]] = field(default_factory=list)
    marks: list[tuple[Live, Mark]] = field(default_factory=list)
    settled: list[UUID] = field(default_factory=list)
    stopped: list[UUID] = field(default_factory=list)


def plan(lives: Iterable[Live], pauses: Collection[Pause], nas: Nas, now: datetime) -> Plan:
    """Decide each session; `pauses` may be of other NASes and tenants too."""
    sorted_out = Plan()
    here = [pause for pause in pauses if _covers(pause, nas)]
    for live in lives:
        step = decide(live, nas, now)
        if isinstance(step, Mark):
            sorted_out.marks.append((live, step))
        elif isinstance(step, Act) and not stopped(step, here, now):
            sorted_out.acts.append((live, step))
        elif _due(live, now):
            (sorted_out.stopped if isinstance(step, Act) else sorted_out.settled).append(
                live.session_key
            )
    return sorted_out


def keep_within(
    pressure: Pressure, acts: list[tuple[Live, Act]]
) -> tuple[list[tuple[Live, Act]], bool]:
    """The actions that the guard lets through, in their order, and whether it must halt the NAS."""
    left = allowance(pressure)
    kept = []
    for live, act in acts:
        if counts(act):
            if left == 0:
                continue
            left -= 1
        kept.append((live, act))
    return kept, len(kept) < len(acts)


def _covers(pause: Pause, nas: Nas) -> bool:
    return pause.nas_id == nas.nas_id or (pause.nas_id is None and pause.tenant_id == nas.tenant_id)


def _due(live: Live, now: datetime) -> bool:
    held = live.held
    return held is not None and held.next_try_at is not None and held.next_try_at <= now
