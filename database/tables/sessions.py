"""What happened on the network: accounting records, live and closed sessions, usage, attempts.

Octets are seen from the subscriber. `session_key` is a 128-bit digest of what identifies a session
(see `radiusd/accounting.py`); `subscriber_id` 0 is an unknown subscriber.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, CIDR, INET

from database.tables.columns import identity, instant, metadata, tenant_id, words

__all__ = [
    "accounting_record",
    "auth_attempt",
    "nas_restart",
    "rolling_due",
    "service_slot",
    "session",
    "session_live",
    "usage_hourly",
]


def subject() -> list[Column[int]]:
    """Whose row it is."""
    return [
        Column("tenant_id", BigInteger, nullable=False),
        Column("subscriber_id", BigInteger, nullable=False, server_default="0"),
        Column("service_id", BigInteger, nullable=False, server_default="0"),
    ]


def session_identity() -> list[Column]:
    """What a NAS says a session is: names, line and addresses."""
    return [
        Column("nas_id", BigInteger, nullable=False),
        words("acct_session_id", nullable=False),
        words("acct_multi_session_id"),
        words("login", nullable=False, default=""),
        Column("framed_ip", INET),
        Column("framed_ipv6_prefix", CIDR),
        Column("delegated_ipv6_prefix", CIDR),
        words("calling_station_id"),
        words("called_station_id"),
        words("nas_port_id"),
        words("circuit_id"),
        words("remote_id"),
    ]


def volumes() -> list[Column[int]]:
    """Octets and time so far."""
    return [
        Column("octets_up", BigInteger, nullable=False, server_default="0"),
        Column("octets_down", BigInteger, nullable=False, server_default="0"),
        Column("session_time_seconds", BigInteger, nullable=False, server_default="0"),
    ]


def rolled() -> list[Column[int]]:
    """How much of the volumes stands in `usage_hourly` already."""
    return [
        Column("rolled_octets_up", BigInteger, nullable=False, server_default="0"),
        Column("rolled_octets_down", BigInteger, nullable=False, server_default="0"),
    ]


accounting_record = Table(
    "accounting_record",
    metadata,
    Column("received_on", Date, nullable=False),
    Column("session_key", Uuid, nullable=False),
    Column("record_key", BigInteger, nullable=False),
    *subject(),
    Column("nas_id", BigInteger, nullable=False),
    instant("received_at", nullable=False),
    instant("event_at", nullable=False),
    Column("status", SmallInteger, nullable=False),
    *volumes(),
    Column("terminate_cause", Integer),
    Column("flags", Integer, nullable=False, server_default="0"),
    Column("attributes", LargeBinary, nullable=False),
    # The session first: one index finds duplicates and a session's own records.
    PrimaryKeyConstraint("session_key", "record_key", "received_on", "subscriber_id"),
    postgresql_partition_by="RANGE (received_on)",
    info={"partitioned_by": "day", "kept_days": 14},
)
accounting_record.c.record_key.comment = "digest of status, session time and counters"
accounting_record.c.attributes.comment = "the packet's attributes as received, secrets left out"

rolling_due = Table(
    "rolling_due",
    metadata,
    identity("rolling_due_id"),
    Column("sessions", Integer, nullable=False),
    Column("opened", ARRAY(Uuid), nullable=False),
    Column("touched", ARRAY(Uuid), nullable=False),
    Column("ended", ARRAY(Uuid), nullable=False),
)
rolling_due.comment = "the sessions that one batch of records touched, until the roller was there"

nas_restart = Table(
    "nas_restart",
    metadata,
    Column("nas_id", BigInteger, nullable=False),
    tenant_id(),
    instant("event_at", nullable=False),
    instant("done_at"),
    PrimaryKeyConstraint("nas_id", "event_at"),
)
nas_restart.comment = "an Accounting-On or -Off: no session of that NAS outlives it"
nas_restart.c.done_at.comment = "when the roller had closed the NAS's older sessions"

session_live = Table(
    "session_live",
    metadata,
    Column("session_key", Uuid, nullable=False),
    *subject(),
    *session_identity(),
    *volumes(),
    instant("started_at", nullable=False),
    instant("last_seen_at", nullable=False),
    instant("ended_at"),
    Column("terminate_cause", Integer),
    words("closed_by"),
    Column("class_cookie", LargeBinary),
    Column("granted_version", BigInteger),
    words("granted_access"),
    Column("granted_down_kbps", BigInteger),
    Column("granted_up_kbps", BigInteger),
    Column("base_octets_up", BigInteger, nullable=False, server_default="0"),
    Column("base_octets_down", BigInteger, nullable=False, server_default="0"),
    Column("gigawords", Boolean, nullable=False, server_default="true"),
    *rolled(),
    instant("rolled_at"),
    Column("interim_interval_seconds", Integer),
    Column("suspect", Boolean, nullable=False, server_default="false"),
    PrimaryKeyConstraint("session_key", "subscriber_id"),
    postgresql_with={"fillfactor": 70},
)
session_live.c.granted_version.comment = (
    "from our Class, the last one the NAS echoed; null: a session that was not authorised here"
)
session_live.c.ended_at.comment = "set by a Stop; the roller moves the row to `session`"
session_live.c.base_octets_up.comment = "counted before the NAS's counter last began anew"
session_live.c.gigawords.comment = "its NAS sends Gigawords, so that its counters do not wrap"
session_live.c.rolled_at.comment = "the event up to which usage is rolled"
session_live.c.interim_interval_seconds.comment = "as observed between its last two records"
# No column that an Interim changes is indexed, so that its update stays heap-only.
Index("session_live_service_id_index", session_live.c.service_id)
Index("session_live_nas_id_index", session_live.c.nas_id)
Index("session_live_framed_ip_index", session_live.c.framed_ip)
Index("session_live_calling_station_id_index", session_live.c.calling_station_id)

session = Table(
    "session",
    metadata,
    Column("closed_on", Date, nullable=False),
    Column("session_key", Uuid, nullable=False),
    *subject(),
    *session_identity(),
    *volumes(),
    instant("started_at", nullable=False),
    instant("last_seen_at", nullable=False),
    instant("ended_at", nullable=False),
    Column("terminate_cause", Integer),
    words("closed_by", nullable=False),
    *rolled(),
    PrimaryKeyConstraint("session_key", "closed_on", "subscriber_id"),
    postgresql_partition_by="RANGE (closed_on)",
    info={"partitioned_by": "month", "kept_days": 400},
)
Index("session_service_id_index", session.c.service_id, session.c.started_at)
# Who had this address, or the prefix around it, at a time: by equality, so by index under policies.
Index("session_framed_ip_index", session.c.framed_ip, session.c.started_at)
Index("session_framed_ipv6_prefix_index", session.c.framed_ipv6_prefix, session.c.started_at)
Index("session_delegated_ipv6_prefix_index", session.c.delegated_ipv6_prefix, session.c.started_at)

usage_hourly = Table(
    "usage_hourly",
    metadata,
    *subject(),
    instant("hour", nullable=False),
    words("traffic_class", nullable=False, default="all"),
    Column("octets_up", BigInteger, nullable=False, server_default="0"),
    Column("octets_down", BigInteger, nullable=False, server_default="0"),
    Column("estimated", Boolean, nullable=False, server_default="false"),
    PrimaryKeyConstraint("subscriber_id", "service_id", "hour", "traffic_class"),
)
usage_hourly.c.estimated.comment = "some octets were split between hours by time"

service_slot = Table(
    "service_slot",
    metadata,
    tenant_id(),
    Column("service_id", BigInteger, nullable=False),
    Column("slot", SmallInteger, nullable=False),
    Column("session_key", Uuid, nullable=False),
    instant("taken_at", nullable=False),
    UniqueConstraint("service_id", "slot"),
)

auth_attempt = Table(
    "auth_attempt",
    metadata,
    Column("attempted_on", Date, nullable=False),
    *subject(),
    instant("window_start", nullable=False),
    Column("nas_id", BigInteger, nullable=False),
    Column("login", Text, nullable=False),
    Column("calling_station_id", Text, nullable=False, server_default=""),
    words("outcome", nullable=False),
    words("reason", nullable=False),
    Column("count", BigInteger, nullable=False, server_default="1"),
    instant("first_at", nullable=False),
    instant("last_at", nullable=False),
    PrimaryKeyConstraint(
        "attempted_on",
        "window_start",
        "nas_id",
        "login",
        "calling_station_id",
        "outcome",
        "reason",
        "subscriber_id",
    ),
    postgresql_partition_by="RANGE (attempted_on)",
    info={"partitioned_by": "month", "kept_days": 90},
)
Index("auth_attempt_login_index", auth_attempt.c.tenant_id, auth_attempt.c.login)
