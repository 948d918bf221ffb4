"""The warning before a block: when one was sent, and those that are to be."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from billing.dunning import DunningState
from database.tables.billing import dunning_notice
from database.tables.running import job
from operations.money.loading import LoadedAccount
from operations.tenants import Tenant

__all__ = ["WARNING_JOB", "sent", "warn", "warned_on"]

WARNING_JOB = "dunning.warning"


async def sent(
    transaction: AsyncConnection, accounts: Sequence[LoadedAccount]
) -> Mapping[int, datetime]:
    """When the warnings of these accounts' documents really went out, by `invoice_id`."""
    rows = await transaction.execute(
        select(dunning_notice.c.invoice_id, dunning_notice.c.sent_at).where(
            dunning_notice.c.subscriber_id.in_({each.subscriber_id for each in accounts}),
            dunning_notice.c.kind == "warning",
        )
    )
    return {row.invoice_id: row.sent_at for row in rows}


def warned_on(
    owner: Tenant, loaded: LoadedAccount, state: DunningState, sent_at: Mapping[int, datetime]
) -> date | None:
    """The day of the last warning of this debt: of its oldest document, or of a later one."""
    if state.because is None:
        return None
    of_this_debt = [
        at
        for document in loaded.account.standing()
        if document.issued_on >= state.because.issued_on
        and (at := sent_at.get(loaded.document_ids[document.key]))
    ]
    return owner.today(max(of_this_debt)) if of_this_debt else None


async def warn(
    transaction: AsyncConnection,
    owner: Tenant,
    debtors: Sequence[tuple[LoadedAccount, DunningState]],
    now: datetime,
) -> None:
    """Enqueue one warning for each debt; `dunning_notice` is written when it was sent.

    One that a payment overtook waits again where the payment was reversed: nobody is blocked whose
    warning was not sent.
    """
    rows = [_row(owner, loaded, state, now) for loaded, state in debtors if state.because]
    if not rows:
        return
    made = insert(job)
    again = made.on_conflict_do_update(
        index_elements=["tenant_id", "idempotency_key"],
        set_={
            "payload": made.excluded.payload,
            "next_try_at": now,
            "state": "waiting",
            "tries": 0,
            "done_at": None,
        },
        where=job.c.state == "moot",
    )
    await transaction.execute(again, rows)


def _row(
    owner: Tenant, loaded: LoadedAccount, state: DunningState, now: datetime
) -> dict[str, Any]:
    assert state.because is not None
    invoice_id = loaded.document_ids[state.because.key]
    return {
        "tenant_id": owner.tenant_id,
        "kind": WARNING_JOB,
        "idempotency_key": f"{WARNING_JOB}:{invoice_id}",
        "payload": {
            "subscriber_id": loaded.subscriber_id,
            "invoice_id": invoice_id,
            "number": state.because.number,
            "missing": str(state.missing or state.overdue),
            "currency": loaded.account.currency,
            "block_on": str(state.next_block_on) if state.next_block_on else None,
        },
        "next_try_at": now,
    }
