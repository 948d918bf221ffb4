"""Partitions of the big tables: made two weeks ahead, dropped when their time is over.

A table says how in its `info`: `partitioned_by` "day" or "month", `kept_days`. Daemons own nothing,
so the work is done by functions that run as the owner.
"""

from collections.abc import Iterator
from datetime import date
from typing import Final

from sqlalchemy import MetaData, text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.roles import Role

__all__ = [
    "DAYS_AHEAD",
    "DAYS_AHEAD_ALARM",
    "days_ahead",
    "drop_expired",
    "ensure_partitions",
    "statements",
]

DAYS_AHEAD: Final = 14
DAYS_AHEAD_ALARM: Final = 3
"""Fewer days ahead than this is an alarm: inserts fail on the day that has no partition."""

LOCK_TIMEOUT: Final = "2s"
"""Waiting longer for a table would make the writers queue up behind."""

CALLERS: Final = (Role.RADIUSD, Role.COLLECTORS, Role.BILLINGD)


async def ensure_partitions(connection: AsyncConnection, today: date) -> int:
    """Make what is missing from yesterday until 14 days after `today`; how many were made."""
    made = await connection.execute(text("SELECT ensure_partitions(:today)"), {"today": today})
    return int(made.scalar_one())


async def drop_expired(connection: AsyncConnection, today: date) -> int:
    """Drop the partitions whose last day is longer ago than their table keeps; how many.

    A `today` after the server's own date counts as that date.
    """
    dropped = await connection.execute(text("SELECT drop_expired(:today)"), {"today": today})
    return int(dropped.scalar_one())


async def days_ahead(connection: AsyncConnection, today: date) -> int:
    """For how many days after `today` every table has partitions."""
    ahead = await connection.execute(text("SELECT partition_days_ahead(:today)"), {"today": today})
    return int(ahead.scalar_one())


def statements(metadata: MetaData) -> Iterator[str]:
    """The functions, for the tables whose `info` says they are partitioned."""
    rows = ", ".join(
        f"('{table.name}', '1 {table.info['partitioned_by']}'::interval, {table.info['kept_days']})"
        for table in metadata.sorted_tables
        if "partitioned_by" in table.info
    )
    yield PARTITIONED_VIEW.replace("{rows}", rows)
    yield PARTITION_VIEW
    yield ENSURE
    yield DROP
    yield AHEAD
    callers = ", ".join(role.postgres_name for role in CALLERS)
    for function in ("ensure_partitions", "drop_expired", "partition_days_ahead"):
        yield f"REVOKE ALL ON FUNCTION {function}(date) FROM PUBLIC"
        yield f"GRANT EXECUTE ON FUNCTION {function}(date) TO {callers}"


PARTITIONED_VIEW: Final = """\
CREATE VIEW partitioned_table AS
SELECT * FROM (VALUES {rows}) AS partitioned (name, step, kept_days)"""

# A partition's name ends in its first day; from it and the step follows the first day after it.
PARTITION_VIEW: Final = """\
CREATE VIEW table_partition AS
SELECT partitioned.name AS parent, partitioned.kept_days, child.relname::text AS name,
    (to_date(right(child.relname, 8), 'YYYYMMDD') + partitioned.step)::date AS ends_on
FROM partitioned_table AS partitioned
JOIN pg_inherits ON pg_inherits.inhparent = ('public.' || partitioned.name)::regclass
JOIN pg_class AS child ON child.oid = pg_inherits.inhrelid"""

# ATTACH of a table made apart takes a weaker lock on the parent than CREATE … PARTITION OF, so
# that nobody's insert waits.
ENSURE: Final = f"""\
CREATE FUNCTION ensure_partitions(today date) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET lock_timeout = '{LOCK_TIMEOUT}' AS $$
DECLARE
    parent record;
    first_day date;
    partition text;
    made integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('turnpike partitions'));
    FOR parent IN SELECT * FROM partitioned_table LOOP
        first_day := date_trunc(
            CASE parent.step WHEN '1 day' THEN 'day' ELSE 'month' END, (today - 1)::timestamp);
        WHILE first_day <= today + {DAYS_AHEAD} LOOP
            partition := parent.name || '_' || to_char(first_day, 'YYYYMMDD');
            IF to_regclass('public.' || partition) IS NULL THEN
                EXECUTE format('CREATE TABLE public.%I (LIKE public.%I INCLUDING DEFAULTS '
                    'INCLUDING CONSTRAINTS INCLUDING STORAGE)', partition, parent.name);
                EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', partition);
                EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', partition);
                EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION public.%I '
                    'FOR VALUES FROM (%L) TO (%L)',
                    parent.name, partition, first_day, (first_day + parent.step)::date);
                made := made + 1;
            END IF;
            first_day := first_day + parent.step;
        END LOOP;
    END LOOP;
    RETURN made;
END $$"""

DROP: Final = f"""\
CREATE FUNCTION drop_expired(today date) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET lock_timeout = '{LOCK_TIMEOUT}' AS $$
DECLARE
    expired text;
    dropped integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('turnpike partitions'));
    FOR expired IN SELECT name FROM table_partition
        WHERE ends_on + kept_days <= least(today, current_date) ORDER BY name
    LOOP
        EXECUTE format('DROP TABLE public.%I', expired);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$"""

AHEAD: Final = """\
CREATE FUNCTION partition_days_ahead(today date) RETURNS integer LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(min(ahead), 0) FROM (
        SELECT coalesce(max(ends_on) - today - 1, 0) AS ahead
        FROM partitioned_table LEFT JOIN table_partition ON parent = partitioned_table.name
        GROUP BY partitioned_table.name
    ) AS by_table
$$"""
