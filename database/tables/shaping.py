"""Shaping: routers as they are wanted, what is known of their queues, subscribers' own devices.

Operations write `shaped_router`, `shaping_node`, `cpe` and the requests; the shaper everything
else, and the outcome of a request.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, CIDR, JSONB

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
    "cpe",
    "queue_state",
    "shaped_router",
    "shaper_request",
    "shaper_run",
    "shaper_status",
    "shaping_node",
    "throughput_sample",
]

shaped_router = followed(
    Table(
        "shaped_router",
        metadata,
        Column("device_id", BigInteger, ForeignKey("device.device_id"), primary_key=True),
        tenant_id(),
        words("mode", nullable=False, default="observe"),
        words("method", nullable=False, default="simple"),
        Column("nas_id", BigInteger, ForeignKey("nas.nas_id")),
        words("interface"),
        Column("writes_per_second", Integer, nullable=False, server_default="2000"),
        instant("changed_at", nullable=False, now=True),
        words("changed_by", nullable=False),
        instant("removed_at"),
        changed_xid(),
        CheckConstraint("mode IN ('observe', 'enabled')", name="mode"),
        CheckConstraint("method IN ('radius', 'simple', 'tree', 'linux')", name="method"),
        CheckConstraint("writes_per_second > 0", name="writes_per_second"),
    )
)
shaped_router.comment = "how a device of kind `router` is shaped"
shaped_router.c.mode.comment = "observe: nothing is written to it"
shaped_router.c.nas_id.comment = "whose sessions it shapes; null: its nodes' networks, or all"
shaped_router.c.interface.comment = "of method linux: `eth1`, or `eth1/eth0` (inside and outside)"

shaping_node = followed(
    Table(
        "shaping_node",
        metadata,
        identity("shaping_node_id"),
        tenant_id(),
        Column("device_id", BigInteger, ForeignKey("device.device_id"), nullable=False),
        Column("parent_node_id", BigInteger, ForeignKey("shaping_node.shaping_node_id")),
        words("name", nullable=False),
        Column("networks", ARRAY(CIDR), nullable=False),
        Column("down_kbps", BigInteger),
        Column("up_kbps", BigInteger),
        instant("removed_at"),
        changed_xid(),
    )
)
shaping_node.comment = "a site or link of a router's topology: its networks share its capacity"
Index(
    "shaping_node_name_key",
    shaping_node.c.device_id,
    shaping_node.c.name,
    unique=True,
    postgresql_where=shaping_node.c.removed_at.is_(None),
)

cpe = followed(
    Table(
        "cpe",
        metadata,
        identity("cpe_id"),
        tenant_id(),
        Column("subscriber_id", BigInteger, nullable=False),
        Column("service_id", BigInteger, ForeignKey("service.service_id"), nullable=False),
        words("title", nullable=False),
        words("type", nullable=False),
        words("host", nullable=False),
        Column("port", Integer, nullable=False, server_default="8728"),
        Column("credentials_sealed", LargeBinary),
        Column("target", CIDR),
        instant("created_at", nullable=False, now=True),
        instant("removed_at"),
        changed_xid(),
        CheckConstraint(
            "type IN ('mikrotik', 'ubiquiti', 'tp-link', 'huawei', 'generic')", name="type"
        ),
    )
)
cpe.comment = "subscribers' own devices"
cpe.c.target.comment = "the subnet behind it that gets the plan's rates there; null: none does"
Index(
    "cpe_title_key",
    cpe.c.tenant_id,
    cpe.c.title,
    unique=True,
    postgresql_where=cpe.c.removed_at.is_(None),
)
Index("cpe_service_id_index", cpe.c.service_id)


def of_router() -> list[Column]:
    """A router, or the subscriber's device that is shaped like one; the other is 0."""
    return [
        Column("device_id", BigInteger, nullable=False, server_default="0"),
        Column("cpe_id", BigInteger, nullable=False, server_default="0"),
    ]


shaper_status = Table(
    "shaper_status",
    metadata,
    *of_router(),
    tenant_id(),
    words("state", nullable=False),
    words("problem"),
    Column("warnings", ARRAY(Text), nullable=False, server_default="{}"),
    Column("wanted", Integer, nullable=False, server_default="0"),
    Column("actual", Integer, nullable=False, server_default="0"),
    Column("drifted", Integer, nullable=False, server_default="0"),
    Column("foreign_rows", Integer, nullable=False, server_default="0"),
    Column("held", Integer, nullable=False, server_default="0"),
    words("version"),
    Column("cpu_percent", Float),
    instant("checked_at"),
    instant("changed_at", nullable=False),
    PrimaryKeyConstraint("device_id", "cpe_id"),
    CheckConstraint(
        "state IN ('in_sync', 'drifted', 'paused', 'held', 'unreachable', 'refused', 'in_doubt')",
        name="state",
    ),
    postgresql_with={"fillfactor": 70},
)
shaper_status.c.held.comment = "removals that the guard holds back until a person confirms them"
shaper_status.c.checked_at.comment = "neither what was read nor what was wanted is older"

queue_state = Table(
    "queue_state",
    metadata,
    *of_router(),
    words("subject", nullable=False),
    tenant_id(),
    Column("subscriber_id", BigInteger, nullable=False, server_default="0"),
    Column("service_id", BigInteger, nullable=False, server_default="0"),
    words("login"),
    words("wanted"),
    words("actual"),
    words("drift"),
    instant("changed_at", nullable=False),
    PrimaryKeyConstraint("device_id", "cpe_id", "subject", "subscriber_id"),
    CheckConstraint(
        "drift IN ('missing', 'different', 'edited', 'unwanted', 'conflict', 'doubt')",
        name="drift",
    ),
)
queue_state.comment = "of each service (`s17`) and node (`n4`): wanted against read back"
queue_state.c.drift.comment = "null: as wanted; edited: changed on the router by somebody else"
Index("queue_state_service_id_index", queue_state.c.service_id)

shaper_run = Table(
    "shaper_run",
    metadata,
    identity("shaper_run_id"),
    tenant_id(),
    *of_router(),
    words("requested_by", nullable=False),
    instant("started_at", nullable=False),
    instant("finished_at"),
    Column("wanted_adds", Integer, nullable=False),
    Column("wanted_sets", Integer, nullable=False),
    Column("wanted_removes", Integer, nullable=False),
    Column("done", Integer, nullable=False, server_default="0"),
    Column("failed", Integer, nullable=False, server_default="0"),
    Column("seconds", Float),
    Column("cpu_percent_before", Float),
    Column("cpu_percent_after", Float),
    words("problem"),
)
shaper_run.comment = "writes to a router: the intent before, the outcome after"
Index("shaper_run_started_at_index", shaper_run.c.tenant_id, shaper_run.c.started_at)

shaper_request = Table(
    "shaper_request",
    metadata,
    identity("shaper_request_id"),
    tenant_id(),
    Column("device_id", BigInteger, ForeignKey("device.device_id"), nullable=False),
    words("kind", nullable=False),
    Column("confirmed_removals", Integer),
    words("requested_by", nullable=False),
    instant("requested_at", nullable=False),
    instant("done_at"),
    Column("outcome", JSONB),
    CheckConstraint("kind IN ('diff', 'apply')", name="kind"),
)
shaper_request.comment = "a person asked for it; the shaper carries it out and writes the outcome"
shaper_request.c.confirmed_removals.comment = "how many removals the person saw and wants"
Index(
    "shaper_request_open_index",
    shaper_request.c.requested_at,
    postgresql_where=text("done_at IS NULL"),
)

throughput_sample = Table(
    "throughput_sample",
    metadata,
    Column("sampled_on", Date, nullable=False),
    tenant_id(),
    Column("device_id", BigInteger, nullable=False),
    words("queue", nullable=False),
    instant("sampled_at", nullable=False),
    Column("down_bps", BigInteger, nullable=False),
    Column("up_bps", BigInteger, nullable=False),
    PrimaryKeyConstraint("device_id", "queue", "sampled_at", "sampled_on"),
    postgresql_partition_by="RANGE (sampled_on)",
    info={"partitioned_by": "day", "kept_days": 7},
)
throughput_sample.comment = "what flowed through a router's parent queues, for live charts"
