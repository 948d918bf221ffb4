"""The provider on whose behalf a transaction runs: its zone, its currency, its today."""

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Row, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.tenancy import tenant
from isp.errors import ExitCode, Refused

__all__ = ["Tenant", "current", "named", "of"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Tenant:
    """One provider. No document covers days before `billing_from`."""

    tenant_id: int
    name: str
    zone: str
    currency: str
    country: str | None
    billing_from: date | None

    def today(self, now: datetime) -> date:
        """The calendar date at `now` where this provider is."""
        return now.astimezone(ZoneInfo(self.zone)).date()

    def midnight(self, day: date) -> datetime:
        """When `day` begins there."""
        return datetime.combine(day, time(), ZoneInfo(self.zone))


async def current(transaction: AsyncConnection) -> Tenant:
    """The tenant that the transaction was opened for."""
    setting = cast(func.nullif(func.current_setting("turnpike.tenant", True), ""), BigInteger)
    row = (await transaction.execute(select(tenant).where(tenant.c.tenant_id == setting))).one()
    return _tenant(row)


async def of(transaction: AsyncConnection, tenant_id: int) -> Tenant:
    """The tenant with that key."""
    query = select(tenant).where(tenant.c.tenant_id == tenant_id)
    return _tenant((await transaction.execute(query)).one())


async def named(transaction: AsyncConnection, name: str | None) -> Tenant:
    """The tenant of that name, or the only one. The transaction must see all tenants."""
    rows = (await transaction.execute(select(tenant).order_by(tenant.c.name))).all()
    wanted = [row for row in rows if name is None or row.name == name]
    names = ", ".join(row.name for row in rows)
    match wanted:
        case [row]:
            return _tenant(row)
        case []:
            problem = "there is no tenant" if name is None else f"there is no tenant {name}"
            remedy = f"there are: {names}" if rows else "create the database: `turnpike db migrate`"
            raise Refused(problem, remedy=remedy, exit_code=ExitCode.USAGE)
        case _:
            problem = "there are several tenants"
            remedy = f"say which with --tenant: {names}"
            raise Refused(problem, remedy=remedy, exit_code=ExitCode.USAGE)


def _tenant(row: Row) -> Tenant:
    return Tenant(
        tenant_id=row.tenant_id,
        name=row.name,
        zone=row.zone,
        currency=row.currency,
        country=row.country,
        billing_from=row.billing_from,
    )
