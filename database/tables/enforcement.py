"""Making live sessions what was decided: what coa knows, did, was asked for, and may not do."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Uuid,
    text,
)

from database.tables.columns import identity, instant, metadata, tenant_id, words

__all__ = ["disconnect_request", "enforcement_action", "enforcement_pause", "session_enforcement"]

session_enforcement = Table(
    "session_enforcement",
    metadata,
    Column("session_key", Uuid, nullable=False),
    tenant_id(),
    Column("subscriber_id", BigInteger, nullable=False, server_default="0"),
    words("state", nullable=False, default="pending"),
    Column("tried_version", BigInteger),
    Column("confirmed_version", BigInteger),
    words("confirmed_access"),
    Column("confirmed_down_kbps", BigInteger),
    Column("confirmed_up_kbps", BigInteger),
    Column("tries", Integer, nullable=False, server_default="0"),
    instant("next_try_at"),
    instant("changed_at", nullable=False, now=True),
    PrimaryKeyConstraint("session_key", "subscriber_id"),
    CheckConstraint(
        "state IN ('confirmed', 'acknowledged', 'pending', 'refused', 'adopted', 'suspect')",
        name="state",
    ),
)
session_enforcement.c.tried_version.comment = "the entitlement that was last acted for"
Index(
    "session_enforcement_next_try_at_index",
    session_enforcement.c.next_try_at,
    postgresql_where=session_enforcement.c.next_try_at.is_not(None),
)
session_enforcement.comment = "what coa holds to be true on the NAS; absent: what the Class grants"

enforcement_action = Table(
    "enforcement_action",
    metadata,
    identity("enforcement_action_id"),
    tenant_id(),
    Column("subscriber_id", BigInteger, nullable=False, server_default="0"),
    Column("service_id", BigInteger, nullable=False, server_default="0"),
    Column("nas_id", BigInteger, nullable=False),
    Column("session_key", Uuid, nullable=False),
    words("acct_session_id", nullable=False),
    words("login", nullable=False, default=""),
    instant("at", nullable=False),
    words("kind", nullable=False),
    words("cause", nullable=False),
    Column("version", BigInteger),
    words("outcome", nullable=False),
    Column("error_cause", Integer),
    Column("tries", Integer, nullable=False, server_default="0"),
    words("requested_by", nullable=False, default="coa"),
    instant("proven_at"),
    words("proof"),
    CheckConstraint("kind IN ('disconnect', 'coa')", name="kind"),
)
enforcement_action.c.version.comment = "the entitlement that was to be made so"
enforcement_action.c.requested_by.comment = "a person, `dunning` (an approved batch), or `coa`"
Index(
    "enforcement_action_automatic_index",
    enforcement_action.c.nas_id,
    enforcement_action.c.at,
    postgresql_where=text("kind = 'disconnect' AND requested_by = 'coa'"),
)
Index(
    "enforcement_action_unproven_index",
    enforcement_action.c.at,
    postgresql_where=text("outcome = 'acknowledged' AND proven_at IS NULL AND proof IS NULL"),
)
Index("enforcement_action_at_index", enforcement_action.c.tenant_id, enforcement_action.c.at)
Index("enforcement_action_session_key_index", enforcement_action.c.session_key)
Index("enforcement_action_service_id_index", enforcement_action.c.service_id)

disconnect_request = Table(
    "disconnect_request",
    metadata,
    identity("disconnect_request_id"),
    tenant_id(),
    Column("session_key", Uuid, nullable=False),
    Column("subscriber_id", BigInteger, nullable=False, server_default="0"),
    words("requested_by", nullable=False),
    words("cause", nullable=False),
    instant("requested_at", nullable=False),
    instant("done_at"),
    words("outcome"),
)
disconnect_request.comment = "a person asked for it; coa carries it out and writes the outcome"
Index(
    "disconnect_request_open_index",
    disconnect_request.c.requested_at,
    postgresql_where=disconnect_request.c.done_at.is_(None),
)

enforcement_pause = Table(
    "enforcement_pause",
    metadata,
    identity("enforcement_pause_id"),
    tenant_id(),
    Column("nas_id", BigInteger),
    words("kind", nullable=False, default="pause"),
    words("author", nullable=False),
    words("reason", nullable=False, default=""),
    instant("paused_at", nullable=False),
    instant("until"),
    instant("resumed_at"),
    words("resumed_by"),
    CheckConstraint("kind IN ('pause', 'guard')", name="kind"),
)
enforcement_pause.c.nas_id.comment = "null: every NAS of the tenant"
Index(
    "enforcement_pause_open_key",
    enforcement_pause.c.tenant_id,
    text("coalesce(nas_id, 0)"),
    unique=True,
    postgresql_where=enforcement_pause.c.resumed_at.is_(None),
)
