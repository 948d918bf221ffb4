"""Partitions of the tables that radiusd fills."""

from datetime import date

from chassis.log import get_logger
from database.connect import Database
from database.partitions import DAYS_AHEAD_ALARM, days_ahead, drop_expired, ensure_partitions
from radiusd import metrics

__all__ = ["keep_partitions"]

log = get_logger("upkeep")


async def keep_partitions(database: Database, today: date) -> None:
    """Make those of the next two weeks, drop those whose time is over."""
    async with database.transaction() as transaction:
        made = await ensure_partitions(transaction, today)
    async with database.transaction() as transaction:
        dropped = await drop_expired(transaction, today)
        ahead = await days_ahead(transaction, today)
    metrics.partition_days_ahead.set(ahead)
    if made or dropped:
        log.info("partitions_kept", made=made, dropped=dropped)
    if ahead < DAYS_AHEAD_ALARM:
        log.error("partitions_run_out", days_ahead=ahead)
