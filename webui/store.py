"""What the pages read: the `report` views, and the operators' own rows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import TextClause, insert, select, text, update
from sqlalchemy.engine import RowMapping

from database.connect import Database
from database.tables.tenancy import operator, web_session
from operations.why import why
from operations.why_text import why_lines
from webui.sign_in import Operator

__all__ = ["PAGE_ROWS", "Store"]

PAGE_ROWS = 50
DETAIL_ROWS = 20

SUBSCRIBERS = text("""
    SELECT subscriber, name, phone, area, services, online, balance, currency, next_block_on
      FROM report.subscribers
     WHERE (:search = '' OR lower(subscriber) >= :search AND lower(subscriber) < :search_end
            OR lower(name) >= :search AND lower(name) < :search_end
            OR phone = :search OR email = :search
            OR subscriber IN (SELECT s.subscriber FROM report.services s WHERE s.login = :search))
       AND subscriber > :after
     ORDER BY subscriber LIMIT :rows
""")
TOTALS = text("""
    SELECT (SELECT count(*) FROM report.services WHERE state = 'active') AS active,
           (SELECT count(*) FROM report.services WHERE state = 'suspended') AS suspended,
           (SELECT count(*) FROM report.services WHERE online) AS online,
           (SELECT count(*) FROM report.sessions_live) AS sessions
""")
SUBSCRIBER = text("SELECT * FROM report.subscribers WHERE subscriber = :subscriber")
SERVICES = text("SELECT * FROM report.services WHERE subscriber = :subscriber ORDER BY login")
LIVE_OF = text("""
    SELECT * FROM report.sessions_live WHERE subscriber = :subscriber ORDER BY started_at DESC
     LIMIT :rows
""")
CLOSED_OF = text("""
    SELECT * FROM report.sessions WHERE subscriber = :subscriber ORDER BY started_at DESC
     LIMIT :rows
""")
USAGE_OF = text("""
    SELECT day, sum(octets_up) AS octets_up, sum(octets_down) AS octets_down
      FROM report.usage_daily WHERE subscriber = :subscriber
     GROUP BY day ORDER BY day DESC LIMIT 31
""")
INVOICES_OF = text("""
    SELECT * FROM report.invoices WHERE subscriber = :subscriber
     ORDER BY issued_on DESC, number DESC LIMIT :rows
""")
PAYMENTS_OF = text("""
    SELECT * FROM report.payments WHERE subscriber = :subscriber ORDER BY paid_on DESC LIMIT :rows
""")
LIVE = text("""
    SELECT * FROM report.sessions_live WHERE (:nas = '' OR nas = :nas) AND login > :after
     ORDER BY login LIMIT :rows
""")


class Store:
    """Reads of one tenant; each call is one transaction."""

    def __init__(self, database: Database, tenant_id: int) -> None:
        self._database = database
        self._tenant_id = tenant_id

    async def subscribers(self, search: str, after: str) -> Sequence[RowMapping]:
        """A page of subscribers by their reference; the search is a prefix of it or of the name."""
        search = search.strip().lower()
        return await self._rows(
            SUBSCRIBERS, search=search, search_end=search + "\U0010ffff", after=after
        )

    async def totals(self) -> RowMapping:
        """Services active, suspended and online; sessions."""
        return (await self._rows(TOTALS))[0]

    async def subscriber(self, subscriber: str) -> dict[str, Any] | None:
        """Everything on one subscriber's page, or None."""
        found = await self._rows(SUBSCRIBER, subscriber=subscriber)
        if not found:
            return None
        parts = {
            "services": SERVICES,
            "live": LIVE_OF,
            "closed": CLOSED_OF,
            "usage": USAGE_OF,
            "invoices": INVOICES_OF,
            "payments": PAYMENTS_OF,
        }
        page: dict[str, Any] = {"subscriber": found[0]}
        for name, statement in parts.items():
            page[name] = await self._rows(statement, subscriber=subscriber, rows=DETAIL_ROWS)
        return page

    async def sessions(self, nas: str, after: str) -> Sequence[RowMapping]:
        """A page of live sessions by login."""
        return await self._rows(LIVE, nas=nas, after=after)

    async def why(self, login: str, now: datetime) -> Sequence[str]:
        """Why a service is entitled to what it is, in lines."""
        async with self._database.transaction(self._tenant_id) as transaction:
            return tuple(why_lines(await why(transaction, login), now))

    async def password_hash(self, name: str) -> tuple[int, str] | None:
        """An operator's id and Argon2id hash."""
        statement = select(operator.c.operator_id, operator.c.password_hash).where(
            operator.c.name == name, operator.c.disabled_at.is_(None)
        )
        async with self._database.transaction(self._tenant_id) as transaction:
            row = (await transaction.execute(statement)).one_or_none()
        return (row.operator_id, row.password_hash) if row else None

    async def open_session(self, token: bytes, operator_id: int, expires_at: datetime) -> None:
        """Remember a sign-in by the hash of its token."""
        values = {
            "token_hash": token,
            "tenant_id": self._tenant_id,
            "operator_id": operator_id,
            "expires_at": expires_at,
        }
        async with self._database.transaction(self._tenant_id) as transaction:
            await transaction.execute(insert(web_session).values(values))

    async def signed_in(self, token: bytes, now: datetime) -> Operator | None:
        """Who holds this token, if it still counts."""
        statement = (
            select(operator.c.operator_id, operator.c.name, operator.c.role)
            .join(web_session, web_session.c.operator_id == operator.c.operator_id)
            .where(
                web_session.c.token_hash == token,
                web_session.c.expires_at > now,
                ~web_session.c.revoked,
                operator.c.disabled_at.is_(None),
            )
        )
        async with self._database.transaction(self._tenant_id) as transaction:
            row = (await transaction.execute(statement)).one_or_none()
        return Operator(operator_id=row.operator_id, name=row.name, role=row.role) if row else None

    async def close_session(self, token: bytes) -> None:
        """Sign out."""
        statement = update(web_session).where(web_session.c.token_hash == token)
        async with self._database.transaction(self._tenant_id) as transaction:
            await transaction.execute(statement.values(revoked=True))

    async def _rows(self, statement: TextClause, **values: object) -> Sequence[RowMapping]:
        wanted = statement.compile().params.keys()
        given = {"rows": PAGE_ROWS} | values
        async with self._database.transaction(self._tenant_id) as transaction:
            result = await transaction.execute(statement, {name: given[name] for name in wanted})
            return result.mappings().all()
