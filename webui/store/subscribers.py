"""The list of subscribers: totals, and a page of those that a search finds."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from operations.find import find

__all__ = ["PAGE_ROWS", "owed", "page", "services"]

PAGE_ROWS: Final = 50
"""What is read at a glance, and on a slow line at once."""

AFTER_EVERY_LETTER: Final = "\U0010ffff"

SERVICES: Final = text("""
    SELECT count(*) FILTER (WHERE state = 'active') AS active,
           count(*) FILTER (WHERE state = 'suspended') AS suspended,
           count(*) FILTER (WHERE online) AS online
      FROM report.services WHERE state <> 'terminated'
""")
OWED: Final = text("""
    SELECT currency, sum(balance) AS balance, count(*) AS subscribers
      FROM report.subscribers WHERE balance > 0
     GROUP BY currency ORDER BY currency
""")

# The page's keys come first, so that balances are summed for its rows only. Ranges with bounds made
# here: under a tenant's policy no other operator has its index.
SHOWN: Final = """
    SELECT listed.*, (
        SELECT jsonb_object_agg(state, services) FROM (
            SELECT state, count(*) AS services FROM report.services
             WHERE services.subscriber = listed.subscriber AND state <> 'terminated'
             GROUP BY state
        ) AS counted
    ) AS states
      FROM report.subscribers AS listed
     WHERE subscriber IN (SELECT reference FROM page) ORDER BY subscriber
"""
EVERYBODY: Final = text(f"""
    WITH page AS MATERIALIZED (
        SELECT reference FROM subscriber WHERE reference > :after ORDER BY reference LIMIT :rows
    ) {SHOWN}
""")
FOUND: Final = text(f"""
    WITH typed AS (
        SELECT * FROM unnest(CAST(:first AS text[]), CAST(:last AS text[])) AS typed (first, last)
    ), found AS (
        SELECT subscriber_id FROM subscriber, typed WHERE reference BETWEEN first AND last
        UNION SELECT subscriber_id FROM subscriber, typed WHERE name BETWEEN first AND last
        UNION SELECT subscriber_id FROM subscriber, typed WHERE phone BETWEEN first AND last
        UNION SELECT subscriber_id FROM subscriber, typed WHERE email BETWEEN first AND last
        UNION SELECT subscriber_id FROM service_identifier, typed
         WHERE kind IN ('login', 'mac', 'circuit_id', 'remote_id')
           AND value BETWEEN first AND last AND removed_at IS NULL
        UNION SELECT subscriber_id FROM subscriber WHERE reference = ANY(CAST(:exact AS text[]))
    ), page AS MATERIALIZED (
        SELECT reference FROM subscriber JOIN found USING (subscriber_id)
         WHERE reference > :after ORDER BY reference LIMIT :rows
    ) {SHOWN}
""")


async def services(transaction: AsyncConnection) -> RowMapping:
    """How many services are active, suspended, online."""
    return (await transaction.execute(SERVICES)).mappings().one()


async def owed(transaction: AsyncConnection) -> Sequence[RowMapping]:
    """What is owed in each currency, and by how many."""
    return (await transaction.execute(OWED)).mappings().all()


async def page(
    transaction: AsyncConnection, *, search: str, after: str, rows: int = PAGE_ROWS
) -> Sequence[RowMapping]:
    """The next subscribers by reference, after that one; `states` counts their services by state.

    A search finds the beginning of a reference, name, phone, mail address or identifier, in usual
    spellings; and everything that `operations.find` does (addresses, MACs, invoice numbers).
    """
    paging = {"after": after, "rows": rows}
    if not search:
        return (await transaction.execute(EVERYBODY, paging)).mappings().all()
    spellings = sorted({search, search.lower(), search.upper(), search.title()})
    named = {
        "first": spellings,
        "last": [each + AFTER_EVERY_LETTER for each in spellings],
        "exact": sorted({each.subscriber for each in await find(transaction, search)}),
    }
    return (await transaction.execute(FOUND, paging | named)).mappings().all()
