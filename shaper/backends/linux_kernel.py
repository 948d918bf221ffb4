"""The kernel that shapes: read as a state, changed by a plan. Every call is synchronous and takes
a second for ten thousand queues, so it belongs into a thread.
"""

import errno
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from isp.errors import ExitCode, Refused
from shaper.backends.linux_socket import NetlinkSocket
from shaper.linux_maps import (
    addresses_of,
    get_addresses,
    get_labels,
    label_of,
    labels_of,
    map_of,
    read_addresses,
    read_labels,
)
from shaper.linux_nft import (
    FAMILY_INET,
    OWNED,
    PERSISTENT,
    batch,
    create_table,
    read_sets,
    read_table,
)
from shaper.linux_plan import LinuxPlan
from shaper.linux_reading import Side, Table, side_of, state_of
from shaper.linux_requests import Interfaces, build, clear, switch, undo
from shaper.linux_rules import chain_of, read_chains, read_rules, rule_of
from shaper.linux_sets import (
    create_sets,
    has_all_lists,
    list_names,
    listed_of,
    read_list_sets,
    read_list_table,
    read_listed,
)
from shaper.linux_state import MAJOR, Chain, LeafKind, LinuxState
from shaper.linux_tc import (
    Qdisc,
    add_root,
    get_class,
    get_leaf,
    is_our_filter,
    probe,
    qdisc_of,
    read_classes,
    read_filters,
    read_qdiscs,
)
from shaper.queue import Listed, Network

__all__ = ["Kernel"]

NETLINK_ROUTE: Final = 0
NETLINK_NETFILTER: Final = 12
LOOPBACK: Final = 1


class Kernel:
    """The sockets, and who they make us: a table is owned by the socket that made it."""

    def __init__(self) -> None:
        try:
            self._route = NetlinkSocket(NETLINK_ROUTE)
            self._tables = NetlinkSocket(NETLINK_NETFILTER)
        except PermissionError as error:
            raise Refused(
                "only with CAP_NET_ADMIN can queues of this machine be set",
                remedy="start the shaper as turnpike-shaper.service does",
                exit_code=ExitCode.CONFIGURATION,
            ) from error
        self._flags = OWNED | PERSISTENT
        self.kinds = self._known()

    def close(self) -> None:
        """What has been set stays in force."""
        self._route.close()
        self._tables.close()

    def _known(self) -> frozenset[LeafKind]:
        """The leaves that queues can have here; every kernel has the plain queue."""
        better = [kind for kind in LeafKind if kind is not LeafKind.BFIFO]
        refused = self._route.carry_out([probe(LOOPBACK, kind.value) for kind in better])
        unknown = {better[at] for at, each in refused.items() if each.errno == errno.ENOENT}
        return frozenset(LeafKind) - unknown

    def read(self, interfaces: Interfaces, table: str) -> LinuxState:
        """Everything. Raises Refused where somebody else shapes an interface."""
        qdiscs = [qdisc_of(reply) for reply in self._route.dump(read_qdiscs())]
        down = self._side(interfaces.down, qdiscs)
        up = self._side(interfaces.up, qdiscs)
        state = state_of(down, up, self._table(table))
        return replace(state, listed=self._listed(table), walls=self._walls(table))

    def octets(self, interfaces: Interfaces, ids: Sequence[int]) -> Mapping[int, tuple[int, int]]:
        """What went through each class since it was made: down, up."""
        down = self._some(interfaces.down, ids).octets
        up = self._some(interfaces.up, ids).octets
        return {at: (down[at], up[at]) for at in down.keys() & up.keys()}

    def take(self, interfaces: Interfaces, table: str) -> None:
        """Our HTB at both interfaces, through which everything passes unlimited, our table, and
        the sets that others' rules look in, where they are not yet.
        """
        for interface in (interfaces.down, interfaces.up):
            for refusal in self._route.carry_out(list(add_root(interface))).values():
                if refusal.errno != errno.EEXIST:
                    problem = f"no HTB with a BPF filter: {refusal}"
                    raise unavailable(problem, "load modules sch_htb and cls_bpf")
        failed = self._tables.transaction(batch([create_table(table, self._flags)]))
        if any(each.errno == errno.EOPNOTSUPP for each in failed.values()):
            # Before Linux 6.9 no table outlives its owner: one that nobody owns has to do.
            self._flags = 0
            failed = self._tables.transaction(batch([create_table(table, self._flags)]))
        for refusal in failed.values():
            if refusal.errno == errno.EPERM:
                raise unavailable(f"another process owns table {table}", "stop the other shaper")
            raise unavailable(
                f"no nftables: {refusal}", "load modules nf_tables and nft_fwd_netdev"
            )
        if not has_all_lists(self._lists(table)):
            self._take_lists(table)

    def _take_lists(self, table: str) -> None:
        for refusal in self._tables.transaction(batch(create_sets(table))).values():
            if refusal.errno == errno.EEXIST:
                problem = f"table inet {table} has other sets than ours: {refusal}"
                raise unavailable(problem, "write its sets as docs/shaper.md does")
            raise unavailable(
                f"no sets in a table inet: {refusal}", "CONFIG_NF_TABLES_INET is needed"
            )

    def change(
        self,
        plan: LinuxPlan,
        before: LinuxState,
        *,
        interfaces: Interfaces,
        table: str,
        chains: Sequence[Chain],
    ) -> tuple[str, ...]:
        """Carry the plan out. What the kernel refused is told; then what was stays in force."""
        built = list(build(plan, interfaces))
        failed = self._route.carry_out([request for _, request in built])
        problems = [f"{built[at][0].queue.name}: {refusal}" for at, refusal in failed.items()]
        if not problems:
            moves = list(switch(plan, before, table=table, chains=chains))
            failed = self._tables.transaction(batch(moves)) if moves else {}
            problems = [f"table {table}: {refusal}" for refusal in failed.values()]
        if problems:
            self._route.carry_out(list(undo(plan, interfaces)))
            return tuple(problems)
        failed = self._route.carry_out(list(clear(plan, interfaces)))
        return tuple(
            f"a class is left: {refusal}"
            for refusal in failed.values()
            if refusal.errno != errno.ENOENT
        )

    def confirm(self, plan: LinuxPlan, interfaces: Interfaces, table: str) -> bool:
        """Whether what the plan was about is now as planned."""
        ids = [each.at for each in plan.placed]
        above = {each.at: each.above for each in plan.placed}
        for interface, wanted in (
            (interfaces.down, {each.at: each.queue.down for each in plan.placed}),
            (interfaces.up, {each.at: each.queue.up for each in plan.placed}),
        ):
            side = self._some(interface, ids)
            if (side.classes, side.above) != (wanted, above):
                return False
            if self._route.get([get_class(interface, at) for at in plan.cleared]):
                return False
        labels = self._tables.get(list(get_labels(table, ids)))
        if dict(labels_of(labels)) != {each.at: label_of(each.queue) for each in plan.placed}:
            return False
        if (plan.on_lists or plan.off_lists) and self._listed(table) != plan.after.listed:
            return False
        wanted_addresses = {to: each.at for each in plan.placed for to in each.queue.targets}
        if self._addresses(table, wanted_addresses) != wanted_addresses:
            return False
        left = (each for each in plan.unaddressed if each not in wanted_addresses)
        return not any(self._addresses(table, [each]) for each in left)

    def _side(self, interface: int, qdiscs: Sequence[Qdisc]) -> Side:
        here = [qdisc for qdisc in qdiscs if qdisc.interface == interface]
        root = next((qdisc for qdisc in here if qdisc.is_root and qdisc.handle), None)
        if root is None:
            return Side()
        if root.handle != MAJOR << 16 or root.kind != "htb":
            name = socket.if_indextoname(interface)
            raise Refused(
                f"qdisc {root.kind} {root.handle >> 16:x}: of {name} is not Turnpike's",
                remedy=f"`tc qdisc del dev {name} root`, or let Turnpike shape another interface",
                exit_code=ExitCode.CONFIGURATION,
            )
        filters = self._route.dump(read_filters(interface))
        return side_of(
            self._route.dump(read_classes(interface)), here, rooted=any(map(is_our_filter, filters))
        )

    def _some(self, interface: int, ids: Sequence[int]) -> Side:
        classes = self._route.get([get_class(interface, at) for at in ids])
        leaves = self._route.get([get_leaf(interface, at) for at in ids])
        return side_of(classes, [qdisc_of(reply) for reply in leaves], rooted=True)

    def _addresses(self, table: str, networks: Iterable[Network]) -> Mapping[Network, int]:
        """Their classes; none after the first that has none."""
        found: dict[Network, int] = {}
        for key, request in get_addresses(table, networks):
            found |= addresses_of(self._tables.get([request]), key)
        return found

    def _table(self, table: str) -> Table | None:
        if not self._tables.get([read_table(table)]):
            return None
        maps = [map_of(reply) for reply in self._tables.dump(read_sets(table))]
        if None not in maps:
            return None
        addresses: dict[Network, int] = {}
        for key in maps:
            if key is not None:
                addresses |= addresses_of(self._tables.dump(read_addresses(table, key)), key)
        return Table(
            labels=dict(labels_of(self._tables.dump(read_labels(table)))),
            addresses=addresses,
            maps=frozenset(key for key in maps if key is not None),
            chains=tuple(self._chains(table)),
        )

    def _listed(self, table: str) -> frozenset[Listed]:
        """Who is on the lists, by whomever."""
        return frozenset(
            listed
            for key in self._lists(table)
            for listed in listed_of(self._tables.dump(read_listed(table, key)), key)
        )

    def _lists(self, table: str) -> Sequence[tuple[str, int]]:
        """The lists that there are."""
        if not self._tables.get([read_list_table(table)]):
            return ()
        return list_names(self._tables.dump(read_list_sets(table)))

    def _walls(self, table: str) -> bool:
        """Whether any rule stands beside the lists."""
        return bool(self._tables.dump(read_rules(table, FAMILY_INET)))

    def _chains(self, table: str) -> Iterator[Chain]:
        rules = [rule_of(reply) for reply in self._tables.dump(read_rules(table))]
        for reply in self._tables.dump(read_chains(table)):
            chain = chain_of(reply, table)
            if chain is not None:
                mine = tuple(rule for name, rule in rules if name == chain.name)
                yield replace(chain, rules=mine)


def unavailable(problem: str, remedy: str) -> Refused:
    return Refused(problem, remedy=remedy, exit_code=ExitCode.UNAVAILABLE)
