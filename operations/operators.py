"""Operators: the people who may sign in to the web pages."""

from datetime import datetime
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.secrets import Secret
from database.tables.tenancy import operator, web_session
from isp.errors import Refused
from operations import audit, tenants

__all__ = ["PASSWORD_CHARACTERS_MIN", "add", "disable", "listed", "matches", "set_password"]

PASSWORD_CHARACTERS_MIN = 10
"""NIST SP 800-63B asks for 8; these accounts can cut off everybody."""


async def add(
    transaction: AsyncConnection,
    *,
    name: str,
    password: Secret[str],
    role: str = "admin",
    actor: str,
    now: datetime,
) -> None:
    """A new operator."""
    owner = await tenants.current(transaction)
    if await _known(transaction, name):
        remedy = f"give a new password with `turnpike operator set-password {name}`"
        raise Refused(f"there is an operator {name} already", remedy=remedy)
    await transaction.execute(
        insert(operator).values(
            tenant_id=owner.tenant_id,
            name=name,
            password_hash=_hashed(password),
            role=role,
            created_at=now,
        )
    )
    await audit.note(transaction, owner.tenant_id, "operator.add", name, actor, now)


async def set_password(
    transaction: AsyncConnection, *, name: str, password: Secret[str], actor: str, now: datetime
) -> None:
    """Give an operator a new password; his sessions end, and a disabled one is let in again."""
    operator_id = await _change(
        transaction, name, password_hash=_hashed(password), disabled_at=None
    )
    await _end_sessions(transaction, operator_id)
    owner = await tenants.current(transaction)
    await audit.note(transaction, owner.tenant_id, "operator.set_password", name, actor, now)


async def disable(transaction: AsyncConnection, *, name: str, actor: str, now: datetime) -> None:
    """Let an operator in no more; his sessions end."""
    operator_id = await _change(transaction, name, disabled_at=now)
    await _end_sessions(transaction, operator_id)
    owner = await tenants.current(transaction)
    await audit.note(transaction, owner.tenant_id, "operator.disable", name, actor, now)


async def listed(transaction: AsyncConnection) -> tuple[tuple[str, str, datetime | None], ...]:
    """Every operator: name, role, when he was disabled."""
    rows = await transaction.execute(
        select(operator.c.name, operator.c.role, operator.c.disabled_at).order_by(operator.c.name)
    )
    return tuple((row.name, row.role, row.disabled_at) for row in rows)


def matches(password_hash: str | None, password: Secret[str]) -> bool:
    """Is it the password? Slow on purpose; an unknown operator (None) costs the same time."""
    try:
        wanted = _nobodys_hash() if password_hash is None else password_hash
        PasswordHasher().verify(wanted, password.reveal())
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


@cache
def _nobodys_hash() -> str:
    return PasswordHasher().hash("")


def _hashed(password: Secret[str]) -> str:
    if len(password.reveal()) < PASSWORD_CHARACTERS_MIN:
        remedy = f"give {PASSWORD_CHARACTERS_MIN} characters or more"
        raise Refused("the password is too short", remedy=remedy)
    return PasswordHasher().hash(password.reveal())


async def _known(transaction: AsyncConnection, name: str) -> bool:
    query = select(operator.c.operator_id).where(operator.c.name == name)
    return await transaction.scalar(query) is not None


async def _change(transaction: AsyncConnection, name: str, **values: object) -> int:
    operator_id = await transaction.scalar(
        update(operator)
        .where(operator.c.name == name)
        .values(**values)
        .returning(operator.c.operator_id)
    )
    if operator_id is None:
        raise Refused(f"there is no operator {name}", remedy="see `turnpike operator list`")
    return operator_id


async def _end_sessions(transaction: AsyncConnection, operator_id: int) -> None:
    await transaction.execute(
        update(web_session).where(web_session.c.operator_id == operator_id).values(revoked=True)
    )
