"""A billing story: the parsed TOML of `turnpike billing simulate`, checked, as values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from billing.catalogue import parse_plan, tax_code
from billing.events import (
    Adjust,
    Allowance,
    Cancel,
    ChangePlan,
    CreditNote,
    Discount,
    Event,
    FutureItem,
    Pay,
    Refund,
    Resume,
    ServiceEvent,
    SetAnchor,
    Subscribe,
    Suspend,
    Usage,
    Void,
)
from billing.fields import Fields
from billing.plans import PlanTerms
from billing.policy import Policy
from billing.settings import parse_policy
from isp.errors import Refused
from isp.service import HoldKind

__all__ = ["Run", "Story", "parse_story"]

DEFAULT_SERVICE = "s1"


@dataclass(frozen=True, kw_only=True, slots=True)
class Run(Event):
    """Bill all that is due through this day."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """What happened, in the order of the file: what stands below a run became known after it."""

    zone: str
    currency: str
    billing_from: date | None
    policy: Policy
    events: tuple[Event, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Told:
    """One event's table and what it is read with; `reference` is unique in the story."""

    fields: Fields
    on: date
    reference: str
    currency: str
    zone: str
    plans: Mapping[str, PlanTerms]

    @property
    def service(self) -> str:
        return self.fields.text("service", DEFAULT_SERVICE)

    @property
    def plan(self) -> PlanTerms:
        name = self.fields.text("plan")
        if name not in self.plans:
            known = ", ".join(self.plans) or "none"
            raise self.fields.refused("plan", name, f"name a [[plan]] of the file: {known}")
        return self.plans[name]


def parse_story(document: Mapping[str, object]) -> Story:
    """The story of a parsed file; the first fault is refused by the name of its table and key."""
    fields = Fields("story", document)
    tenant = Fields("tenant", fields.raw("tenant", {}) or {})
    zone, currency = _zone(tenant), tenant.text("currency", "USD").upper()
    billing_from = tenant.day("billing_from", zone) if "billing_from" in tenant else None
    tenant.close()
    settings = fields.raw("policy", {})
    if not isinstance(settings, Mapping):
        raise fields.refused("policy", settings, "write it as a [policy] table")
    policy = parse_policy(settings, currency)
    plans: dict[str, PlanTerms] = {}
    for each in fields.tables("plan"):
        plan = parse_plan(each, currency)
        if plan.name in plans:
            raise each.refused("name", plan.name, "give every plan its own name")
        plans[plan.name] = plan
    events: list[Event] = []
    run_through = date.min
    for at, each in enumerate(fields.tables("event"), start=1):
        event = _event(each, at, zone, currency, plans)
        if isinstance(event, Run):
            run_through = max(run_through, event.on)
        _expected(each, event, events)
        events.append(replace(event, recorded_on=_recorded_on(event, run_through)))
    fields.close()
    return Story(
        zone=zone,
        currency=currency,
        billing_from=billing_from,
        policy=policy,
        events=tuple(events),
    )


def _zone(tenant: Fields) -> str:
    zone = tenant.text("zone", "UTC")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise tenant.refused("zone", zone, 'name an IANA zone, as "Europe/Paris"') from None
    return zone


def _recorded_on(event: Event, run_through: date) -> date:
    """What stands below a run became known on that day; usage before it arrived a day later."""
    if isinstance(event, Usage) and event.on < run_through:
        return run_through + timedelta(days=1)
    return max(event.on, run_through)


def _expected(fields: Fields, event: Event, before: list[Event]) -> None:
    """A service must be subscribed before anything else happens to it."""
    subscribed = {each.service for each in before if isinstance(each, Subscribe)}
    if not isinstance(event, ServiceEvent) or isinstance(event, Subscribe):
        return
    if event.service not in subscribed:
        remedy = f"subscribe it above, or name one of: {', '.join(sorted(subscribed)) or 'none'}"
        raise fields.refused("service", event.service, remedy)


def _event(
    fields: Fields, at: int, zone: str, currency: str, plans: Mapping[str, PlanTerms]
) -> Event:
    do = fields.text("do")
    fields.where = f"event {at} ({do})"
    if do not in EVENTS:
        raise Refused(
            f"event {at}: do = {do!r} is not known", remedy=f"choose of {', '.join(EVENTS)}"
        )
    told = _Told(
        fields=fields,
        on=fields.day("on", zone),
        reference=fields.text("reference", str(at)),
        currency=currency,
        zone=zone,
        plans=plans,
    )
    event = EVENTS[do](told)
    fields.close()
    return event


def _subscribe(told: _Told) -> Event:
    anchor = told.fields.anchor_day("anchor_day") if "anchor_day" in told.fields else None
    return Subscribe(on=told.on, service=told.service, plan=told.plan, anchor_day=anchor)


def _discount(told: _Told) -> Event:
    fields = told.fields
    if "amount" in fields:
        return Allowance(
            on=told.on,
            reference=told.reference,
            amount=fields.positive("amount", told.currency),
            description=fields.text("description", "Discount"),
        )
    return Discount(
        on=told.on,
        service=told.service,
        percent=fields.percent("percent"),
        until=fields.day("until", told.zone) if "until" in fields else None,
    )


def _adjust(told: _Told) -> Event:
    fields = told.fields
    return Adjust(
        on=told.on,
        reference=told.reference,
        amount=fields.amount("amount", told.currency),
        description=fields.text("description", "Adjustment"),
        service=fields.text("service") if "service" in fields else None,
    )


def _credit_note(told: _Told) -> Event:
    fields = told.fields
    amount = fields.positive("amount", told.currency) if "amount" in fields else None
    number = fields.text("number") if "number" in fields else None
    return CreditNote(on=told.on, reference=told.reference, number=number, amount=amount)


def _void(told: _Told) -> Event:
    number = told.fields.text("number") if "number" in told.fields else None
    return Void(on=told.on, reference=told.reference, number=number)


def _future_item(told: _Told) -> Event:
    fields = told.fields
    return FutureItem(
        on=told.on,
        reference=told.reference,
        amount=fields.amount("amount", told.currency),
        description=fields.text("description", "Item"),
        service=fields.text("service") if "service" in fields else None,
        tax=tax_code(fields),
    )


def _usage(told: _Told) -> Event:
    meters = list(dict.fromkeys(m.name for plan in told.plans.values() for m in plan.usage))
    meter = told.fields.text("meter", meters[0] if len(meters) == 1 else None)
    if meter not in meters:
        raise told.fields.refused("meter", meter, "name a [[plan.usage]] of the file")
    quantity = told.fields.decimal("quantity")
    return Usage(on=told.on, service=told.service, meter=meter, quantity=quantity)


def _money(kind: type[Pay] | type[Refund]) -> Callable[[_Told], Event]:
    return lambda told: kind(
        on=told.on,
        reference=told.reference,
        amount=told.fields.positive("amount", told.currency),
        method=told.fields.text("method", "cash"),
    )


def _hold(kind: type[Suspend] | type[Resume]) -> Callable[[_Told], Event]:
    return lambda told: kind(
        on=told.on,
        service=told.service,
        hold=told.fields.choice("hold", HoldKind, HoldKind.OPERATOR),
    )


EVENTS: Mapping[str, Callable[[_Told], Event]] = {
    "subscribe": _subscribe,
    "change_plan": lambda told: ChangePlan(on=told.on, service=told.service, plan=told.plan),
    "cancel": lambda told: Cancel(on=told.on, service=told.service),
    "set_anchor": lambda told: SetAnchor(
        on=told.on, service=told.service, anchor_day=told.fields.anchor_day("anchor_day")
    ),
    "suspend": _hold(Suspend),
    "resume": _hold(Resume),
    "usage": _usage,
    "pay": _money(Pay),
    "refund": _money(Refund),
    "adjust": _adjust,
    "credit_note": _credit_note,
    "void": _void,
    "future_item": _future_item,
    "discount": _discount,
    "run": lambda told: Run(on=told.on),
}
