"""What a billing run would do, without doing it: the same loading, the same engine, no writing."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from billing.documents import Document
from billing.dunning import Standing, dunning_state
from database.connect import Database
from operations.money.foreseen import foreseen
from operations.money.run import refuse_far_ahead
from operations.money.standing import judged_on
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
    async with database.transaction(owner.tenant_id) as transaction:
        day = await judged_on(transaction, owner, through, now)
    documents: list[PreviewDocument] = []
    blocked: list[str] = []
    terminated: list[str] = []
    async for each in foreseen(database, owner, through):
        account, services = each.loaded.account, each.loaded.service_ids
        documents += (
            PreviewDocument(subscriber=account.subscriber, document=document)
            for document in each.documents
        )
        billed = replace(account, documents=(*account.documents, *each.documents))
        state = dunning_state(billed, each.policy, day)
        if state.standing is Standing.BLOCKED and set(services) - each.loaded.blocked:
            blocked.append(account.subscriber)
        elif state.standing is Standing.DEACTIVATED and services:
            terminated.append(account.subscriber)
    return Preview(
        through=through,
        documents=tuple(documents),
        blocked=tuple(blocked),
        terminated=tuple(terminated),
    )
