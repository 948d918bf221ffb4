"""The guards: what a pause stops, and how many Disconnects are no longer a coincidence."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from coa.reconcile import Act
from policy.session import Cause, Disconnect

__all__ = [
    "AUTOMATIC",
    "WINDOW",
    "Pause",
    "PauseKind",
    "Pressure",
    "allowance",
    "counts",
    "stopped",
]

WINDOW = timedelta(minutes=5)
SESSIONS_ALWAYS = 20
SESSIONS_SHARE = 0.02
AUTOMATIC = "coa"
"""Who asked for an action that nobody asked for; only these are counted."""


class PauseKind(StrEnum):
    """Who stopped it: a person, or the guard."""

    PAUSE = "pause"
    GUARD = "guard"


@dataclass(frozen=True, kw_only=True, slots=True)
class Pause:
    """A stop in force, of one NAS or of a tenant (`nas_id` None)."""

    kind: PauseKind
    tenant_id: int
    nas_id: int | None = None
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Pressure:
    """A NAS's live sessions, and how many were automatically disconnected within `WINDOW`."""

    sessions: int
    disconnected: int


def stopped(act: Act, pauses: Collection[Pause], now: datetime) -> bool:
    """Whether a pause in force holds this action back.

    What a person asked for always goes on. Reactivation goes on while a person paused blocks and
    changes; an approved dunning batch goes on where the guard halted.
    """
    if act.action.cause is Cause.OPERATOR:
        return False
    return any(_stops(pause, act) for pause in pauses if pause.until is None or now < pause.until)


def counts(act: Act) -> bool:
    """Whether the guard counts this action: a Disconnect that nobody asked for or approved."""
    return isinstance(act.action, Disconnect) and act.requested_by == AUTOMATIC


def allowance(pressure: Pressure) -> int:
    """How many more sessions may be disconnected before the NAS must be halted."""
    before = pressure.sessions + pressure.disconnected
    limit = max(SESSIONS_ALWAYS, int(before * SESSIONS_SHARE))
    return max(0, limit - pressure.disconnected)


def _stops(pause: Pause, act: Act) -> bool:
    if pause.kind is PauseKind.GUARD:
        return act.requested_by == AUTOMATIC
    return act.action.cause is not Cause.RETURN_OF_ACCESS
