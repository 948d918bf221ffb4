"""The network's own things: NASes, address pools and leases."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import CIDR, INET

from database.tables.columns import (
    changed_xid,
    followed,
    identity,
    instant,
    metadata,
    tenant_id,
    words,
)

__all__ = ["lease", "nas", "nas_drop", "nas_seen", "pool", "unknown_nas"]

nas = followed(
    Table(
        "nas",
        metadata,
        identity("nas_id"),
        tenant_id(),
        words("name", nullable=False),
        Column("address", CIDR, nullable=False),
        words("nas_identifier"),
        words("vendor", nullable=False, default="generic"),
        Column("secret_sealed", LargeBinary, nullable=False),
        Column("secret_previous_sealed", LargeBinary),
        instant("secret_previous_until"),
        Column("coa_port", Integer, nullable=False, server_default="3799"),
        words("message_authenticator", nullable=False, default="learn"),
        Column("message_authenticator_seen", Boolean, nullable=False, server_default="false"),
        Column("wall_tested", Boolean, nullable=False, server_default="false"),
        instant("created_at", nullable=False, now=True),
        instant("removed_at"),
        changed_xid(),
        CheckConstraint(
            "message_authenticator IN ('learn', 'require', 'optional')",
            name="message_authenticator",
        ),
    )
)
Index(
    "nas_name_key",
    nas.c.tenant_id,
    nas.c.name,
    unique=True,
    postgresql_where=nas.c.removed_at.is_(None),
)
# A request's tenant comes from its source address, so an address has one tenant everywhere.
Index(
    "nas_address_key",
    nas.c.address,
    text("coalesce(nas_identifier, '')"),
    unique=True,
    postgresql_where=nas.c.removed_at.is_(None),
)

nas_seen = Table(
    "nas_seen",
    metadata,
    Column("nas_id", BigInteger, ForeignKey("nas.nas_id"), primary_key=True),
    tenant_id(),
    instant("last_packet_at", nullable=False),
)

nas_drop = Table(
    "nas_drop",
    metadata,
    Column("nas_id", BigInteger, ForeignKey("nas.nas_id"), primary_key=True),
    Column("reason", Text, primary_key=True),
    tenant_id(),
    Column("packets", BigInteger, nullable=False, server_default="0"),
    instant("last_at", nullable=False),
)

unknown_nas = Table(
    "unknown_nas",
    metadata,
    Column("address", INET, primary_key=True),
    words("nas_identifier"),
    Column("packets", BigInteger, nullable=False, server_default="0"),
    instant("first_at", nullable=False),
    instant("last_at", nullable=False),
)

pool = followed(
    Table(
        "pool",
        metadata,
        identity("pool_id"),
        tenant_id(),
        words("name", nullable=False),
        words("kind", nullable=False),
        Column("network", CIDR, nullable=False),
        Column("prefix_length", SmallInteger, nullable=False),
        instant("created_at", nullable=False, now=True),
        instant("removed_at"),
        changed_xid(),
        CheckConstraint("kind IN ('ipv4', 'ipv6_prefix', 'delegated_prefix')", name="kind"),
    )
)
Index(
    "pool_network_key",
    pool.c.tenant_id,
    pool.c.network,
    unique=True,
    postgresql_where=pool.c.removed_at.is_(None),
)

lease = followed(
    Table(
        "lease",
        metadata,
        identity("lease_id"),
        tenant_id(),
        Column("pool_id", BigInteger, ForeignKey("pool.pool_id")),
        Column("subscriber_id", BigInteger, nullable=False),
        Column("service_id", BigInteger, nullable=False),
        words("kind", nullable=False),
        Column("address", CIDR, nullable=False),
        instant("leased_at", nullable=False),
        instant("last_used_at"),
        instant("removed_at"),
        changed_xid(),
        CheckConstraint(
            "kind IN ('ipv4', 'ipv6_prefix', 'delegated_prefix', 'route')", name="kind"
        ),
    ),
    quiet=("last_used_at",),
)
lease.c.pool_id.comment = "null: a static address, set by a person"
Index(
    "lease_address_key",
    lease.c.tenant_id,
    lease.c.address,
    unique=True,
    postgresql_where=lease.c.removed_at.is_(None),
)
Index(
    "lease_service_key",
    lease.c.service_id,
    lease.c.kind,
    unique=True,
    postgresql_where=text("removed_at IS NULL AND kind <> 'route'"),
)
