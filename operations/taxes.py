"""Taxes: a code with dated percentages."""

from datetime import date
from decimal import Decimal, InvalidOperation

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.subscribers import tax_rate
from isp.errors import Refused

__all__ = ["ensure_tax_code"]

EVER = date(1970, 1, 1)
"""From when a percentage given without a date is in force."""


async def ensure_tax_code(
    transaction: AsyncConnection, tenant_id: int, tax: str | None
) -> str | None:
    """The tax code that `tax` means: a percentage gets the code `20%`, a code must exist."""
    if tax is None:
        return None
    try:
        percent = Decimal(tax.removesuffix("%").strip())
    except InvalidOperation:
        percent = None
    if percent is None:
        return await _known(transaction, tax)
    if not 0 <= percent < 100:
        raise Refused(f"{tax} is not a tax percentage", remedy="give 20, or a known tax code")
    code = f"{percent.normalize():f}%"
    await transaction.execute(
        insert(tax_rate)
        .values(tenant_id=tenant_id, tax_code=code, valid_from=EVER, percent=percent)
        .on_conflict_do_nothing()
    )
    return code


async def _known(transaction: AsyncConnection, code: str) -> str:
    query = select(tax_rate.c.tax_code).distinct().order_by(tax_rate.c.tax_code)
    codes = (await transaction.scalars(query)).all()
    if code not in codes:
        remedy = f"known are {', '.join(codes)}; or give a percentage" if codes else "give 20"
        raise Refused(f"there is no tax {code}", remedy=remedy)
    return code
