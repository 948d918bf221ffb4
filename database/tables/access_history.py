"""The access network's past: samples rolled up by hour and by day, and who answers a ping."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
)

from database.tables.columns import instant, metadata, tenant_id, words

__all__ = ["access_daily", "access_hourly", "device_ping"]


def subject() -> list[Column[Any]]:
    """What was sampled; as in `access_sample`."""
    return [
        tenant_id(),
        Column("subscriber_id", BigInteger, nullable=False, server_default="0"),
        words("kind", nullable=False),
        Column("subject_id", BigInteger, nullable=False),
    ]


def rolled_up() -> list[Column[Any]]:
    """What samples come to: sums, and the worst of what is measured."""
    return [
        Column("samples", Integer, nullable=False),
        Column("counted_seconds", Float, nullable=False, server_default="0"),
        Column("octets_up", BigInteger, nullable=False, server_default="0"),
        Column("octets_down", BigInteger, nullable=False, server_default="0"),
        Column("errors", BigInteger, nullable=False, server_default="0"),
        Column("discards", BigInteger, nullable=False, server_default="0"),
        Column("rx_dbm_min", Float),
        Column("rx_dbm_average", Float),
        Column("olt_rx_dbm_min", Float),
        Column("olt_rx_dbm_average", Float),
        Column("temperature_celsius_max", Float),
    ]


access_hourly = Table(
    "access_hourly",
    metadata,
    Column("day", Date, nullable=False),
    instant("hour", nullable=False),
    *subject(),
    *rolled_up(),
    PrimaryKeyConstraint("kind", "subject_id", "hour", "day", "subscriber_id"),
    CheckConstraint("kind IN ('onu', 'port', 'interface')", name="kind"),
    postgresql_partition_by="RANGE (day)",
    info={"partitioned_by": "month", "kept_days": 92},
)
access_hourly.c.day.comment = "of the hour, in UTC"
access_hourly.c.counted_seconds.comment = "how much of the hour octets were counted in"
Index("access_hourly_hour_index", access_hourly.c.hour)

access_daily = Table(
    "access_daily",
    metadata,
    Column("day", Date, nullable=False),
    *subject(),
    *rolled_up(),
    PrimaryKeyConstraint("kind", "subject_id", "day", "subscriber_id"),
    CheckConstraint("kind IN ('onu', 'port', 'interface')", name="kind"),
    postgresql_partition_by="RANGE (day)",
    info={"partitioned_by": "month", "kept_days": 1100},
)
access_daily.c.day.comment = "in the tenant's zone"

device_ping = Table(
    "device_ping",
    metadata,
    Column("device_id", BigInteger, ForeignKey("device.device_id"), primary_key=True),
    tenant_id(),
    Column("sent", Integer, nullable=False),
    Column("lost", Integer, nullable=False),
    Column("round_trip_milliseconds", Float),
    instant("checked_at", nullable=False),
    instant("last_answer_at"),
    postgresql_with={"fillfactor": 70},
)
device_ping.comment = "the last echo requests to a device; no row: it was never asked"
