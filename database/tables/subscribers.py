"""Who pays, what he bought, how a request names it, what holds it, and what it is entitled to."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    Table,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

from database.tables.columns import (
    changed_xid,
    followed,
    identity,
    instant,
    metadata,
    tenant_id,
    words,
)

__all__ = [
    "entitlement",
    "entitlement_due",
    "hold",
    "plan",
    "plan_version",
    "service",
    "service_event",
    "service_identifier",
    "subscriber",
    "tax_rate",
]

plan = Table(
    "plan",
    metadata,
    identity("plan_id"),
    tenant_id(),
    words("name", nullable=False),
    words("kind", nullable=False, default="internet"),
    instant("created_at", nullable=False, now=True),
    instant("retired_at"),
    UniqueConstraint("tenant_id", "name"),
)

plan_version = Table(
    "plan_version",
    metadata,
    identity("plan_version_id"),
    tenant_id(),
    Column("plan_id", BigInteger, ForeignKey("plan.plan_id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("price", Numeric, nullable=False),
    words("currency", nullable=False),
    words("period", nullable=False, default="1 month"),
    Column("setup_fee", Numeric, nullable=False, server_default="0"),
    words("tax_code"),
    Column("down_kbps", BigInteger),
    Column("up_kbps", BigInteger),
    words("pool_name"),
    Column("sessions_max", SmallInteger, nullable=False, server_default="1"),
    words("on_limit", nullable=False, default="replace"),
    words("unpaid_access", nullable=False, default="none"),
    Column("cap_octets", BigInteger),
    Column("over_cap", JSONB),
    Column("attributes", JSONB, nullable=False, server_default="[]"),
    UniqueConstraint("plan_id", "version"),
    CheckConstraint("on_limit IN ('replace', 'reject')", name="on_limit"),
    CheckConstraint("unpaid_access IN ('none', 'walled')", name="unpaid_access"),
)

tax_rate = Table(
    "tax_rate",
    metadata,
    tenant_id(),
    words("tax_code", nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("percent", Numeric, nullable=False),
    UniqueConstraint("tenant_id", "tax_code", "valid_from"),
)

subscriber = Table(
    "subscriber",
    metadata,
    identity("subscriber_id"),
    tenant_id(),
    Column("issuer_id", BigInteger, ForeignKey("issuer.issuer_id")),
    words("reference", nullable=False),
    words("name"),
    words("email"),
    words("phone"),
    words("area"),
    words("currency", nullable=False),
    Column("billing", Boolean, nullable=False, server_default="true"),
    Column("anchor_day", SmallInteger),
    instant("created_at", nullable=False, now=True),
    instant("closed_at"),
    UniqueConstraint("tenant_id", "reference"),
)
subscriber.c.reference.comment = "the operator's own name of him; the CSV column `subscriber`"
subscriber.c.anchor_day.comment = "1..31; null is the policy's; 0 is the last day of the month"
Index("subscriber_name_index", subscriber.c.tenant_id, subscriber.c.name)
Index("subscriber_phone_index", subscriber.c.tenant_id, subscriber.c.phone)
Index("subscriber_email_index", subscriber.c.tenant_id, subscriber.c.email)

service = Table(
    "service",
    metadata,
    identity("service_id"),
    tenant_id(),
    Column("subscriber_id", BigInteger, ForeignKey("subscriber.subscriber_id"), nullable=False),
    words("name", nullable=False),
    words("kind", nullable=False, default="internet"),
    words("state", nullable=False, default="active"),
    Column(
        "plan_version_id", BigInteger, ForeignKey("plan_version.plan_version_id"), nullable=False
    ),
    Column("custom_price", Numeric),
    Column("started_on", Date, nullable=False),
    Column("ended_on", Date),
    Column("invoiced_until", Date),
    words("onu_serial"),
    instant("created_at", nullable=False, now=True),
    CheckConstraint("state IN ('pending', 'active', 'terminated')", name="state"),
)
service.c.name.comment = "its login, or the first identifier where it has none"
service.c.state.comment = "`suspended` is not stored: it is an active service with a hold in force"
service.c.invoiced_until.comment = "first day that no earlier system has invoiced"
Index("service_subscriber_id_index", service.c.subscriber_id)
Index("service_plan_version_id_index", service.c.plan_version_id)
Index("service_onu_serial_index", service.c.tenant_id, service.c.onu_serial)

service_event = Table(
    "service_event",
    metadata,
    identity("service_event_id"),
    tenant_id(),
    Column("subscriber_id", BigInteger, nullable=False),
    Column("service_id", BigInteger, ForeignKey("service.service_id"), nullable=False),
    words("kind", nullable=False),
    Column("on_date", Date, nullable=False),
    Column("plan_version_id", BigInteger, ForeignKey("plan_version.plan_version_id")),
    Column("custom_price", Numeric),
    Column("anchor_day", SmallInteger),
    words("detail"),
    instant("recorded_at", nullable=False),
    words("actor", nullable=False),
    CheckConstraint(
        "kind IN ('subscribe', 'change_plan', 'cancel', 'set_anchor', 'suspend', 'resume')",
        name="kind",
    ),
)
service_event.comment = "the dated facts that billing is a function of; append-only"
Index("service_event_subscriber_id_index", service_event.c.subscriber_id)

service_identifier = followed(
    Table(
        "service_identifier",
        metadata,
        identity("service_identifier_id"),
        tenant_id(),
        Column("subscriber_id", BigInteger, nullable=False),
        Column("service_id", BigInteger, ForeignKey("service.service_id"), nullable=False),
        words("kind", nullable=False),
        words("value", nullable=False),
        words("password_form"),
        Column("password_sealed", LargeBinary),
        instant("removed_at"),
        changed_xid(),
        CheckConstraint("kind IN ('login', 'mac', 'circuit_id', 'remote_id')", name="kind"),
    )
)
service_identifier.c.value.comment = "normalised (isp.identifiers)"
service_identifier.c.password_form.comment = "`clear` or a hash's name; null: no password is asked"
Index(
    "service_identifier_value_key",
    service_identifier.c.tenant_id,
    service_identifier.c.kind,
    service_identifier.c.value,
    unique=True,
    postgresql_where=service_identifier.c.removed_at.is_(None),
)
Index("service_identifier_service_id_index", service_identifier.c.service_id)

hold = Table(
    "hold",
    metadata,
    identity("hold_id"),
    tenant_id(),
    Column("subscriber_id", BigInteger, nullable=False),
    Column("service_id", BigInteger, ForeignKey("service.service_id"), nullable=False),
    words("kind", nullable=False),
    words("author", nullable=False),
    words("reason", nullable=False),
    instant("placed_at", nullable=False),
    instant("until"),
    instant("released_at"),
    words("released_by"),
    CheckConstraint("kind IN ('unpaid', 'operator', 'abuse', 'pause')", name="kind"),
)
Index(
    "hold_service_kind_key",
    hold.c.service_id,
    hold.c.kind,
    unique=True,
    postgresql_where=hold.c.released_at.is_(None),
)
Index("hold_subscriber_id_index", hold.c.subscriber_id)

entitlement = followed(
    Table(
        "entitlement",
        metadata,
        Column("service_id", BigInteger, ForeignKey("service.service_id"), primary_key=True),
        tenant_id(),
        Column("subscriber_id", BigInteger, nullable=False),
        Column("version", BigInteger, nullable=False),
        words("access", nullable=False),
        Column("down_kbps", BigInteger),
        Column("up_kbps", BigInteger),
        Column("sessions_max", SmallInteger, nullable=False),
        words("on_limit", nullable=False),
        Column("session_timeout_seconds", Integer),
        Column("idle_timeout_seconds", Integer),
        Column("interim_interval_seconds", Integer, nullable=False),
        words("ipv4_pool"),
        words("ipv6_pool"),
        words("delegated_pool"),
        Column("attributes", JSONB, nullable=False, server_default="[]"),
        Column("reasons", JSONB, nullable=False, server_default="[]"),
        instant("valid_until"),
        instant("decided_at", nullable=False),
        changed_xid(),
        CheckConstraint("access IN ('full', 'walled', 'none')", name="access"),
    )
)
Index(
    "entitlement_valid_until_index",
    entitlement.c.valid_until,
    postgresql_where=entitlement.c.valid_until.is_not(None),
)

entitlement_due = Table(
    "entitlement_due",
    metadata,
    Column("service_id", BigInteger, ForeignKey("service.service_id"), primary_key=True),
    tenant_id(),
    words("cause", nullable=False),
    instant("asked_at", nullable=False, now=True),
)
