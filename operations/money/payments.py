"""Payments: recorded once by method and reference, allocated, and acted on at once."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from billing.events import Pay
from billing.ledger import posting_of_payment, reversed_posting
from billing.money import money
from database.tables.billing import payment, payment_allocation
from database.tables.subscribers import subscriber
from isp.errors import Refused
from operations import audit, service_record
from operations.money.allocating import allocate_free_money, release_allocations
from operations.money.ledger import Posting, post
from operations.money.loading import LoadedAccount, load_accounts, lock_subscribers
from operations.money.policies import load_policy
from operations.money.standing import as_of, billed_through, let_back_in, refresh_standings
from operations.tenants import Tenant

__all__ = [
    "Payment",
    "move",
    "payments",
    "record",
    "refuse_to_come",
    "reverse",
    "settle",
    "told_otherwise",
    "word",
]

WORD_CHARACTERS_MAX: Final = 250
"""Of a login, a method or a reference: the index of the last two takes 2,704 octets of both."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Payment:
    """A payment; `repeated` when it had been recorded before."""

    payment_id: int
    subscriber: str
    method: str
    reference: str
    paid_on: date
    amount: Decimal
    currency: str
    state: str
    allocated: Decimal
    repeated: bool = False


async def record(
    transaction: AsyncConnection,
    owner: Tenant,
    *,
    login: str,
    amount: str,
    method: str = "cash",
    reference: str | None = None,
    on: date | None = None,
    actor: str,
    now: datetime,
) -> Payment:
    """Record money received; a repeat of (method, reference) returns the first and moves nothing.

    What it pays follows at once, in the same transaction: allocation, ledger, and the services of
    one who has paid enough are let back in. Raises Refused.
    """
    found = await service_record.by_login(transaction, login)
    exact = money(amount, owner.currency, "amount")
    if exact <= 0:
        raise Refused(f"{amount} is not more than nothing", remedy="give the amount received")
    method = word(method, "method")
    reference = word(reference, "reference") if reference is not None else None
    await lock_subscribers(transaction, [found.subscriber_id])
    reference = reference or f"{found.subscriber}/{now.isoformat()}"
    on = on or owner.today(now)
    refuse_to_come(on, await as_of(transaction, owner, now))
    payment_id = await transaction.scalar(
        insert(payment)
        .values(
            tenant_id=owner.tenant_id,
            subscriber_id=found.subscriber_id,
            method=method,
            reference=reference,
            paid_on=on,
            amount=exact,
            currency=owner.currency,
            collected_by=actor,
            recorded_at=now,
        )
        .on_conflict_do_nothing(index_elements=["tenant_id", "method", "reference"])
        .returning(payment.c.payment_id)
    )
    if payment_id is None:
        return await _first(transaction, owner, found.subscriber_id, method, reference, exact)
    paid = Pay(on=on, amount=exact, method=method, reference=reference)
    posting = Posting(
        tenant_id=owner.tenant_id,
        subscriber_id=found.subscriber_id,
        kind="payment",
        source_key=f"payment:{payment_id}",
        on=on,
        entries=posting_of_payment(paid, owner.currency),
        description=f"{method} {reference}",
    )
    await post(transaction, [posting], actor=actor, now=now)
    await settle(transaction, owner, found.subscriber_id, actor=actor, now=now)
    await audit.record(
        transaction,
        tenant_id=owner.tenant_id,
        actor=actor,
        action="payment.add",
        object_kind="subscriber",
        object_name=found.subscriber,
        after={"amount": exact, "method": method, "reference": reference, "on": on},
        now=now,
    )
    return await _one(transaction, payment_id)


async def reverse(
    transaction: AsyncConnection,
    owner: Tenant,
    *,
    payment_id: int,
    reason: str,
    actor: str,
    now: datetime,
) -> Payment:
    """Take a payment back (a bounced cheque, a wrong booking); the ledger keeps both."""
    row = (
        await transaction.execute(select(payment).where(payment.c.payment_id == payment_id))
    ).one_or_none()
    if row is None:
        raise Refused(f"there is no payment {payment_id}", remedy="see `turnpike payment list`")
    await lock_subscribers(transaction, [row.subscriber_id])
    changed = await transaction.execute(
        update(payment)
        .where(payment.c.payment_id == payment_id, payment.c.state == "received")
        .values(state="reversed")
    )
    if changed.rowcount == 0:
        raise Refused(f"payment {payment_id} is reversed already", remedy="there is nothing to do")
    paid = Pay(on=row.paid_on, amount=row.amount, method=row.method, reference=row.reference)
    posting = Posting(
        tenant_id=owner.tenant_id,
        subscriber_id=row.subscriber_id,
        kind="payment_reversal",
        source_key=f"payment:{payment_id}:reversal",
        on=owner.today(now),
        entries=reversed_posting(posting_of_payment(paid, row.currency)),
        description=reason,
    )
    await post(transaction, [posting], actor=actor, now=now)
    await release_allocations(transaction, row.subscriber_id)
    await settle(transaction, owner, row.subscriber_id, actor=actor, now=now)
    await audit.record(
        transaction,
        tenant_id=owner.tenant_id,
        actor=actor,
        action="payment.reverse",
        object_kind="payment",
        object_name=str(payment_id),
        reason=reason,
        now=now,
    )
    return await _one(transaction, payment_id)


async def move(
    transaction: AsyncConnection,
    owner: Tenant,
    *,
    payment_id: int,
    login: str,
    reason: str,
    actor: str,
    now: datetime,
) -> Payment:
    """Give a payment to whom it belongs: it is reversed, and recorded anew for him.

    The first keeps its (method, reference), so that whoever reports it again moves nothing; the
    second's reference names it. Raises Refused.
    """
    wrong = (
        await transaction.execute(select(payment).where(payment.c.payment_id == payment_id))
    ).one_or_none()
    found = await service_record.by_login(transaction, login)
    if wrong is not None:
        if wrong.subscriber_id == found.subscriber_id:
            problem = f"payment {payment_id} is {found.subscriber}'s already"
            raise Refused(problem, remedy="name the login that it belongs to")
        await lock_subscribers(transaction, [wrong.subscriber_id, found.subscriber_id])
    first = await reverse(
        transaction, owner, payment_id=payment_id, reason=reason, actor=actor, now=now
    )
    return await record(
        transaction,
        owner,
        login=login,
        amount=str(first.amount),
        method=first.method,
        reference=_moved(first.reference, payment_id),
        on=first.paid_on,
        actor=actor,
        now=now,
    )


def word(text: str, what: str) -> str:
    """A method or a reference as it can be kept, listed and told again. Raises Refused."""
    if not text.strip():
        raise Refused(f"the {what} is empty", remedy="say it, or leave it out")
    if len(text) > WORD_CHARACTERS_MAX:
        problem = f"the {what} is longer than {WORD_CHARACTERS_MAX} characters"
        raise Refused(problem, remedy="shorten it")
    if not text.isprintable():
        problem = f"the {what} {text!r} has characters that cannot be printed"
        raise Refused(problem, remedy="remove them")
    return text


def refuse_to_come(on: date | None, latest: date) -> None:
    """Money has come on a day that has come."""
    if on is not None and on > latest:
        raise Refused(f"no payment has come on {on} yet", remedy=f"give {latest} or an earlier day")


def told_otherwise(method: str, reference: str) -> Refused:
    """What is said of a repeat that is not one."""
    return Refused(
        f"{method} {reference} was recorded before, with another amount or subscriber",
        remedy="give the payment its own reference",
    )


async def settle(
    transaction: AsyncConnection,
    owner: Tenant,
    subscriber_id: int,
    *,
    actor: str,
    now: datetime,
) -> LoadedAccount:
    """Allocate what is free, judge the debt, let in who has paid. The row is locked before."""
    policy = await load_policy(transaction, owner)
    earlier = await billed_through(transaction, owner)
    [loaded] = await load_accounts(transaction, owner, [subscriber_id], billed_through=earlier)
    await allocate_free_money(transaction, owner.tenant_id, [loaded], now)
    day = await as_of(transaction, owner, now)
    [state] = await refresh_standings(transaction, owner, [loaded], policy, day=day)
    await let_back_in(transaction, loaded, state, actor=actor, now=now)
    return loaded


async def payments(
    transaction: AsyncConnection, *, login: str | None = None, limit: int = 200
) -> list[Payment]:
    """Payments, the newest first, of one subscriber or of all."""
    query = _query().order_by(payment.c.payment_id.desc()).limit(limit)
    if login is not None:
        found = await service_record.by_login(transaction, login)
        query = query.where(payment.c.subscriber_id == found.subscriber_id)
    return [_payment(row) for row in await transaction.execute(query)]


def _moved(reference: str, payment_id: int) -> str:
    """The reference of a payment that was another's: it begins as the first's does."""
    named = f" (payment {payment_id})"
    return f"{reference[: WORD_CHARACTERS_MAX - len(named)]}{named}"


async def _first(
    transaction: AsyncConnection,
    owner: Tenant,
    subscriber_id: int,
    method: str,
    reference: str,
    amount: Decimal,
) -> Payment:
    row = (
        await transaction.execute(
            _query().where(
                payment.c.tenant_id == owner.tenant_id,
                payment.c.method == method,
                payment.c.reference == reference,
            )
        )
    ).one()
    if (row.subscriber_id, row.amount) != (subscriber_id, amount):
        raise told_otherwise(method, reference)
    return _payment(row, repeated=True)


async def _one(transaction: AsyncConnection, payment_id: int) -> Payment:
    row = (await transaction.execute(_query().where(payment.c.payment_id == payment_id))).one()
    return _payment(row)


def _query() -> Any:
    allocated = (
        select(func.coalesce(func.sum(payment_allocation.c.amount), 0))
        .where(
            payment_allocation.c.payment_id == payment.c.payment_id,
            ~payment_allocation.c.released,
        )
        .scalar_subquery()
    )
    return select(
        payment, allocated.label("allocated"), subscriber.c.reference.label("subscriber")
    ).join(subscriber, subscriber.c.subscriber_id == payment.c.subscriber_id)


def _payment(row: Row[Any], *, repeated: bool = False) -> Payment:
    return Payment(
        payment_id=row.payment_id,
        subscriber=row.subscriber,
        method=row.method,
        reference=row.reference,
        paid_on=row.paid_on,
        amount=row.amount,
        currency=row.currency,
        state=row.state,
        allocated=row.allocated,
        repeated=repeated,
    )
