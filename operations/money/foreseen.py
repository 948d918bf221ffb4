"""What a run would make, account by account: read without a lock, decided by the same engine."""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from billing.documents import Document
from billing.invoicing import bill
from billing.policy import Policy
from database.connect import Database
from database.tables.subscribers import subscriber
from operations.money.loading import LoadedAccount, load_accounts
from operations.money.policies import load_policy
from operations.money.standing import billed_through
from operations.tenants import Tenant

__all__ = ["Foreseen", "chunks", "days_before_the_last", "foreseen", "next_ids"]

SUBSCRIBERS_PER_TRANSACTION = 250
"""Keeps the writing transaction, and with it the lock on the numbers, under a second."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Foreseen:
    """An account, and the documents that a run would make for it."""

    loaded: LoadedAccount
    documents: tuple[Document, ...]
    policy: Policy


async def foreseen(
    database: Database,
    owner: Tenant,
    through: date,
    *,
    progress: Callable[[int], None] = lambda _: None,
) -> AsyncIterator[Foreseen]:
    """Each account in the order of a run; `progress` is told how many more were looked at."""
    after = 0
    while True:
        async with database.transaction(owner.tenant_id) as transaction:
            policy = await load_policy(transaction, owner)
            ids = await next_ids(transaction, owner, after)
            earlier = await billed_through(transaction, owner)
            accounts = await load_accounts(transaction, owner, ids, billed_through=earlier)
        if not ids:
            return
        after = ids[-1]
        for each in accounts:
            documents = bill(each.account, through, policy)
            yield Foreseen(loaded=each, documents=documents, policy=policy)
        progress(len(ids))


async def days_before_the_last(
    database: Database, owner: Tenant, through: date, *, progress: Callable[[int], None]
) -> Sequence[tuple[date, Sequence[int]]]:
    """The days on which a run will make documents, and whose, in order, without the last of them.

    They are made first, so that the dates of numbers do not go back.
    """
    days: dict[date, list[int]] = defaultdict(list)
    async for each in foreseen(database, owner, through, progress=progress):
        for day in dict.fromkeys(document.issued_on for document in each.documents):
            days[day].append(each.loaded.subscriber_id)
    return [(day, days[day]) for day in sorted(days)[:-1]]


def chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """As many as one transaction takes, in order."""
    for at in range(0, len(ids), SUBSCRIBERS_PER_TRANSACTION):
        yield ids[at : at + SUBSCRIBERS_PER_TRANSACTION]


async def next_ids(transaction: AsyncConnection, owner: Tenant, after: int) -> Sequence[int]:
    """The next subscribers that are billed, by id, as many as one transaction takes."""
    rows = await transaction.scalars(
        select(subscriber.c.subscriber_id)
        .where(
            subscriber.c.tenant_id == owner.tenant_id,
            subscriber.c.subscriber_id > after,
            subscriber.c.billing,
        )
        .order_by(subscriber.c.subscriber_id)
        .limit(SUBSCRIBERS_PER_TRANSACTION)
    )
    return rows.all()
