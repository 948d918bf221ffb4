"""Who changed what: one row for each thing that a person or a daemon changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.tenancy import audit

__all__ = ["AUDIT_ROWS_MAX", "Change", "audit_row", "changes", "note", "plain", "record"]

AUDIT_ROWS_MAX = 200
"""What fits what a person reads at once; older changes are in the view `report.audit`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One audited change. `before` and `after` hold what differed."""

    at: datetime
    actor: str
    action: str
    object_kind: str
    object_name: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    reason: str | None


async def note(
    transaction: AsyncConnection,
    tenant_id: int,
    action: str,
    name: str,
    actor: str,
    now: datetime,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    """`record` of an action that begins with its object's kind: `nas.add` was done to a `nas`."""
    await record(
        transaction,
        tenant_id=tenant_id,
        actor=actor,
        action=action,
        object_kind=action.partition(".")[0],
        object_name=name,
        now=now,
        before=before,
        after=after,
        reason=reason,
    )


async def record(
    transaction: AsyncConnection,
    *,
    tenant_id: int,
    actor: str,
    action: str,
    object_kind: str,
    object_name: str,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    """Write down that `actor` did `action` (`nas.add`). Never give it a secret."""
    row = audit_row(
        tenant_id=tenant_id,
        actor=actor,
        action=action,
        object_kind=object_kind,
        object_name=object_name,
        now=now,
        before=before,
        after=after,
        reason=reason,
    )
    await transaction.execute(insert(audit), row)


def audit_row(
    *,
    tenant_id: int,
    actor: str,
    action: str,
    object_kind: str,
    object_name: str,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str | None = None,
) -> dict[str, Any]:
    """The row that `record` writes, for those that write many at once."""
    return {
        "tenant_id": tenant_id,
        "at": now,
        "actor": actor,
        "action": action,
        "object_kind": object_kind,
        "object_name": object_name,
        "before": plain(before),
        "after": plain(after),
        "reason": reason,
    }


async def changes(transaction: AsyncConnection, since: datetime) -> tuple[Change, ...]:
    """What was changed since then, the newest first."""
    rows = await transaction.execute(
        select(audit).where(audit.c.at >= since).order_by(audit.c.at.desc()).limit(AUDIT_ROWS_MAX)
    )
    return tuple(
        Change(
            at=row.at,
            actor=row.actor,
            action=row.action,
            object_kind=row.object_kind,
            object_name=row.object_name,
            before=row.before,
            after=row.after,
            reason=row.reason,
        )
        for row in rows
    )


def plain(value: Any) -> Any:
    """The value as JSON has it: dates, amounts and addresses in their usual spelling."""
    match value:
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(item) for item in value]
        case Enum():
            return value.value
        case datetime() | date() | time():
            return value.isoformat()
        case Decimal() | IPv4Address() | IPv6Address() | IPv4Network() | IPv6Network():
            return str(value)
        case _:
            return value
