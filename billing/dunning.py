"""Where an unpaid debt stands on a day: a pure function of documents, money, policy and date.

Nothing remembers when a timer fired. The debt's age is that of the oldest document that is short
of money on that day, so paying the oldest moves every following step, and no step is skipped.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from billing.account import Account
from billing.allocation import position
from billing.documents import Document
from billing.money import ZERO
from billing.policy import Policy

__all__ = ["CLEAR", "DunningState", "Standing", "Step", "dunning_state", "entered"]

CLEAR = "clear"


class Standing(StrEnum):
    """What the network should do about the debt."""

    GOOD = "good"
    BLOCKED = "blocked"
    DEACTIVATED = "deactivated"


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A state, the day on which it is entered, and the document that it is because of."""

    on: date
    state: str
    because: Document


@dataclass(frozen=True, kw_only=True, slots=True)
class DunningState:
    """The debt at the end of the day `as_of`.

    `reached` are the steps entered so far, the last is the `state` (`clear`, a state named by
    the policy, `blocked`, `deactivated`). `overdue` is the money short for documents past due;
    `missing` the exact sum that, paid now, ends the block or averts the next one.
    `next_block_on` is when a block begins if nothing is paid; None while blocked, and while
    there is nothing to block for. `because` is the document that each step is because of: the
    oldest that is short by more than the threshold.
    """

    as_of: date
    standing: Standing
    reached: tuple[Step, ...]
    overdue: Decimal
    missing: Decimal
    next_block_on: date | None
    deactivate_on: date | None
    because: Document | None

    @property
    def state(self) -> str:
        return self.reached[-1].state if self.reached else CLEAR

    @property
    def since(self) -> date | None:
        return self.reached[-1].on if self.reached else None


@dataclass(frozen=True, slots=True)
class _Short:
    """A document that asks for money, and how much is short to have paid it and all before it."""

    document: Document
    shortfall: Decimal
    block_on: date


def dunning_state(account: Account, policy: Policy, as_of: date) -> DunningState:
    """The state at the end of `as_of`, with that day's documents and money."""
    short = tuple(_short(account, policy, as_of))
    ladder = _ladder(account, policy, short)
    reached = tuple(step for step in ladder if step.on <= as_of)
    standing = _standing(reached)
    days = {step.state: step.on for step in ladder}
    blocked = standing is not Standing.GOOD
    return DunningState(
        as_of=as_of,
        standing=standing,
        reached=reached,
        overdue=_shortfall([s for s in short if s.document.due_on < as_of]),
        missing=_missing(policy, short, as_of if blocked else days.get(Standing.BLOCKED, as_of)),
        next_block_on=None if blocked else days.get(Standing.BLOCKED),
        deactivate_on=days.get(Standing.DEACTIVATED),
        because=ladder[0].because if ladder else None,
    )


def entered(before: DunningState, now: DunningState) -> tuple[Step, ...]:
    """The steps entered since `before`, each of them; or the one fallen back to."""
    if len(now.reached) >= len(before.reached):
        return now.reached[len(before.reached) :]
    if now.reached:
        return now.reached[-1:]
    return (Step(on=now.as_of, state=CLEAR, because=before.reached[-1].because),)


def _short(account: Account, policy: Policy, as_of: date) -> Iterator[_Short]:
    """The documents short of money, oldest first; `minimum_balance` must be kept beyond them."""
    standing = position(account, as_of)
    asked = ZERO
    for debt in standing.debts:
        asked += debt.document.total
        shortfall = asked + policy.minimum_balance - standing.money
        if shortfall > ZERO:
            block_on = debt.document.due_on + timedelta(days=max(1, policy.blocking_days))
            yield _Short(debt.document, shortfall, block_on)


def _ladder(account: Account, policy: Policy, short: Sequence[_Short]) -> tuple[Step, ...]:
    """Every step of the oldest debt above the threshold, past and to come, in order."""
    oldest = next((each for each in short if each.shortfall > policy.block_threshold), None)
    if oldest is None:
        return ()
    document = oldest.document
    blocked_on = account.blocked_on or oldest.block_on
    deactivated_on = blocked_on + timedelta(days=policy.deactivation_days)
    named = [
        Step(
            on=document.due_on + timedelta(days=step.after_days),
            state=step.state,
            because=document,
        )
        for step in policy.dunning
    ]
    enforced = [
        Step(on=oldest.block_on, state=Standing.BLOCKED, because=document),
        Step(on=deactivated_on, state=Standing.DEACTIVATED, because=document),
    ]
    return tuple(sorted([*named, *enforced], key=lambda step: step.on))


def _standing(reached: Sequence[Step]) -> Standing:
    states = {step.state for step in reached}
    if Standing.DEACTIVATED in states:
        return Standing.DEACTIVATED
    return Standing.BLOCKED if Standing.BLOCKED in states else Standing.GOOD


def _shortfall(short: Sequence[_Short]) -> Decimal:
    return short[-1].shortfall if short else ZERO


def _missing(policy: Policy, short: Sequence[_Short], day: date) -> Decimal:
    """What is over the threshold for the documents that block on or before `day`."""
    blocking = _shortfall([each for each in short if each.block_on <= day])
    return max(ZERO, blocking - policy.block_threshold)
