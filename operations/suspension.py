"""What operators call suspending and resuming: holds of theirs, and grace for a debtor."""

from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from isp.errors import Refused
from isp.service import HoldKind, ServiceState
from operations import service_record, services, tenants
from operations.service_record import ServiceRecord

__all__ = ["resume", "suspend"]


async def suspend(
    transaction: AsyncConnection,
    *,
    login: str,
    kind: HoldKind = HoldKind.OPERATOR,
    until: date | None = None,
    reason: str,
    actor: str,
    now: datetime,
) -> ServiceRecord:
    """Keep the service off the network; `until` is the first day on which it is back."""
    found = await service_record.by_login(transaction, login, lock=True)
    if found.state is ServiceState.TERMINATED:
        raise Refused(f"{found.login} is terminated", remedy="there is nothing to suspend")
    if held := found.open_holds.get(kind):
        remedy = f"resume it first: `turnpike service resume {found.login}`"
        raise Refused(f"{found.login} is held ({kind}) by {held.author} already", remedy=remedy)
    owner = await tenants.of(transaction, found.tenant_id)
    ends = _day_to_come(owner, until, now)
    await services.place_hold(
        transaction, found, kind=kind, reason=reason, until=ends, actor=actor, now=now
    )
    return await service_record.by_id(transaction, found.service_id)


async def resume(
    transaction: AsyncConnection,
    *,
    login: str,
    until: date | None = None,
    reason: str | None = None,
    actor: str,
    now: datetime,
) -> ServiceRecord:
    """Release every hold of the service.

    A debtor is let in only for a time: his `unpaid` hold stands again from `until` on, unless he
    has paid by then.
    """
    found = await service_record.by_login(transaction, login, lock=True)
    if not found.open_holds:
        remedy = f"see `turnpike why {found.login}`"
        raise Refused(f"{found.login} is not suspended", remedy=remedy)
    owed = found.open_holds.get(HoldKind.UNPAID)
    if owed is not None and until is None:
        remedy = "say until which day he is let in with --until DATE, or record his payment"
        raise Refused(f"{found.login} is held for debt: {owed.reason}", remedy=remedy)
    owner = await tenants.of(transaction, found.tenant_id)
    stands_again = _day_to_come(owner, until, now)
    for kind in found.open_holds:
        await services.release_hold(
            transaction, found, kind=kind, reason=reason, actor=actor, now=now
        )
    if owed is not None and stands_again is not None:
        released = await service_record.by_id(transaction, found.service_id)
        await services.place_hold(
            transaction,
            released,
            kind=HoldKind.UNPAID,
            reason=owed.reason,
            begins=stands_again,
            actor=actor,
            now=now,
        )
    return await service_record.by_id(transaction, found.service_id)


def _day_to_come(owner: tenants.Tenant, day: date | None, now: datetime) -> datetime | None:
    if day is None:
        return None
    if day <= owner.today(now):
        raise Refused(f"{day} is not to come", remedy="give a day after today")
    return owner.midnight(day)
