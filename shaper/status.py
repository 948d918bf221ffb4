"""How a target stands as a whole, in figures; and telling it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from chassis.log import get_logger
from shaper import metrics
from shaper.backend import Change
from shaper.look import Look
from shaper.state import UNTROUBLED, Standing
from shaper.target import Target

__all__ = ["Status", "status_of", "tell"]

log = get_logger("shaper")


@dataclass(frozen=True, kw_only=True, slots=True)
class Status:
    """The figures of the last look; `checked_at` is None where there was none."""

    state: Standing
    problem: str | None = None
    warnings: tuple[str, ...] = ()
    wanted: int = 0
    actual: int = 0
    drifted: int = 0
    foreign_rows: int = 0
    held: int = 0
    version: str | None = None
    cpu_percent: float | None = None
    checked_at: datetime | None = None


def status_of(look: Look, held: Collection[Change], checked_at: datetime) -> Status:
    """After a look, with the removals that the guard holds. Nothing that was compared is older than
    `checked_at`.
    """
    if held:
        state = Standing.HELD
    elif look.wanted.loaded.paused and look.difference.changes:
        state = Standing.PAUSED
    elif look.doubtful:
        state = Standing.IN_DOUBT
    else:
        state = Standing.DRIFTED if look.drifted else Standing.IN_SYNC
    return Status(
        state=state,
        warnings=look.reading.warnings,
        wanted=len(look.states),
        actual=look.reading.size,
        drifted=look.drifted,
        foreign_rows=look.difference.foreign,
        held=len(held),
        version=look.reading.version,
        cpu_percent=look.reading.cpu_percent,
        checked_at=checked_at,
    )


def tell(target: Target, status: Status, look: Look | None, before: Status | None) -> None:
    """Metrics; and a line in the log where the state is another than before."""
    name = target.name
    metrics.unreachable.set(int(look is None), name)
    if look is not None:
        metrics.queues_wanted.set(status.wanted, name)
        metrics.queues_actual.set(status.actual, name)
        metrics.queues_drifted.set(status.drifted if target.writes else 0, name)
        metrics.held.set(status.held, name)
        metrics.in_doubt.set(look.doubtful, name)
    if before is not None and before.state == status.state:
        return
    told = {
        "router": name,
        "state": status.state.value,
        "problem": status.problem,
        "drifted": status.drifted,
        "held": status.held,
    }
    if status.state in UNTROUBLED:
        log.info("router_state", **told)
    else:
        log.warning("router_state", **told)
