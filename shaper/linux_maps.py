"""Names and addresses of classes, as they stand in nftables, and back.

The set `queues` has the classes that are ours, whose they are as their comments; the map `v4_32`
the class of every IPv4 address, `v6_56` of every such prefix, and so on. `nft list table netdev
turnpike_eth1` shows it.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from shaper.linux_netlink import CREATE, EXCLUSIVE, Reply, Request, attribute, attributes, nested
from shaper.linux_nft import (
    ADDRESS_OCTETS,
    ADDRESS_TYPES,
    DELETE_ELEMENT,
    ELEMENT_DATA,
    ELEMENT_USER_DATA,
    HOST_ORDER,
    KEY_ORDER,
    NETWORK_ORDER,
    NEW_ELEMENT,
    SET_FLAGS,
    VALUE,
    byte_order,
    comment,
    comment_of,
    create_set,
    element,
    elements,
    get_elements,
    members_of,
    read_elements,
    set_name_of,
    word,
)
from shaper.linux_state import MAJOR, LinuxQueue, MapKey, class_id, major_of
from shaper.queue import Network

__all__ = [
    "Label",
    "addresses_of",
    "create_label_set",
    "create_map",
    "delete_addresses",
    "delete_labels",
    "get_addresses",
    "get_labels",
    "label_of",
    "labels_of",
    "map_name",
    "map_of",
    "put_addresses",
    "put_labels",
    "read_addresses",
    "read_labels",
]

SET_DATA_TYPE, SET_DATA_LENGTH = 6, 7
SET_IS_MAP = 0x8
DATA_ORDER = 1
TYPE_MARK, TYPE_CLASS_ID = 19, 23
TYPE_MARK_AND_CLASS_ID = TYPE_MARK << 6 | TYPE_CLASS_ID

LABELS = "queues"
LABELS_NUMBER = 1
CLASS_ID = struct.Struct("=I")
PLACE_AND_CLASS = struct.Struct("=II")
"""What an address stands for: the class that is the place of its family, and its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Whose class it is."""

    name: str
    subject: str

    def __str__(self) -> str:
        return f"{self.subject} {self.name}"


def label_of(queue: LinuxQueue) -> Label:
    return Label(name=queue.name, subject=queue.subject)


def map_name(key: MapKey) -> str:
    """`v4_32` for IPv4 addresses."""
    version, length = key
    return f"v{version}_{length}"


def create_label_set(table: str) -> Request:
    return create_set(
        table,
        LABELS,
        key=(TYPE_CLASS_ID, CLASS_ID.size),
        number=LABELS_NUMBER,
        user_data=byte_order(KEY_ORDER, HOST_ORDER),
        flags=CREATE | EXCLUSIVE,
    )


def create_map(table: str, key: MapKey) -> Request:
    version, length = key
    return create_set(
        table,
        map_name(key),
        word(SET_FLAGS, SET_IS_MAP),
        word(SET_DATA_TYPE, TYPE_MARK_AND_CLASS_ID),
        word(SET_DATA_LENGTH, PLACE_AND_CLASS.size),
        key=(ADDRESS_TYPES[version], ADDRESS_OCTETS[version]),
        number=version << 8 | length,
        user_data=byte_order(KEY_ORDER, NETWORK_ORDER) + byte_order(DATA_ORDER, HOST_ORDER),
        flags=CREATE | EXCLUSIVE,
    )


def put_labels(table: str, queues: Mapping[int, LinuxQueue]) -> Iterator[Request]:
    made = (
        element(CLASS_ID.pack(at), comment(ELEMENT_USER_DATA, str(label_of(queue))))
        for at, queue in queues.items()
    )
    return elements(NEW_ELEMENT, table, LABELS, made, flags=CREATE)


def delete_labels(table: str, ids: Iterable[int]) -> Iterator[Request]:
    return elements(DELETE_ELEMENT, table, LABELS, (element(CLASS_ID.pack(at)) for at in ids))


def put_addresses(table: str, addresses: Mapping[Network, int]) -> Iterator[Request]:
    """Each map's elements; an address that has a class already must be deleted first."""
    for key, networks in by_map(addresses).items():
        made = (
            element(
                network.network_address.packed,
                nested(ELEMENT_DATA, attribute(VALUE, destination(addresses[network]))),
            )
            for network in networks
        )
        yield from elements(NEW_ELEMENT, table, map_name(key), made, flags=CREATE)


def delete_addresses(table: str, networks: Iterable[Network]) -> Iterator[Request]:
    for key, gone in by_map(networks).items():
        keys = (element(network.network_address.packed) for network in gone)
        yield from elements(DELETE_ELEMENT, table, map_name(key), keys)


def by_map(networks: Iterable[Network]) -> dict[MapKey, list[Network]]:
    sorted_out: dict[MapKey, list[Network]] = {}
    for network in networks:
        sorted_out.setdefault((network.version, network.prefixlen), []).append(network)
    return sorted_out


def destination(at: int) -> bytes:
    return PLACE_AND_CLASS.pack(class_id(MAJOR, major_of(at)), at)


def read_labels(table: str) -> Request:
    return read_elements(table, LABELS)


def read_addresses(table: str, key: MapKey) -> Request:
    return read_elements(table, map_name(key))


def get_labels(table: str, ids: Iterable[int]) -> Iterator[Request]:
    """These only, where they are."""
    return get_elements(table, LABELS, map(CLASS_ID.pack, ids))


def get_addresses(table: str, networks: Iterable[Network]) -> Iterator[tuple[MapKey, Request]]:
    """These only, where they are: the requests to each map."""
    for key, sought in by_map(networks).items():
        addresses = (network.network_address.packed for network in sought)
        for request in get_elements(table, map_name(key), addresses):
            yield key, request


def map_of(reply: Reply) -> MapKey | None:
    """The map that a set is, None for the set of labels."""
    version, _, length = set_name_of(reply).removeprefix("v").partition("_")
    return (int(version), int(length)) if length else None


def labels_of(replies: Iterable[Reply]) -> Iterator[tuple[int, Label]]:
    for key, said in members_of(replies):
        subject, _, name = comment_of(said[ELEMENT_USER_DATA]).partition(" ")
        yield CLASS_ID.unpack(key)[0], Label(name=name, subject=subject)


def addresses_of(replies: Iterable[Reply], key: MapKey) -> Iterator[tuple[Network, int]]:
    version, length = key
    network = IPv4Network if version == 4 else IPv6Network
    for address, said in members_of(replies):
        value = attributes(said[ELEMENT_DATA])[VALUE]
        yield network((bytes(address), length)), PLACE_AND_CLASS.unpack(value)[1]
