"""Usage charges: each cycle is rated whole, and only the difference to what was charged is billed.

Usage that becomes known late, of any age, reprices its own cycle and is billed in the next
document, with its own service period.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from billing.account import Account, Service
from billing.documents import Line, LineKind, fresh_key
from billing.events import Usage
from billing.intervals import Interval
from billing.money import ZERO, rounded
from billing.plans import Meter
from billing.policy import Timing
from billing.rating import rate
from billing.recurring import slices
from billing.timeline import Segment

__all__ = ["usage_lines"]


def usage_lines(
    account: Account,
    service: Service,
    segments: Iterable[Segment],
    day: date,
    *,
    joining: bool,
) -> tuple[Line, ...]:
    """Lines for every cycle that has ended by `day` and costs more (or less) than was billed.

    Late usage waits for the day on which a cycle ends, or for other lines that it joins.
    `segments` are the plan's own, not cut by suspensions or discounts.
    """
    ended = [due for each in segments for due in slices(each, each.days, day, Timing.ARREARS)]
    if not joining and all(each.due_on != day for each in ended):
        return ()
    charged = _charged(account, service)
    taken = account.keys()
    lines: list[Line] = []
    for due in ended:
        for meter in due.segment.plan.usage:
            key = _key(service, due.segment, meter, due.days)
            quantity = _used(service, meter, due.days)
            price = rounded(rate(meter, quantity), account.currency)
            if delta := price - charged.pop(key, ZERO):
                lines.append(
                    _line(service, due.segment, meter, due.days, quantity, delta, key, taken)
                )
    return tuple(lines)


def _used(service: Service, meter: Meter, days: Interval) -> Decimal:
    events = (event for event in service.events if isinstance(event, Usage))
    used = (e.quantity for e in events if e.meter == meter.name and e.on in days)
    return sum(used, ZERO)


def _charged(account: Account, service: Service) -> dict[str, Decimal]:
    charged: dict[str, Decimal] = {}
    for line in account.standing_lines():
        if line.kind is LineKind.USAGE and line.service == service.service:
            key = line.charge_key.partition("#")[0]
            charged[key] = charged.get(key, ZERO) + line.net
    return charged


def _key(service: Service, segment: Segment, meter: Meter, days: Interval) -> str:
    plan = segment.plan.key
    return f"{service.service}/usage/{plan}/{meter.name}/{days.start}..{days.end}"


def _line(
    service: Service,
    segment: Segment,
    meter: Meter,
    days: Interval,
    quantity: Decimal,
    net: Decimal,
    key: str,
    taken: Iterable[str],
) -> Line:
    tax = segment.plan.tax
    return Line(
        kind=LineKind.USAGE,
        service=service.service,
        description=f"{segment.plan.name} {meter.name}: {quantity}",
        period=days,
        unit_price=net,
        net=net,
        tax_code=tax.code,
        tax_percent=tax.percent_on(days.end),
        charge_key=fresh_key(key, taken),
    )
