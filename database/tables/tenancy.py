"""Who runs this: tenants, their issuers, operators, and the audit of what people changed."""

from sqlalchemy import BigInteger, Boolean, Column, Date, ForeignKey, Index, LargeBinary, Table
from sqlalchemy.dialects.postgresql import JSONB

from database.tables.columns import identity, instant, metadata, tenant_id, words

__all__ = ["audit", "issuer", "operator", "tenant", "web_session"]

tenant = Table(
    "tenant",
    metadata,
    identity("tenant_id"),
    words("name", nullable=False),
    words("zone", nullable=False, default="UTC"),
    words("currency", nullable=False, default="USD"),
    words("country"),
    Column("billing_from", Date),
    instant("created_at", nullable=False, now=True),
)
Index("tenant_name_key", tenant.c.name, unique=True)

issuer = Table(
    "issuer",
    metadata,
    identity("issuer_id"),
    tenant_id(),
    words("name", nullable=False),
    words("address"),
    words("tax_identifier"),
)

operator = Table(
    "operator",
    metadata,
    identity("operator_id"),
    tenant_id(),
    words("name", nullable=False),
    words("password_hash", nullable=False),
    words("role", nullable=False, default="admin"),
    instant("created_at", nullable=False, now=True),
    instant("disabled_at"),
)
Index("operator_name_key", operator.c.tenant_id, operator.c.name, unique=True)

web_session = Table(
    "web_session",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    tenant_id(),
    Column("operator_id", BigInteger, ForeignKey("operator.operator_id"), nullable=False),
    instant("created_at", nullable=False, now=True),
    instant("expires_at", nullable=False),
    Column("revoked", Boolean, nullable=False, server_default="false"),
)

audit = Table(
    "audit",
    metadata,
    identity("audit_id"),
    tenant_id(),
    instant("at", nullable=False),
    words("actor", nullable=False),
    words("action", nullable=False),
    words("object_kind", nullable=False),
    words("object_name", nullable=False),
    Column("before", JSONB),
    Column("after", JSONB),
    words("reason"),
)
Index("audit_object_index", audit.c.tenant_id, audit.c.object_kind, audit.c.object_name)
Index("audit_at_index", audit.c.tenant_id, audit.c.at)
