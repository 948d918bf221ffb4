"""What the kernel answered, put together (pure)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from shaper.linux_classes import PLANS_REMEMBERED
from shaper.linux_maps import Label
from shaper.linux_netlink import Reply
from shaper.linux_state import (
    MAJOR,
    NAMELESS,
    Chain,
    HtbClass,
    Leaf,
    LinuxQueue,
    LinuxState,
    MapKey,
    class_id,
    major_of,
    number_of,
)
from shaper.linux_tc import FoundClass, Qdisc, class_of
from shaper.queue import Network

__all__ = ["Side", "Table", "side_of", "state_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One interface: its classes with their leaves by class id, the class id above each, the
    octets that each let through since it was made; and the class above each family.
    """

    classes: Mapping[int, HtbClass] = field(default_factory=dict)
    above: Mapping[int, int] = field(default_factory=dict)
    octets: Mapping[int, int] = field(default_factory=dict)
    families: Mapping[int, int] = field(default_factory=dict)
    rooted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What nftables knows."""

    labels: Mapping[int, Label]
    addresses: Mapping[Network, int]
    maps: frozenset[MapKey] = frozenset()
    chains: tuple[Chain, ...] = ()


def side_of(replies: Iterable[Reply], qdiscs: Iterable[Qdisc], *, rooted: bool) -> Side:
    """The classes of an interface and the qdiscs that were found there."""
    found = [each for each in map(class_of, replies) if each is not None]
    above = {each.at: each.parent for each in found}
    by_handle = {number_of(qdisc.handle >> 16): qdisc for qdisc in qdiscs}
    families = {
        number: number_of(above[place])
        for number, qdisc in by_handle.items()
        if qdisc.kind == "htb" and (place := class_id(MAJOR, number)) in above
    }
    queues = [each for each in found if number_of(each.at) not in families]
    return Side(
        classes={each.at: with_leaf(each, by_handle) for each in queues},
        above=above,
        octets={each.at: each.octets for each in queues},
        families=families,
        rooted=rooted,
    )


def with_leaf(found: FoundClass, by_handle: Mapping[int, Qdisc]) -> HtbClass:
    qdisc = by_handle.get(number_of(found.at))
    if qdisc is None or qdisc.leaf is None:
        return found.htb_class
    return joined(found.htb_class, qdisc.leaf)


@lru_cache(maxsize=PLANS_REMEMBERED)
def joined(htb_class: HtbClass, leaf: Leaf) -> HtbClass:
    return replace(htb_class, leaf=leaf)


def state_of(down: Side, up: Side, table: Table | None) -> LinuxState:
    """All of it; without a table nothing has a name or an address."""
    labels = table.labels if table else {}
    targets: defaultdict[int, set[Network]] = defaultdict(set)
    for network, at in (table.addresses if table else {}).items():
        targets[at].add(network)
    known = {*labels, *down.classes, *up.classes, *targets}
    families = dict(down.families.items() & up.families.items())
    known |= {
        class_id(MAJOR, number)
        for number in {*down.families, *up.families}
        if number not in families
    }
    names = {at: labels[at].name if at in labels else f"{NAMELESS}{at:x}" for at in known}
    queues = {
        name: LinuxQueue(
            name=name,
            subject=labels[at].subject if at in labels else "",
            parent=parent_of(at, down, up, families, names),
            targets=frozenset(targets[at]),
            down=down.classes.get(at),
            up=up.classes.get(at),
        )
        for at, name in names.items()
    }
    return LinuxState(
        queues=queues,
        ids={name: at for at, name in names.items()},
        families=families,
        addresses=table.addresses if table else {},
        rooted=down.rooted and up.rooted,
        table=table is not None,
        maps=table.maps if table else frozenset(),
        chains=table.chains if table else (),
    )


def parent_of(
    at: int, down: Side, up: Side, families: Mapping[int, int], names: Mapping[int, str]
) -> str | None:
    """The name of the queue above; of a class without a proper place, a name that none has."""
    if major_of(at) != MAJOR:
        numbers = {families[major_of(at)]} if major_of(at) in families else set()
    else:
        numbers = {number_of(side.above[at]) for side in (down, up) if at in side.above}
    if len(numbers) != 1:
        return NAMELESS
    number = numbers.pop()
    return names.get(class_id(MAJOR, number), NAMELESS) if number else None
