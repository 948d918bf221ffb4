"""What a billing run would do, without doing it: the same loading, the same engine, no writing."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from billing.documents import Document
from billing.dunning import Standing, dunning_state
from billing.invoicing import bill
from database.connect import Database
from operations.money.loading import load_accounts
from operations.money.policies import load_policy
from operations.money.run import next_ids, refuse_far_ahead
from operations.money.standing import billed_through
from operations.tenants import Tenant

__all__ = ["Preview", "PreviewDocument", "preview"]


@dataclass(frozen=True, kw_only=True, slots=True)
class PreviewDocument:
    """A document that a run would make."""

    subscriber: str
    document: Document


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """What a run would make, and whom a run by hand would block or end."""

    through: date
    documents: tuple[PreviewDocument, ...] = ()
    blocked: tuple[str, ...] = ()
    terminated: tuple[str, ...] = ()


async def preview(database: Database, owner: Tenant, *, through: date, now: datetime) -> Preview:
    """What `run` would do through that date; writes nothing."""
    refuse_far_ahead(owner, through, now)
    documents: list[PreviewDocument] = []
    blocked: list[str] = []
    terminated: list[str] = []
    after = 0
    while True:
        async with database.transaction(owner.tenant_id) as transaction:
            policy = await load_policy(transaction, owner)
            ids = await next_ids(transaction, owner, after)
            loaded = await load_accounts(
                transaction,
                owner,
                ids,
                billed_through=await billed_through(transaction, owner),
            )
        if not ids:
            break
        after = ids[-1]
        for each in loaded:
            made = bill(each.account, through, policy)
            documents += (
                PreviewDocument(subscriber=each.account.subscriber, document=document)
                for document in made
            )
            billed = replace(each.account, documents=(*each.account.documents, *made))
            state = dunning_state(billed, policy, through)
            if state.standing is Standing.BLOCKED and set(each.service_ids) - each.blocked:
                blocked.append(each.account.subscriber)
            elif state.standing is Standing.DEACTIVATED and each.service_ids:
                terminated.append(each.account.subscriber)
    return Preview(
        through=through,
        documents=tuple(documents),
        blocked=tuple(blocked),
        terminated=tuple(terminated),
    )
