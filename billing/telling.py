"""An account while its story is told: day by day, as the billing run would have lived it.

On each day: corrections by hand, the return of who has paid, the documents that fall due, and
then the debt's next step.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from billing.account import Account, Service
from billing.allocation import position
from billing.corrections import adjustment, credit_note, voided
from billing.documents import Document
from billing.dunning import CLEAR, DunningState, Standing, Step, dunning_state, entered
from billing.events import (
    Adjust,
    Allowance,
    Cancel,
    CreditNote,
    Event,
    FutureItem,
    Pay,
    Refund,
    Resume,
    ServiceEvent,
    Subscribe,
    Suspend,
    Void,
)
from billing.invoicing import bill
from billing.money import ZERO, rounded
from billing.prepaid import uncovered_services
from billing.story import Run, Story
from isp.errors import Refused
from isp.service import HoldKind

__all__ = ["StateChange", "Telling"]

ONE_DAY = timedelta(days=1)
ACTIVE = "active"
SUSPENDED = "suspended"
TERMINATED = "terminated"
# A run may not step through more days than a century: a year typed as 20240 must not hang.
LONGEST_RUN_DAYS = 36525


@dataclass(frozen=True, kw_only=True, slots=True)
class StateChange:
    """A service entered a state."""

    on: date
    service: str
    state: str
    why: str


class Telling:
    """One story's account; `tell` its events in order, then read `account` and `states`."""

    def __init__(self, story: Story) -> None:
        self.policy = story.policy
        self.account = Account(
            subscriber="story", currency=story.currency, billing_from=story.billing_from
        )
        self.states: list[StateChange] = []
        self._first = min((event.on for event in story.events), default=date.max)
        self._by_hand: list[Adjust | CreditNote | Void] = []
        self._unsaid: list[ServiceEvent] = []
        self._debt = dunning_state(self.account, self.policy, date.min)
        self._waiting: frozenset[str] = frozenset()

    def tell(self, event: Event) -> None:
        """One event; a run plays every day up to its own."""
        match event:
            case Run(on=through):
                self._run(through)
            case ServiceEvent():
                self._happened(event)
                self._unsaid.append(event)
            case FutureItem() | Allowance():
                self.account = replace(self.account, items=(*self.account.items, event))
            case Pay() | Refund():
                self.account = replace(self.account, payments=(*self.account.payments, event))
                if self.account.received(event.on) < ZERO:
                    raise Refused(
                        f"refund of {event.amount} on {event.on} is more than was ever paid",
                        remedy="refund what was paid, or give credit by an adjustment",
                    )
            case Adjust() | CreditNote() | Void():
                self._by_hand.append(event)
            case _:
                raise AssertionError(event)

    def close(self, last_day: date) -> None:
        """Do what was done by hand after the last run; nothing more is billed."""
        self._correct(last_day)
        self._say_events(last_day)

    def _run(self, through: date) -> None:
        day = self.account.billed_through or self._first
        if (through - day).days > LONGEST_RUN_DAYS:
            raise Refused(f"a run from {day} through {through} is too long", remedy="check years")
        while day <= through:
            self._correct(day)
            self._say_events(day)
            self._release(day)
            self._issue(bill(self.account, day, self.policy))
            self.account = replace(self.account, billed_through=day)
            self._dun(day)
            self._prepaid(day)
            day += ONE_DAY

    def _correct(self, day: date) -> None:
        due = [event for event in self._by_hand if event.known_on <= day]
        self._by_hand = [event for event in self._by_hand if event.known_on > day]
        for event in due:
            match event:
                case Adjust():
                    self._issue((adjustment(self.account, event, self.policy),))
                case CreditNote():
                    self._issue((credit_note(self.account, event, self.policy),))
                case Void():
                    void = voided(self.account, event)
                    documents = tuple(
                        void if each.number == void.number else each
                        for each in self.account.documents
                    )
                    self.account = replace(self.account, documents=documents)

    def _issue(self, documents: tuple[Document, ...]) -> None:
        for document in documents:
            numbered = replace(document, number=str(len(self.account.documents) + 1))
            self.account = replace(self.account, documents=(*self.account.documents, numbered))

    def _say_events(self, day: date) -> None:
        due = [event for event in self._unsaid if event.known_on <= day]
        self._unsaid = [event for event in self._unsaid if event.known_on > day]
        for event in due:
            match event:
                case Subscribe(plan=plan):
                    self._say(event.on, event.service, ACTIVE, f"subscribed to {plan.name}")
                case Suspend(hold=hold):
                    self._say(event.on, event.service, SUSPENDED, f"{hold} hold placed")
                case Resume(hold=hold):
                    self._say(event.on, event.service, ACTIVE, f"{hold} hold released")
                case Cancel():
                    self._say(event.on, event.service, TERMINATED, "cancelled")
                case _:
                    pass

    def _release(self, day: date) -> None:
        """Money of the day ends a block before anything else is charged."""
        debt = dunning_state(self.account, self.policy, day)
        if self.account.blocked_on and debt.standing is Standing.GOOD:
            for service in self._active(day):
                self._happened(Resume(on=day, service=service, hold=HoldKind.UNPAID))
            self.account = replace(self.account, blocked_on=None)
            self._fall_back(debt)

    def _dun(self, day: date) -> None:
        debt = dunning_state(self.account, self.policy, day)
        steps = entered(self._debt, debt)
        if len(debt.reached) < len(self._debt.reached):
            self._fall_back(debt)
            return
        for step in steps:
            for service in self._active(day):
                self._say(day, service, step.state, self._why(step, debt))
            if step.state == Standing.BLOCKED:
                self._block(day)
        self._debt = debt

    def _block(self, day: date) -> None:
        for service in self._active(day):
            self._happened(Suspend(on=day, service=service, hold=HoldKind.UNPAID))
        self.account = replace(self.account, blocked_on=day)

    def _fall_back(self, debt: DunningState) -> None:
        state = ACTIVE if debt.state == CLEAR else debt.state
        for service in self._active(debt.as_of):
            self._say(debt.as_of, service, state, "paid")
        self._debt = debt

    def _prepaid(self, day: date) -> None:
        waiting = frozenset(uncovered_services(self.account, self.policy, day))
        credit = rounded(position(self.account, day).credit, self.account.currency)
        for service in sorted(waiting - self._waiting):
            self._say(day, service, Standing.BLOCKED, f"credit {credit} does not cover the day")
        for service in sorted((self._waiting - waiting) & set(self._active(day))):
            self._say(day, service, ACTIVE, "credit covers the day")
        self._waiting = waiting

    def _why(self, step: Step, debt: DunningState) -> str:
        document = step.because
        missing = rounded(max(debt.overdue, debt.missing), self.account.currency)
        return f"{document.kind} {document.number} was due {document.due_on}; {missing} is missing"

    def _say(self, on: date, service: str, state: str, why: str) -> None:
        self.states.append(StateChange(on=on, service=service, state=str(state), why=why))

    def _active(self, day: date) -> tuple[str, ...]:
        """The services that are subscribed and not cancelled at the end of a day."""
        active: dict[str, None] = {}
        for service in self.account.services:
            for event in sorted(service.events, key=lambda each: each.on):
                if event.on <= day and isinstance(event, Subscribe):
                    active[service.service] = None
                elif event.on <= day and isinstance(event, Cancel):
                    active.pop(service.service, None)
        return tuple(active)

    def _happened(self, event: ServiceEvent) -> None:
        services = {service.service: service for service in self.account.services}
        known = services.get(event.service) or Service(service=event.service, events=())
        services[event.service] = replace(known, events=(*known.events, event))
        self.account = replace(self.account, services=tuple(services.values()))
