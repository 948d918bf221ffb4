"""Recording what was answered and counted: attempts, NASes seen, drops, strangers, who signs."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.connect import Database
from database.tables.network import nas, nas_drop, nas_seen, unknown_nas
from radiusd.attempts import Attempt, tidy
from radiusd.store.away import away_named
from radiusd.tally import DropKey, Seen, Stranger, Totals

__all__ = ["STRANGERS_LISTED_MAX", "Journal"]

STRANGERS_LISTED_MAX = 1_000
"""Unknown sources kept in the list: a person reads it, and a flood must not fill the table."""


ATTEMPT_COLUMNS: Final = {
    "tenant_id": "bigint",
    "subscriber_id": "bigint",
    "service_id": "bigint",
    "nas_id": "bigint",
    "login": "text",
    "calling_station_id": "text",
    "outcome": "text",
    "reason": "text",
    "window_start": "bigint",
    "count": "bigint",
    "first_at": "float",
    "last_at": "float",
}

# One statement for the whole batch; rows that came to be the same when they were tidied are one.
ADD_ATTEMPTS: Final = text(f"""
INSERT INTO auth_attempt AS held (attempted_on, tenant_id, subscriber_id, service_id, nas_id, login,
    calling_station_id, outcome, reason, window_start, count, first_at, last_at)
SELECT (to_timestamp(window_start) AT TIME ZONE 'UTC')::date, tenant_id, subscriber_id, service_id,
    nas_id, login, calling_station_id, outcome, reason, to_timestamp(window_start), sum(count),
    to_timestamp(min(first_at)), to_timestamp(max(last_at))
FROM unnest({", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in ATTEMPT_COLUMNS.items())})
    AS attempt ({", ".join(ATTEMPT_COLUMNS)})
GROUP BY tenant_id, subscriber_id, service_id, nas_id, login, calling_station_id, outcome, reason,
    window_start
ON CONFLICT (attempted_on, window_start, nas_id, login, calling_station_id, outcome, reason,
    subscriber_id)
DO UPDATE SET count = held.count + excluded.count,
    first_at = least(held.first_at, excluded.first_at),
    last_at = greatest(held.last_at, excluded.last_at)
""")


class Journal:
    """Everything in one transaction: what it could not take, it took nothing of."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(
        self,
        *,
        attempts: Sequence[Attempt],
        totals: Totals,
        now: datetime,
    ) -> None:
        """Add it all. Raises `AwayError`."""
        async with away_named(), self._database.transaction() as transaction:
            if attempts:
                await transaction.execute(ADD_ATTEMPTS, _attempt_columns(attempts))
            await _execute(
                transaction, _ADD_DROPS, [_drop_row(*each, now) for each in totals.drops]
            )
            await _execute(transaction, _SEE, [_seen_row(each, now) for each in totals.seen])
            await _list_strangers(transaction, totals.strangers, now)
            ids = sorted(totals.signing)
            if ids:
                await transaction.execute(
                    update(nas).where(nas.c.nas_id.in_(ids)).values(message_authenticator_seen=True)
                )


def _attempt_columns(attempts: Sequence[Attempt]) -> dict[str, list[Any]]:
    """The rows of attempts, a list for each column."""
    rows = []
    for each in attempts:
        key, count, first_at, last_at = tidy(each)
        whose = key.tenant_id, key.subscriber_id, key.service_id, key.nas_id
        texts = key.login, key.calling_station_id, str(key.outcome), str(key.reason)
        rows.append((*whose, *texts, key.window_start, count, first_at, last_at))
    return dict(zip(ATTEMPT_COLUMNS, map(list, zip(*rows, strict=True)), strict=True))


def _drop_row(drop: DropKey, packets: int, now: datetime) -> dict[str, Any]:
    return {
        "nas_id": drop.nas_id,
        "tenant_id": drop.tenant_id,
        "reason": drop.reason,
        "packets": packets,
        "last_at": now,
    }


def _seen_row(seen: Seen, now: datetime) -> dict[str, Any]:
    return {"nas_id": seen.nas_id, "tenant_id": seen.tenant_id, "last_packet_at": now}


async def _execute(
    transaction: AsyncConnection, statement: Any, rows: list[dict[str, Any]]
) -> None:
    if rows:
        await transaction.execute(statement, rows)


async def _list_strangers(
    transaction: AsyncConnection, strangers: Iterable[tuple[Stranger, int]], now: datetime
) -> None:
    rows = [
        {
            "address": stranger.address.partition("%")[0],
            "nas_identifier": stranger.nas_identifier.replace("\0", "") or None,
            "packets": packets,
            "first_at": now,
            "last_at": now,
        }
        for stranger, packets in strangers
    ]
    if not rows:
        return
    listed = await transaction.scalar(select(func.count()).select_from(unknown_nas))
    if listed >= STRANGERS_LISTED_MAX:
        addresses = [row["address"] for row in rows]
        known = await transaction.scalars(
            select(unknown_nas.c.address).where(unknown_nas.c.address.in_(addresses))
        )
        names = {str(address) for address in known}
        rows = [row for row in rows if row["address"] in names]
    await _execute(transaction, _ADD_STRANGERS, rows)


def _add_drops() -> Any:
    statement = insert(nas_drop)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=[nas_drop.c.nas_id, nas_drop.c.reason],
        set_={"packets": nas_drop.c.packets + new.packets, "last_at": new.last_at},
    )


def _see() -> Any:
    statement = insert(nas_seen)
    return statement.on_conflict_do_update(
        index_elements=[nas_seen.c.nas_id],
        set_={"last_packet_at": statement.excluded.last_packet_at},
    )


def _add_strangers() -> Any:
    statement = insert(unknown_nas)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=[unknown_nas.c.address],
        set_={
            "packets": unknown_nas.c.packets + new.packets,
            "last_at": new.last_at,
            "nas_identifier": func.coalesce(new.nas_identifier, unknown_nas.c.nas_identifier),
        },
    )


_ADD_DROPS, _SEE, _ADD_STRANGERS = _add_drops(), _see(), _add_strangers()
