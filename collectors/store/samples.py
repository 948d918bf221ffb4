"""The history of the access network: samples, and what they come to by hour and by day."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from collectors.samples import Sample
from database.tables.access_network import access_sample, onu

__all__ = [
    "SUBJECTS_PER_ROLL",
    "differences",
    "roll_day",
    "roll_hour",
    "rolled_until",
    "subjects_max",
    "write",
]

SUBJECTS_PER_ROLL: Final = 2000
"""Rolled up in one transaction of some tenths of a second: a day holds 288 samples of each."""


async def write(
    transaction: AsyncConnection, tenant_id: int, device_id: int, samples: Sequence[Sample]
) -> None:
    """Append the samples of one device."""
    if not samples:
        return
    whose = await _subscribers(transaction, device_id)
    rows = [_row(tenant_id, whose, sample) for sample in samples]
    await transaction.execute(insert(access_sample), rows)


async def rolled_until(transaction: AsyncConnection) -> datetime | None:
    """The newest hour that was rolled up, perhaps before it was over."""
    found: datetime | None = await transaction.scalar(text("SELECT max(hour) FROM access_hourly"))
    return found


async def subjects_max(transaction: AsyncConnection) -> int:
    """The greatest number that a sampled ONU, port or interface may have."""
    query = text(
        "SELECT greatest((SELECT max(onu_id) FROM onu), (SELECT max(pon_port_id) FROM pon_port), "
        "(SELECT max(device_interface_id) FROM device_interface), 0)"
    )
    return int(await transaction.scalar(query) or 0)


async def roll_hour(transaction: AsyncConnection, hour: datetime, first_subject: int) -> None:
    """Roll up one hour of the subjects from `first_subject` on; again and again is the same."""
    await transaction.execute(
        ROLL_HOUR,
        {
            "hour": hour,
            "end": hour + timedelta(hours=1),
            "day": hour.astimezone(UTC).date(),
            "first": first_subject,
            "last": first_subject + SUBJECTS_PER_ROLL - 1,
        },
    )


async def roll_day(
    transaction: AsyncConnection, tenant_id: int, day: date, begin: datetime, end: datetime
) -> None:
    """Roll up a tenant's day, whose hours begin within `begin` and `end`."""
    await transaction.execute(
        ROLL_DAY,
        {
            "tenant": tenant_id,
            "day": day,
            "begin": begin,
            "end": end,
            "first_day": begin.astimezone(UTC).date(),
            "last_day": end.astimezone(UTC).date(),
        },
    )


async def differences(transaction: AsyncConnection, day: date) -> Mapping[str, float]:
    """How much more devices counted than RADIUS on a day, by tenant, where both counted."""
    rows = await transaction.execute(DIFFERENCES, {"day": day})
    return {row.tenant: float(row.ratio) for row in rows}


async def _subscribers(transaction: AsyncConnection, device_id: int) -> dict[int, int]:
    rows = await transaction.execute(
        select(onu.c.onu_id, onu.c.subscriber_id).where(
            onu.c.device_id == device_id, onu.c.subscriber_id > 0
        )
    )
    return {row.onu_id: row.subscriber_id for row in rows}


def _row(tenant_id: int, whose: Mapping[int, int], sample: Sample) -> dict[str, Any]:
    kind, subject_id = sample.subject
    values = sample.counted.values
    return {
        "received_on": sample.at.astimezone(UTC).date(),
        "tenant_id": tenant_id,
        "subscriber_id": whose.get(subject_id, 0) if kind == "onu" else 0,
        "kind": kind,
        "subject_id": subject_id,
        "received_at": sample.at,
        "seconds": sample.counted.seconds,
        "octets_up": values.get("octets_up"),
        "octets_down": values.get("octets_down"),
        "errors": _sum(values, "errors_in", "errors_out"),
        "discards": _sum(values, "discards_in", "discards_out"),
        "rx_dbm": sample.measured.rx_dbm,
        "tx_dbm": sample.measured.tx_dbm,
        "olt_rx_dbm": sample.measured.olt_rx_dbm,
        "temperature_celsius": sample.measured.temperature_celsius,
    }


def _sum(values: Mapping[str, int], *names: str) -> int | None:
    read = [values[name] for name in names if name in values]
    return sum(read) if read else None


ROLLED: Final = (
    "samples, counted_seconds, octets_up, octets_down, errors, discards, rx_dbm_min, "
    "rx_dbm_average, olt_rx_dbm_min, olt_rx_dbm_average, temperature_celsius_max"
)
REPLACED: Final = ", ".join(f"{name} = excluded.{name}" for name in ROLLED.split(", "))

ROLL_HOUR: Final = text(f"""\
INSERT INTO access_hourly (day, hour, tenant_id, subscriber_id, kind, subject_id, {ROLLED})
SELECT :day, :hour, tenant_id, subscriber_id, kind, subject_id,
    count(*), coalesce(sum(seconds), 0), coalesce(sum(octets_up), 0),
    coalesce(sum(octets_down), 0), coalesce(sum(errors), 0), coalesce(sum(discards), 0),
    min(rx_dbm), avg(rx_dbm), min(olt_rx_dbm), avg(olt_rx_dbm), max(temperature_celsius)
FROM access_sample
WHERE received_on = :day AND received_at >= :hour AND received_at < :end
    AND subject_id BETWEEN :first AND :last AND kind IN ('onu', 'port', 'interface')
GROUP BY tenant_id, subscriber_id, kind, subject_id
ON CONFLICT (kind, subject_id, hour, day, subscriber_id) DO UPDATE SET {REPLACED}""")

ROLL_DAY: Final = text(f"""\
INSERT INTO access_daily (day, tenant_id, subscriber_id, kind, subject_id, {ROLLED})
SELECT :day, tenant_id, subscriber_id, kind, subject_id,
    sum(samples), sum(counted_seconds), sum(octets_up), sum(octets_down), sum(errors),
    sum(discards), min(rx_dbm_min), avg(rx_dbm_average), min(olt_rx_dbm_min),
    avg(olt_rx_dbm_average), max(temperature_celsius_max)
FROM access_hourly
WHERE tenant_id = :tenant AND day BETWEEN :first_day AND :last_day
    AND hour >= :begin AND hour < :end
GROUP BY tenant_id, subscriber_id, kind, subject_id
ON CONFLICT (kind, subject_id, day, subscriber_id) DO UPDATE SET {REPLACED}""")

DIFFERENCES: Final = text("""\
SELECT tenant.name AS tenant, sum(device.octets)::float / sum(radius.octets) - 1 AS ratio
FROM (
    SELECT daily.tenant_id, onu.service_id, sum(daily.octets_up + daily.octets_down) AS octets
    FROM access_daily AS daily JOIN onu ON onu.onu_id = daily.subject_id
    WHERE daily.kind = 'onu' AND daily.day = :day AND daily.counted_seconds > 0
    GROUP BY daily.tenant_id, onu.service_id
) AS device
JOIN tenant ON tenant.tenant_id = device.tenant_id
JOIN LATERAL (
    SELECT sum(octets_up + octets_down) AS octets FROM usage_hourly
    WHERE usage_hourly.service_id = device.service_id
        AND (hour AT TIME ZONE tenant.zone)::date = :day
) AS radius ON radius.octets > 0
GROUP BY tenant.name""")
