"""The menus that the lab's router has, with RouterOS's columns and defaults."""

from collections.abc import Mapping

from lab.routeros import values
from lab.routeros.menu import Column, Menu, Reference
from lab.routeros.traps import Trap

__all__ = ["MENUS", "QUEUE_KINDS"]

QUEUE_KINDS = ("bfifo", "pfifo", "mq-pfifo", "red", "sfq", "pcq", "codel", "fq-codel", "cake")
COMMENT = Column()
DISABLED = Column(normalise=values.truth, default="false")
COUNTERS = ("bytes", "packets", "dropped", "rate", "packet-rate", "queued-bytes", "queued-packets")


def targets(name: str, value: str) -> str:
    """Addresses and networks, hosts printed with their length; the rest are interfaces."""
    written = []
    for each in filter(None, (part.strip() for part in value.split(","))):
        network = values.address_or_network(each, host_length=True)
        if network is None and (each[:1].isdecimal() or "/" in each):
            raise Trap(f"invalid value for argument {name}", 1)
        written.append(network or each)
    return ",".join(written)


def listed_address(name: str, value: str) -> str:
    """An address list's: hosts without a length, ranges and names as they are."""
    return values.address_or_network(value, host_length=False) or values.text(name, value)


def both(normalise: values.Normalise, default: str) -> Column:
    return Column(normalise=values.pair(normalise), default=f"{default}/{default}")


def one(normalise: values.Normalise, default: str) -> Column:
    return Column(normalise=normalise, default=default)


def rates(column: object) -> Mapping[str, Column]:
    """The columns that simple queues have twice and the tree's once."""
    make = both if column is both else one
    return {
        "priority": make(values.number(1, 8), "8"),
        "limit-at": make(values.rate, "0"),
        "max-limit": make(values.rate, "0"),
        "burst-limit": make(values.rate, "0"),
        "burst-threshold": make(values.rate, "0"),
        "burst-time": make(values.duration, "0s"),
        "bucket-size": make(values.decimal, "0.1"),
    }


SIMPLE_QUEUES = Menu(
    path="/queue/simple",
    columns={
        "name": Column(),
        "target": Column(normalise=targets, required=True),
        "dst": Column(normalise=targets),
        "packet-marks": Column(default=""),
        **rates(both),
        "time": Column(),
        "disabled": DISABLED,
        "comment": COMMENT,
    },
    references={
        "parent": Reference(menus=("/queue/simple",), also=("none",), default="none"),
        "queue": Reference(menus=("/queue/type",), paired=True, default="default-small"),
    },
    state=dict.fromkeys(COUNTERS, "0/0")
    | {f"total-{name}": "0" for name in COUNTERS}
    | {"invalid": "false"},
    unique=("name",),
    ordered=True,
    what="queue",
)
QUEUE_TREE = Menu(
    path="/queue/tree",
    columns={
        "name": Column(),
        "packet-mark": Column(default=""),
        **rates(one),
        "disabled": DISABLED,
        "comment": COMMENT,
    },
    references={
        "parent": Reference(menus=("/queue/tree", "/interface"), also=("global",), required=True),
        "queue": Reference(menus=("/queue/type",), default="default-small"),
    },
    state=dict.fromkeys(COUNTERS, "0") | {"invalid": "false"},
    unique=("name",),
    what="queue",
)
QUEUE_TYPES = Menu(
    path="/queue/type",
    columns={
        "name": Column(),
        "kind": Column(normalise=values.choice(*QUEUE_KINDS), required=True),
        "pcq-rate": Column(normalise=values.rate),
        "pcq-limit": Column(),
        "pcq-total-limit": Column(),
        "pcq-classifier": Column(),
        **{
            f"pcq-burst-{name}": Column(normalise=normalise)
            for name, normalise in {
                "rate": values.rate,
                "threshold": values.rate,
                "time": values.duration,
            }.items()
        },
        **{
            f"pcq-{side}-address{version}-mask": Column()
            for side in ("src", "dst")
            for version in ("", "6")
        },
        **{
            f"cake-{name}": Column()
            for name in (
                "bandwidth",
                "flowmode",
                "diffserv",
                "nat",
                "overhead",
                "rtt",
                "mpu",
                "wash",
            )
        },
        **{
            f"fq-codel-{name}": Column()
            for name in ("limit", "quantum", "target", "interval", "flows", "memlimit", "ecn")
        },
        "pfifo-limit": Column(),
        "bfifo-limit": Column(),
        "sfq-perturb": Column(),
        "sfq-allot": Column(),
        "comment": COMMENT,
    },
    state={"default": "false"},
    unique=("name",),
    what="queue type",
)


def address_lists(path: str) -> Menu:
    return Menu(
        path=path,
        columns={
            "list": Column(required=True),
            "address": Column(normalise=listed_address, required=True),
            "timeout": Column(normalise=values.duration),
            "disabled": DISABLED,
            "comment": COMMENT,
        },
        unique=("list", "address"),
        already="failure: already have such entry",
        dynamic_can_be_removed=True,
        what="entry",
    )


FIREWALL_COLUMNS = {
    "chain": Column(required=True),
    "action": Column(default="accept"),
    **{
        name: Column()
        for name in (
            *("protocol", "src-address", "dst-address", "src-address-list", "dst-address-list"),
            *("src-port", "dst-port", "in-interface-list", "out-interface-list", "limit"),
            *("connection-state", "connection-mark", "connection-nat-state", "packet-mark"),
            *("routing-mark", "new-packet-mark", "new-connection-mark", "jump-target"),
            *("address-list", "address-list-timeout", "reject-with", "log-prefix", "comment"),
        )
    },
    **{
        name: Column(normalise=values.truth)
        for name in ("passthrough", "log", "disabled", "hw-offload")
    },
}
FIREWALL_REFERENCES = {
    name: Reference(menus=("/interface",)) for name in ("in-interface", "out-interface")
}


def rules(path: str) -> Menu:
    return Menu(
        path=path,
        columns=FIREWALL_COLUMNS,
        references=FIREWALL_REFERENCES,
        state={"bytes": "0", "packets": "0", "invalid": "false"},
        ordered=True,
        what="rule",
    )


PPP_PROFILES = Menu(
    path="/ppp/profile",
    columns={
        "name": Column(required=True),
        "local-address": Column(),
        "remote-address": Column(),
        "rate-limit": Column(),
        "address-list": Column(default=""),
        "only-one": Column(default="default"),
        "change-tcp-mss": Column(default="default"),
        "use-compression": Column(default="default"),
        "use-encryption": Column(default="default"),
        "queue-type": Column(),
        "on-up": Column(default=""),
        "on-down": Column(default=""),
        "comment": COMMENT,
    },
    references={
        "parent-queue": Reference(menus=("/queue/simple",), also=("none",)),
        "insert-queue-before": Reference(menus=("/queue/simple",), also=("first", "bottom")),
    },
    state={"default": "false"},
    unique=("name",),
    what="profile",
)
PPP_ACTIVE = Menu(
    path="/ppp/active",
    columns={
        name: Column()
        for name in (
            *("name", "service", "caller-id", "address"),
            *("uptime", "encoding", "session-id", "radius"),
        )
    },
    state={"limit-bytes-in": "0", "limit-bytes-out": "0"},
    read_only=True,
    dynamic_can_be_removed=True,
    what="session",
)
PPP_SECRETS = Menu(
    path="/ppp/secret",
    columns={
        "name": Column(required=True),
        "password": Column(default=""),
        "service": Column(default="any"),
        "caller-id": Column(default=""),
        "remote-address": Column(),
        "disabled": DISABLED,
        "comment": COMMENT,
    },
    references={"profile": Reference(menus=("/ppp/profile",), default="default")},
    unique=("name",),
    already="failure: secret with the same name already exists",
    what="secret",
)
INTERFACES = Menu(
    path="/interface",
    columns={
        "name": Column(required=True),
        "type": Column(default="ether"),
        "mtu": Column(default="1500"),
        "mac-address": Column(),
        "disabled": DISABLED,
        "comment": COMMENT,
    },
    state={"running": "true"}
    | {
        f"{side}-{what}": "0"
        for side in ("rx", "tx")
        for what in ("byte", "packet", "drop", "error")
    },
    unique=("name",),
    what="interface",
)
ETHERNET = Menu(
    path="/interface/ethernet",
    columns={"name": Column(required=True), "default-name": Column()},
    unique=("name",),
    read_only=True,
    what="interface",
)
HEALTH = Menu(
    path="/system/health",
    columns={"name": Column(required=True), "value": Column(), "type": Column()},
    unique=("name",),
    read_only=True,
    what="sensor",
)
ADDRESSES = Menu(
    path="/ip/address",
    columns={
        "address": Column(required=True),
        "network": Column(),
        "disabled": DISABLED,
        "comment": COMMENT,
    },
    references={"interface": Reference(menus=("/interface",), required=True)},
    state={"invalid": "false"},
    unique=("address",),
    already="failure: already have such address",
    what="address",
)
SERVICES = Menu(
    path="/ip/service",
    columns={
        "name": Column(),
        "port": Column(normalise=values.number(1, 65535)),
        "proto": Column(default="tcp"),
        "address": Column(normalise=targets, default=""),
        "certificate": Column(),
        "disabled": DISABLED,
    },
    unique=("name",),
    what="service",
)
USERS = Menu(
    path="/user",
    columns={
        "name": Column(required=True),
        "password": Column(),
        "address": Column(default=""),
        "disabled": DISABLED,
        "comment": COMMENT,
    },
    references={"group": Reference(menus=("/user/group",), required=True)},
    unique=("name",),
    hidden=frozenset({"password"}),
    what="user",
)
USER_GROUPS = Menu(
    path="/user/group",
    columns={
        "name": Column(required=True),
        "policy": Column(default=""),
        "skin": Column(default="default"),
        "comment": COMMENT,
    },
    unique=("name",),
    what="group",
)
MENUS = {
    menu.path: menu
    for menu in (
        SIMPLE_QUEUES,
        QUEUE_TREE,
        QUEUE_TYPES,
        address_lists("/ip/firewall/address-list"),
        address_lists("/ipv6/firewall/address-list"),
        rules("/ip/firewall/mangle"),
        rules("/ip/firewall/filter"),
        rules("/ip/firewall/nat"),
        PPP_PROFILES,
        PPP_ACTIVE,
        PPP_SECRETS,
        INTERFACES,
        ETHERNET,
        HEALTH,
        ADDRESSES,
        SERVICES,
        USERS,
        USER_GROUPS,
    )
}
"""The menus that are tables; those of one row, under /system, are the device's own."""
