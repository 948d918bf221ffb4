"""The access network: devices as an operator entered them, and all that collectors read of them.

What operations write (`device`, `device_request`, `onu.service_id`) and what collectors write stand
apart: `device_status` is a device as it is, `device` as it is wanted.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
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
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

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
    "access_sample",
    "collector",
    "device",
    "device_interface",
    "device_lease",
    "device_request",
    "device_status",
    "onu",
    "onu_unprovisioned",
    "pon_port",
]

device = followed(
    Table(
        "device",
        metadata,
        identity("device_id"),
        tenant_id(),
        words("name", nullable=False),
        words("kind", nullable=False),
        words("host", nullable=False),
        Column("port", Integer, nullable=False),
        words("driver", nullable=False, default="auto"),
        Column("credentials_sealed", LargeBinary, nullable=False),
        words("area"),
        instant("created_at", nullable=False, now=True),
        instant("removed_at"),
        changed_xid(),
        CheckConstraint("kind IN ('olt', 'voltha', 'router', 'other')", name="kind"),
    )
)
device.c.driver.comment = "auto: recognised by what it says of itself, see device_status.driver"
Index(
    "device_name_key",
    device.c.tenant_id,
    device.c.name,
    unique=True,
    postgresql_where=device.c.removed_at.is_(None),
)


def of_device(*, primary_key: bool = False) -> Column[int]:
    """The device that the row is about."""
    return Column(
        "device_id",
        BigInteger,
        ForeignKey("device.device_id"),
        primary_key=primary_key,
        nullable=False,
    )


device_status = Table(
    "device_status",
    metadata,
    of_device(primary_key=True),
    tenant_id(),
    words("state", nullable=False, default="new"),
    words("problem"),
    instant("state_changed_at", nullable=False),
    words("driver"),
    words("model"),
    words("firmware"),
    words("serial"),
    words("sys_object_id"),
    words("sys_name"),
    Column("uptime_seconds", Float),
    Column("temperature_celsius", Float),
    Column("cpu_percent", Float),
    Column("memory_percent", Float),
    Column("partial", ARRAY(Text), nullable=False, server_default="{}"),
    Column("capabilities", JSONB, nullable=False, server_default="{}"),
    instant("last_try_at"),
    instant("last_poll_at"),
    instant("last_state_at"),
    instant("last_inventory_at"),
    CheckConstraint(
        "state IN ('new', 'reachable', 'unreachable', 'refused', 'unsupported')", name="state"
    ),
    postgresql_with={"fillfactor": 70},
)
device_status.c.problem.comment = "why it is not reachable, in words"
device_status.c.partial.comment = "tables of the last reading that were not read in full"
device_status.c.capabilities.comment = "what was learned of it: how much one request may ask for"
device_status.c.last_poll_at.comment = "the last reading that gave anything"
device_status.c.last_state_at.comment = "when the last whole reading of the ONUs' states began"

device_request = Table(
    "device_request",
    metadata,
    identity("device_request_id"),
    tenant_id(),
    Column("device_id", BigInteger, ForeignKey("device.device_id")),
    words("kind", nullable=False),
    Column("target", JSONB, nullable=False, server_default="{}"),
    Column("credentials_sealed", LargeBinary),
    words("requested_by", nullable=False),
    instant("requested_at", nullable=False),
    words("taken_by"),
    instant("taken_at"),
    instant("done_at"),
    Column("outcome", JSONB),
    CheckConstraint("kind IN ('poll', 'test', 'discover')", name="kind"),
)
device_request.comment = "a person asked for it; collectors carry it out and write the outcome"
device_request.c.target.comment = (
    "of a device that is not entered yet: kind, driver, host, port; of discover: networks, port"
)
Index(
    "device_request_open_index",
    device_request.c.requested_at,
    postgresql_where=device_request.c.done_at.is_(None),
)

collector = Table(
    "collector",
    metadata,
    Column("name", Text, primary_key=True),
    instant("until", nullable=False),
)
collector.comment = "the collector processes that share the devices"

device_lease = Table(
    "device_lease",
    metadata,
    of_device(primary_key=True),
    tenant_id(),
    words("collector", nullable=False),
    instant("until", nullable=False),
)
device_lease.comment = "which collector process polls a device; nobody else does until it is over"

pon_port = Table(
    "pon_port",
    metadata,
    identity("pon_port_id"),
    tenant_id(),
    of_device(),
    words("name", nullable=False),
    Column("if_index", BigInteger),
    words("state"),
    Column("onus", Integer),
    Column("onus_online", Integer),
    Column("tx_dbm", Float),
    Column("rx_dbm", Float),
    Column("temperature_celsius", Float),
    Column("voltage_volts", Float),
    Column("bias_milliamperes", Float),
    words("area"),
    instant("first_seen_at", nullable=False),
    instant("missing_since"),
    instant("removed_at"),
    postgresql_with={"fillfactor": 70},
)
pon_port.c.area.comment = "null: the device's"
Index("pon_port_name_key", pon_port.c.device_id, pon_port.c.name, unique=True)

device_interface = Table(
    "device_interface",
    metadata,
    identity("device_interface_id"),
    tenant_id(),
    of_device(),
    words("name", nullable=False),
    Column("if_index", BigInteger),
    words("alias"),
    Column("admin_up", Boolean),
    Column("oper_up", Boolean),
    Column("speed_bits_per_second", BigInteger),
    instant("first_seen_at", nullable=False),
    instant("missing_since"),
    instant("removed_at"),
    postgresql_with={"fillfactor": 70},
)
Index(
    "device_interface_name_key", device_interface.c.device_id, device_interface.c.name, unique=True
)

onu = Table(
    "onu",
    metadata,
    identity("onu_id"),
    tenant_id(),
    Column("subscriber_id", BigInteger, nullable=False, server_default="0"),
    Column("service_id", BigInteger),
    words("linked_by"),
    words("serial", nullable=False),
    of_device(),
    Column("pon_port_id", BigInteger, ForeignKey("pon_port.pon_port_id"), nullable=False),
    Column("onu_index", Integer),
    words("state", nullable=False),
    instant("state_changed_at", nullable=False),
    words("last_down_cause"),
    instant("last_down_at"),
    words("description"),
    words("model"),
    words("firmware"),
    Column("distance_m", Integer),
    Column("rx_dbm", Float),
    Column("tx_dbm", Float),
    Column("olt_rx_dbm", Float),
    Column("olt_tx_dbm", Float),
    Column("temperature_celsius", Float),
    Column("voltage_volts", Float),
    Column("bias_milliamperes", Float),
    instant("optics_read_at"),
    instant("first_seen_at", nullable=False),
    instant("last_seen_at", nullable=False),
    instant("missing_since"),
    instant("removed_at"),
    postgresql_with={"fillfactor": 70},
)
onu.comment = "its serial is who it is; device, port and index are where it is now"
onu.c.subscriber_id.comment = "0: nobody's yet"
onu.c.linked_by.comment = "serial, description, circuit-id, or the person who linked it by hand"
onu.c.last_down_at.comment = "by the OLT's clock"
onu.c.missing_since.comment = "since a full reading of its device did not list it"
Index(
    "onu_serial_key",
    onu.c.tenant_id,
    onu.c.serial,
    unique=True,
    postgresql_where=onu.c.removed_at.is_(None),
)
Index("onu_device_id_index", onu.c.device_id)
Index("onu_service_id_index", onu.c.service_id)
Index("onu_subscriber_id_index", onu.c.subscriber_id)

onu_unprovisioned = Table(
    "onu_unprovisioned",
    metadata,
    tenant_id(),
    of_device(),
    words("serial", nullable=False),
    words("port", nullable=False),
    words("model"),
    instant("first_seen_at", nullable=False),
    instant("last_seen_at", nullable=False),
    PrimaryKeyConstraint("device_id", "serial"),
)

access_sample = Table(
    "access_sample",
    metadata,
    Column("received_on", Date, nullable=False),
    tenant_id(),
    Column("subscriber_id", BigInteger, nullable=False, server_default="0"),
    words("kind", nullable=False),
    Column("subject_id", BigInteger, nullable=False),
    instant("received_at", nullable=False),
    Column("seconds", Float),
    Column("octets_up", BigInteger),
    Column("octets_down", BigInteger),
    Column("errors", BigInteger),
    Column("discards", BigInteger),
    Column("rx_dbm", Float),
    Column("tx_dbm", Float),
    Column("olt_rx_dbm", Float),
    Column("temperature_celsius", Float),
    PrimaryKeyConstraint("kind", "subject_id", "received_at", "received_on", "subscriber_id"),
    CheckConstraint("kind IN ('onu', 'port', 'interface')", name="kind"),
    postgresql_partition_by="RANGE (received_on)",
    info={"partitioned_by": "day", "kept_days": 14},
)
access_sample.comment = "one reading of an ONU, a PON port or an interface"
access_sample.c.subject_id.comment = "onu_id, pon_port_id or device_interface_id"
access_sample.c.seconds.comment = "by the device's clock, what octets and errors were counted in"
