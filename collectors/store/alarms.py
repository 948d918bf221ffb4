"""Alarms, and the memory that debounces them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from collectors.alarms import Alarm, AlarmRule, AlarmState
from collectors.symptoms import Symptom
from database.tables.access_network import onu
from database.tables.outages import alarm, alarm_state
from isp.outage import AlarmKind, Severity

__all__ = [
    "Judged",
    "Key",
    "Remembered",
    "clear_older",
    "known",
    "raise_at_once",
    "standing_by_severity",
    "write",
]

Key = tuple[str, AlarmKind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """An alarm in the making, or one that stands (`alarm_id`)."""

    alarm: Alarm
    alarm_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One alarm before and after a reading."""

    symptom: Symptom
    rule: AlarmRule
    before: Remembered
    after: Alarm

    @property
    def raised(self) -> bool:
        """Whether it stands from this reading on."""
        return self.after.standing and not self.before.alarm.standing

    @property
    def cleared(self) -> bool:
        """Whether it does not stand any more."""
        return self.before.alarm.standing and not self.after.standing


async def known(transaction: AsyncConnection, device_id: int) -> Mapping[Key, Remembered]:
    """The alarms of a device and its ONUs that are not as if nothing had ever been bad."""
    rows = await transaction.execute(
        select(alarm_state).where(alarm_state.c.device_id == device_id)
    )
    return {
        (row.subject, AlarmKind(row.kind)): Remembered(
            alarm=Alarm(
                state=AlarmState(row.state),
                recent=row.recent,
                readings=row.readings,
                last_bad_at=row.last_bad_at,
                flaps=row.flaps,
            ),
            alarm_id=row.alarm_id,
        )
        for row in rows
    }


async def write(
    transaction: AsyncConnection, tenant_id: int, judged: Sequence[Judged], now: datetime
) -> None:
    """Raise, clear, count flaps, and remember what is not to be forgotten."""
    if not judged:
        return
    forgotten = [
        (each.symptom.subject, each.symptom.kind) for each in judged if each.after.forgettable
    ]
    if forgotten:
        await transaction.execute(
            delete(alarm_state).where(
                tuple_(alarm_state.c.subject, alarm_state.c.kind).in_(forgotten)
            )
        )
    numbers = await _raise(transaction, tenant_id, [each for each in judged if each.raised], now)
    await _change(transaction, judged, now)
    rows = [
        _state_row(tenant_id, each, numbers.get((each.symptom.subject, each.symptom.kind)))
        for each in judged
        if not each.after.forgettable
    ]
    if rows:
        statement = insert(alarm_state)
        keys = ("subject", "kind")
        changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
        await transaction.execute(
            statement.on_conflict_do_update(index_elements=keys, set_=changed), rows
        )


async def standing_by_severity(transaction: AsyncConnection) -> Mapping[str, int]:
    """How many alarms stand, of all tenants."""
    rows = await transaction.execute(
        select(alarm.c.severity, func.count().label("alarms"))
        .where(alarm.c.cleared_at.is_(None))
        .group_by(alarm.c.severity)
    )
    return dict.fromkeys(Severity, 0) | {row.severity: row.alarms for row in rows}


async def raise_at_once(
    transaction: AsyncConnection, tenant_id: int, symptom: Symptom, rule: AlarmRule, now: datetime
) -> None:
    """An alarm that needs no second look, and stands until `clear_older`."""
    row = _alarm_row(tenant_id, symptom, rule, {}, now)
    await transaction.execute(insert(alarm).on_conflict_do_nothing(), row)


async def clear_older(
    transaction: AsyncConnection, tenant_id: int, kind: AlarmKind, before: datetime, now: datetime
) -> None:
    """Clear the alarms of a kind that were raised before a time."""
    await transaction.execute(
        update(alarm)
        .where(
            alarm.c.tenant_id == tenant_id,
            alarm.c.kind == kind,
            alarm.c.cleared_at.is_(None),
            alarm.c.raised_at < before,
        )
        .values(cleared_at=now)
    )


async def _raise(
    transaction: AsyncConnection, tenant_id: int, raised: Sequence[Judged], now: datetime
) -> dict[Key, int]:
    if not raised:
        return {}
    whose = await _subscribers(transaction, (each.symptom.onu_id for each in raised))
    rows = [_alarm_row(tenant_id, each.symptom, each.rule, whose, now) for each in raised]
    statement = insert(alarm)
    made = await transaction.execute(
        statement.on_conflict_do_update(
            index_elements=[alarm.c.tenant_id, alarm.c.subject, alarm.c.kind],
            index_where=alarm.c.cleared_at.is_(None),
            set_={"value": statement.excluded.value},
        ).returning(alarm.c.alarm_id, alarm.c.subject, alarm.c.kind),
        rows,
    )
    return {(row.subject, AlarmKind(row.kind)): row.alarm_id for row in made}


async def _change(transaction: AsyncConnection, judged: Sequence[Judged], now: datetime) -> None:
    """What becomes of alarms that stood before."""
    for each in judged:
        number = each.before.alarm_id
        if number is None or not (each.cleared or each.after.flaps > each.before.alarm.flaps):
            continue
        values: dict[str, Any] = {"cleared_at": now} if each.cleared else {}
        if each.after.flaps:
            values["flaps"] = each.after.flaps
        await transaction.execute(update(alarm).where(alarm.c.alarm_id == number).values(values))


async def _subscribers(
    transaction: AsyncConnection, onu_ids: Iterable[int | None]
) -> dict[int, int]:
    wanted = [onu_id for onu_id in onu_ids if onu_id is not None]
    rows = await transaction.execute(
        select(onu.c.onu_id, onu.c.subscriber_id).where(onu.c.onu_id.in_(wanted))
    )
    return {row.onu_id: row.subscriber_id for row in rows}


def _alarm_row(
    tenant_id: int,
    symptom: Symptom,
    rule: AlarmRule,
    whose: Mapping[int, int],
    now: datetime,
) -> dict[str, Any]:
    return {
        "tenant_id": tenant_id,
        "subject": symptom.subject,
        "kind": symptom.kind,
        "severity": rule.severity,
        "device_id": symptom.device_id,
        "onu_id": symptom.onu_id,
        "subscriber_id": whose.get(symptom.onu_id or 0, symptom.subscriber_id),
        "place": symptom.place,
        "raised_at": now,
        "value": symptom.value,
        "threshold": rule.limit.set_at if rule.limit else None,
    }


def _state_row(tenant_id: int, each: Judged, alarm_id: int | None) -> dict[str, Any]:
    return {
        "subject": each.symptom.subject,
        "kind": each.symptom.kind,
        "tenant_id": tenant_id,
        "device_id": each.symptom.device_id,
        "state": each.after.state,
        "recent": each.after.recent,
        "readings": each.after.readings,
        "last_bad_at": each.after.last_bad_at,
        "flaps": each.after.flaps,
        "alarm_id": alarm_id or (each.before.alarm_id if each.after.standing else None),
    }
