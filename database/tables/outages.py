"""What went wrong with the network: alarms, outages and whom they met, planned work, promises."""

from collections.abc import Iterable
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Double,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from database.tables.columns import identity, instant, metadata, tenant_id, words
from isp.outage import (
    AlarmKind,
    MaintenanceScope,
    NoticeKind,
    NoticeState,
    OutageCause,
    OutageScope,
    OutageState,
    Severity,
    SlaScope,
)

__all__ = [
    "alarm",
    "alarm_state",
    "maintenance_window",
    "notice",
    "outage",
    "outage_subscriber",
    "sla_breach",
    "sla_target",
    "uptime_daily",
]


def one_of(column: str, values: Iterable[StrEnum]) -> CheckConstraint:
    """The column holds one of these words."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


alarm = Table(
    "alarm",
    metadata,
    identity("alarm_id"),
    tenant_id(),
    words("subject", nullable=False),
    words("kind", nullable=False),
    words("severity", nullable=False),
    Column("device_id", BigInteger),
    Column("onu_id", BigInteger),
    Column("subscriber_id", BigInteger, nullable=False, server_default="0"),
    words("place", nullable=False, default=""),
    instant("raised_at", nullable=False),
    instant("cleared_at"),
    Column("value", Double),
    Column("threshold", Double),
    Column("flaps", Integer, nullable=False, server_default="0"),
    instant("acknowledged_at"),
    words("acknowledged_by"),
    one_of("kind", AlarmKind),
    one_of("severity", Severity),
)
alarm.c.subject.comment = "what it is about, as a key: `device 3`, `port 3 0/1/4`, `onu 17`"
alarm.c.place.comment = "the same for people: a port, an interface, an ONU's serial"
alarm.c.value.comment = "the reading that raised it, in the unit of `threshold`"
alarm.c.flaps.comment = "how often it went bad again before it was cleared"
Index(
    "alarm_standing_key",
    alarm.c.tenant_id,
    alarm.c.subject,
    alarm.c.kind,
    unique=True,
    postgresql_where=alarm.c.cleared_at.is_(None),
)
Index("alarm_raised_at_index", alarm.c.tenant_id, alarm.c.raised_at)
Index("alarm_device_id_index", alarm.c.device_id, alarm.c.kind, alarm.c.raised_at)

alarm_state = Table(
    "alarm_state",
    metadata,
    Column("subject", Text, nullable=False),
    Column("kind", Text, nullable=False),
    tenant_id(),
    Column("device_id", BigInteger),
    words("state", nullable=False),
    Column("recent", Integer, nullable=False),
    Column("readings", Integer, nullable=False),
    instant("last_bad_at"),
    Column("flaps", Integer, nullable=False, server_default="0"),
    Column("alarm_id", BigInteger, ForeignKey("alarm.alarm_id")),
    PrimaryKeyConstraint("subject", "kind"),
)
alarm_state.comment = "the memory of debouncing; no row: all recent readings were good"
alarm_state.c.recent.comment = "the last readings as bits, the newest lowest, 1 is bad"
Index("alarm_state_device_id_index", alarm_state.c.device_id)

outage = Table(
    "outage",
    metadata,
    identity("outage_id"),
    tenant_id(),
    words("scope", nullable=False),
    words("state", nullable=False),
    words("cause", nullable=False, default="unknown"),
    Column("device_id", BigInteger),
    Column("nas_id", BigInteger),
    words("area"),
    Column("ports", ARRAY(Text), nullable=False, server_default="{}"),
    words("title"),
    instant("started_at", nullable=False),
    instant("detected_at", nullable=False),
    instant("confirmed_at"),
    instant("recovering_since"),
    instant("restored_at"),
    instant("estimate"),
    words("estimated_by"),
    Column("lines", Integer, nullable=False, server_default="0"),
    Column("subscribers", Integer, nullable=False, server_default="0"),
    Column("flaps", Integer, nullable=False, server_default="0"),
    Column("planned", Boolean, nullable=False, server_default="false"),
    words("declared_by"),
    one_of("scope", OutageScope),
    one_of("state", OutageState),
    one_of("cause", OutageCause),
)
outage.c.estimate.comment = "when it is expected to be over"
outage.c.estimated_by.comment = "`history` or the operator who said so"
outage.c.lines.comment = "ONUs, or sessions of a NAS, that went down in it"
outage.c.planned.comment = "it began inside a maintenance window: no message, no SLA"
outage.c.declared_by.comment = "null: found by the collectors; they leave others' alone"
Index(
    "outage_standing_index",
    outage.c.tenant_id,
    outage.c.device_id,
    postgresql_where=text("state IN ('suspected', 'open', 'restoring')"),
)
Index("outage_started_at_index", outage.c.tenant_id, outage.c.started_at)
Index(
    "outage_nas_key",
    outage.c.nas_id,
    unique=True,
    postgresql_where=text("scope = 'nas' AND state IN ('suspected', 'open', 'restoring')"),
)

outage_subscriber = Table(
    "outage_subscriber",
    metadata,
    Column("outage_id", BigInteger, ForeignKey("outage.outage_id"), nullable=False),
    Column("subscriber_id", BigInteger, nullable=False, server_default="0"),
    Column("service_id", BigInteger, nullable=False, server_default="0"),
    Column("onu_id", BigInteger, nullable=False, server_default="0"),
    tenant_id(),
    instant("down_at", nullable=False),
    instant("restored_at"),
    PrimaryKeyConstraint("outage_id", "subscriber_id", "service_id", "onu_id"),
)
outage_subscriber.comment = "one line that went down in an outage: an ONU, or a session's service"
Index("outage_subscriber_subscriber_id_index", outage_subscriber.c.subscriber_id)
Index(
    "outage_subscriber_down_index",
    outage_subscriber.c.onu_id,
    postgresql_where=outage_subscriber.c.restored_at.is_(None),
)

maintenance_window = Table(
    "maintenance_window",
    metadata,
    identity("maintenance_window_id"),
    tenant_id(),
    words("scope", nullable=False),
    words("area"),
    Column("device_id", BigInteger),
    Column("pon_port_id", BigInteger),
    Column("nas_id", BigInteger),
    instant("starts_at", nullable=False),
    instant("ends_at", nullable=False),
    words("reason", nullable=False),
    words("created_by", nullable=False),
    instant("created_at", nullable=False),
    instant("cancelled_at"),
    words("cancelled_by"),
    one_of("scope", MaintenanceScope),
    CheckConstraint("ends_at >= starts_at", name="length"),
)
maintenance_window.comment = "planned work: no alarm, no message, no lost uptime meanwhile"
Index(
    "maintenance_window_ends_at_index", maintenance_window.c.tenant_id, maintenance_window.c.ends_at
)

notice = Table(
    "notice",
    metadata,
    identity("notice_id"),
    tenant_id(),
    Column("outage_id", BigInteger, ForeignKey("outage.outage_id"), nullable=False),
    words("kind", nullable=False),
    words("state", nullable=False, default="awaiting"),
    words("text"),
    instant("made_at", nullable=False),
    words("decided_by"),
    instant("decided_at"),
    instant("sent_at"),
    Column("recipients", Integer, nullable=False, server_default="0"),
    UniqueConstraint("outage_id", "kind"),
    one_of("kind", NoticeKind),
    one_of("state", NoticeState),
)
notice.comment = "one message to the subscribers of an outage, by mail jobs after quiet hours"
notice.c.text.comment = "an operator's own words instead of the usual ones"
Index("notice_approved_index", notice.c.made_at, postgresql_where=notice.c.state == "approved")

sla_target = Table(
    "sla_target",
    metadata,
    identity("sla_target_id"),
    tenant_id(),
    words("scope", nullable=False),
    words("area"),
    Column("plan_id", BigInteger),
    Column("subscriber_id", BigInteger),
    Column("device_id", BigInteger),
    Column("percent", Numeric, nullable=False),
    words("created_by", nullable=False),
    instant("created_at", nullable=False),
    instant("removed_at"),
    one_of("scope", SlaScope),
    CheckConstraint("percent > 0 AND percent <= 100", name="percent"),
)
sla_target.c.percent.comment = "of a calendar month of the tenant's zone"

sla_breach = Table(
    "sla_breach",
    metadata,
    identity("sla_breach_id"),
    tenant_id(),
    Column("sla_target_id", BigInteger, ForeignKey("sla_target.sla_target_id"), nullable=False),
    words("scope", nullable=False),
    Column("subscriber_id", BigInteger, nullable=False, server_default="0"),
    Column("device_id", BigInteger, nullable=False, server_default="0"),
    words("area", nullable=False, default=""),
    Column("month", Date, nullable=False),
    Column("percent", Numeric, nullable=False),
    Column("down_seconds", BigInteger, nullable=False),
    instant("found_at", nullable=False),
    UniqueConstraint("tenant_id", "month", "scope", "subscriber_id", "device_id", "area"),
    one_of("scope", SlaScope),
)
sla_breach.comment = "found as soon as no more of the month can save it"
sla_breach.c.percent.comment = "what was promised then"

uptime_daily = Table(
    "uptime_daily",
    metadata,
    Column("day", Date, nullable=False),
    words("scope", nullable=False),
    tenant_id(),
    Column("subscriber_id", BigInteger, nullable=False, server_default="0"),
    Column("device_id", BigInteger, nullable=False, server_default="0"),
    words("area", nullable=False, default=""),
    Column("down_seconds", BigInteger, nullable=False),
    Column("planned_seconds", BigInteger, nullable=False),
    Column("members", Integer, nullable=False, server_default="1"),
    PrimaryKeyConstraint("tenant_id", "day", "scope", "subscriber_id", "device_id", "area"),
    one_of("scope", SlaScope),
)
uptime_daily.comment = "days of the tenant's zone with any downtime; no row: up all day"
uptime_daily.c.down_seconds.comment = "summed over `members`, planned work left out"
uptime_daily.c.members.comment = "subscribers of the area, 1 elsewhere"
