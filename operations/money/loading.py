"""From rows to the engine's accounts, a chunk of subscribers at a time."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from billing.account import Account, Service
from billing.calendar import Period
from billing.documents import Document
from billing.events import (
    Cancel,
    ChangePlan,
    Pay,
    Resume,
    ServiceEvent,
    SetAnchor,
    Subscribe,
    Suspend,
)
from billing.plans import NO_TAX, PlanTerms, TaxCode
from database.tables.billing import invoice, invoice_line, payment
from database.tables.subscribers import (
    hold,
    plan,
    plan_version,
    service,
    service_event,
    subscriber,
    tax_rate,
)
from isp.service import HoldKind
from operations.money.documents import document_of
from operations.tenants import Tenant

__all__ = ["LoadedAccount", "load_accounts", "lock_subscribers"]


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadedAccount:
    """The engine's account with the keys of the rows it came from.

    `document_ids` maps a document's key to its `invoice_id`; `held_on` has the day of the `unpaid`
    hold of each service under one, of those that ended under it too; the account is blocked since
    the first hold of those that have not.
    """

    subscriber_id: int
    account: Account
    document_ids: Mapping[str, int]
    service_ids: tuple[int, ...]
    held_on: Mapping[int, date]

    @property
    def blocked(self) -> Set[int]:
        """The services under an `unpaid` hold."""
        return self.held_on.keys()

    def with_documents(
        self, documents: Sequence[Document], made: Sequence[tuple[int, str]]
    ) -> "LoadedAccount":
        """The account after documents were finalised as `(invoice_id, number)`."""
        numbered = tuple(
            replace(document, number=number)
            for document, (_, number) in zip(documents, made, strict=True)
        )
        ids = {
            document.key: invoice_id
            for document, (invoice_id, _) in zip(documents, made, strict=True)
        }
        return replace(
            self,
            account=replace(self.account, documents=(*self.account.documents, *numbered)),
            document_ids={**self.document_ids, **ids},
        )


async def lock_subscribers(
    transaction: AsyncConnection, subscriber_ids: Collection[int]
) -> Sequence[int]:
    """Lock the rows in id order; one after the other is how money of one subscriber moves."""
    rows = await transaction.scalars(
        select(subscriber.c.subscriber_id)
        .where(subscriber.c.subscriber_id.in_(subscriber_ids))
        .order_by(subscriber.c.subscriber_id)
        .with_for_update()
    )
    return rows.all()


async def load_accounts(
    transaction: AsyncConnection,
    owner: Tenant,
    subscriber_ids: Collection[int],
    *,
    billed_through: date | None,
) -> list[LoadedAccount]:
    """The accounts of those subscribers, in id order."""
    wanted = list(subscriber_ids)
    plans = await _plan_terms(transaction, owner)
    events = await _events(transaction, owner, wanted, plans)
    services = await _by_subscriber(
        transaction,
        select(service)
        .where(service.c.subscriber_id.in_(wanted), service.c.state != "pending")
        .order_by(service.c.service_id),
    )
    documents = await _documents(transaction, wanted)
    payments = await _by_subscriber(
        transaction,
        select(payment)
        .where(payment.c.subscriber_id.in_(wanted), payment.c.state == "received")
        .order_by(payment.c.payment_id),
    )
    holds = await _by_subscriber(
        transaction,
        select(hold.c.subscriber_id, hold.c.service_id, hold.c.placed_at).where(
            hold.c.subscriber_id.in_(wanted),
            hold.c.kind == HoldKind.UNPAID,
            hold.c.released_at.is_(None),
        ),
    )
    rows = await transaction.execute(
        select(subscriber)
        .where(subscriber.c.subscriber_id.in_(wanted))
        .order_by(subscriber.c.subscriber_id)
    )
    return [
        _loaded(
            row,
            owner,
            services=services[row.subscriber_id],
            events=events,
            documents=documents[row.subscriber_id],
            payments=payments[row.subscriber_id],
            unpaid=holds[row.subscriber_id],
            billed_through=billed_through,
        )
        for row in rows
    ]


def _loaded(
    row: Row[Any],
    owner: Tenant,
    *,
    services: Sequence[Row[Any]],
    events: Mapping[int, Sequence[ServiceEvent]],
    documents: Sequence[tuple[int, Document]],
    payments: Sequence[Row[Any]],
    unpaid: Sequence[Row[Any]],
    billed_through: date | None,
) -> LoadedAccount:
    active = tuple(each.service_id for each in services if each.state == "active")
    held_on = {each.service_id: owner.today(each.placed_at) for each in unpaid}
    account = Account(
        subscriber=row.reference,
        currency=row.currency,
        services=tuple(
            Service(
                service=str(each.service_id),
                events=tuple(events.get(each.service_id, ())),
                invoiced_until=each.invoiced_until,
            )
            for each in services
            if row.billing
        ),
        documents=tuple(document for _, document in documents),
        payments=tuple(
            Pay(
                on=each.paid_on,
                amount=each.amount,
                method=each.method,
                reference=each.reference,
            )
            for each in payments
        ),
        anchor_day=row.anchor_day,
        billing_from=owner.billing_from,
        billed_through=billed_through,
        blocked_on=min((held_on[each] for each in active if each in held_on), default=None),
    )
    return LoadedAccount(
        subscriber_id=row.subscriber_id,
        account=account,
        document_ids={document.key: key for key, document in documents},
        service_ids=active,
        held_on=held_on,
    )


async def _plan_terms(transaction: AsyncConnection, owner: Tenant) -> Mapping[int, PlanTerms]:
    rates: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
    for row in await transaction.execute(
        select(tax_rate)
        .where(tax_rate.c.tenant_id == owner.tenant_id)
        .order_by(tax_rate.c.valid_from)
    ):
        rates[row.tax_code].append((row.valid_from, row.percent))
    rows = await transaction.execute(
        select(plan_version, plan.c.name)
        .join(plan, plan.c.plan_id == plan_version.c.plan_id)
        .where(plan_version.c.tenant_id == owner.tenant_id)
    )
    return {
        row.plan_version_id: PlanTerms(
            name=row.name,
            version=row.version,
            price=row.price,
            period=Period.parse(row.period),
            setup_fee=row.setup_fee,
            tax=TaxCode(row.tax_code, tuple(rates[row.tax_code])) if row.tax_code else NO_TAX,
        )
        for row in rows
    }


async def _events(
    transaction: AsyncConnection,
    owner: Tenant,
    wanted: Collection[int],
    plans: Mapping[int, PlanTerms],
) -> Mapping[int, Sequence[ServiceEvent]]:
    found: dict[int, list[ServiceEvent]] = defaultdict(list)
    rows = await transaction.execute(
        select(service_event)
        .where(service_event.c.subscriber_id.in_(wanted))
        .order_by(service_event.c.service_event_id)
    )
    for row in rows:
        found[row.service_id].append(_event(row, owner, plans))
    return found


def _event(row: Row[Any], owner: Tenant, plans: Mapping[int, PlanTerms]) -> ServiceEvent:
    named: dict[str, Any] = {
        "service": str(row.service_id),
        "on": row.on_date,
        "recorded_on": owner.today(row.recorded_at),
    }
    match row.kind:
        case "subscribe":
            terms = _priced(plans[row.plan_version_id], row.custom_price)
            return Subscribe(**named, plan=terms, anchor_day=row.anchor_day)
        case "change_plan":
            return ChangePlan(**named, plan=_priced(plans[row.plan_version_id], row.custom_price))
        case "cancel":
            return Cancel(**named)
        case "set_anchor":
            return SetAnchor(**named, anchor_day=row.anchor_day)
        case "suspend":
            return Suspend(**named, hold=HoldKind(row.detail))
        case "resume":
            return Resume(**named, hold=HoldKind(row.detail))
    message = f"service_event {row.service_event_id} has the unknown kind {row.kind}"
    raise LookupError(message)


def _priced(terms: PlanTerms, custom_price: Decimal | None) -> PlanTerms:
    if custom_price is None:
        return terms
    return PlanTerms(
        name=terms.name,
        version=terms.version,
        price=custom_price,
        period=terms.period,
        setup_fee=terms.setup_fee,
        tax=terms.tax,
        usage=terms.usage,
    )


async def _documents(
    transaction: AsyncConnection, wanted: Collection[int]
) -> Mapping[int, Sequence[tuple[int, Document]]]:
    lines: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in await transaction.execute(
        select(invoice_line)
        .where(invoice_line.c.subscriber_id.in_(wanted))
        .order_by(invoice_line.c.invoice_id, invoice_line.c.position)
    ):
        lines[row.invoice_id].append(row)
    found: dict[int, list[tuple[int, Document]]] = defaultdict(list)
    for row in await transaction.execute(
        select(invoice)
        .where(invoice.c.subscriber_id.in_(wanted))
        .order_by(invoice.c.issued_on, invoice.c.invoice_id)
    ):
        found[row.subscriber_id].append((row.invoice_id, document_of(row, lines[row.invoice_id])))
    return found


async def _by_subscriber(
    transaction: AsyncConnection, statement: Any
) -> Mapping[int, Sequence[Row[Any]]]:
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    rows: Iterable[Row[Any]] = await transaction.execute(statement)
    for row in rows:
        found[row.subscriber_id].append(row)
    return found
