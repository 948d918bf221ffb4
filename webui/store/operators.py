"""Who may sign in, and who is signed in."""

from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.tenancy import operator, web_session
from operations import audit, tenants
from webui.sign_in import Operator

__all__ = ["close_session", "known", "open_session", "signed_in"]


async def known(transaction: AsyncConnection, name: str) -> tuple[Operator, str] | None:
    """The operator of that name who may sign in, with his Argon2id hash."""
    statement = select(operator).where(operator.c.name == name, operator.c.disabled_at.is_(None))
    row = (await transaction.execute(statement)).one_or_none()
    if row is None:
        return None
    return Operator(operator_id=row.operator_id, name=row.name), row.password_hash


async def open_session(
    transaction: AsyncConnection,
    who: Operator,
    *,
    token_hash: bytes,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Remember a sign-in by the hash of its token, and forget those that have expired."""
    owner = await tenants.current(transaction)
    await transaction.execute(delete(web_session).where(web_session.c.expires_at <= now))
    await transaction.execute(
        insert(web_session).values(
            token_hash=token_hash,
            tenant_id=owner.tenant_id,
            operator_id=who.operator_id,
            created_at=now,
            expires_at=expires_at,
        )
    )
    await audit.record(
        transaction,
        tenant_id=owner.tenant_id,
        actor=who.name,
        action="operator.sign_in",
        object_kind="operator",
        object_name=who.name,
        now=now,
    )


async def signed_in(
    transaction: AsyncConnection, token_hash: bytes, now: datetime
) -> Operator | None:
    """Who holds this token, while it counts and he is not disabled."""
    statement = (
        select(operator.c.operator_id, operator.c.name)
        .join(web_session, web_session.c.operator_id == operator.c.operator_id)
        .where(
            web_session.c.token_hash == token_hash,
            web_session.c.expires_at > now,
            ~web_session.c.revoked,
            operator.c.disabled_at.is_(None),
        )
    )
    row = (await transaction.execute(statement)).one_or_none()
    return None if row is None else Operator(operator_id=row.operator_id, name=row.name)


async def close_session(transaction: AsyncConnection, token_hash: bytes) -> None:
    """The token counts no more."""
    statement = update(web_session).where(web_session.c.token_hash == token_hash)
    await transaction.execute(statement.values(revoked=True))
