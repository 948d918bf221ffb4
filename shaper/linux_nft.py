"""Names and addresses as nftables' messages, and back (linux/netfilter/nf_tables.h).

Everything of an interface is one table of family `netdev`. Its set `queues` has the classes that
are ours, whose they are as their comments; its map `v4_32` the class of every IPv4 address, `v6_56`
of every such prefix, and so on. `nft list table netdev turnpike_eth1` shows it.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from shaper.linux_netlink import (
    CREATE,
    EXCLUSIVE,
    Reply,
    Request,
    attribute,
    attributes,
    members,
    nested,
    string_of,
    text,
)
from shaper.linux_state import MAJOR, LinuxQueue, MapKey, class_id, major_of
from shaper.queue import Network

__all__ = [
    "OWNED",
    "PERSISTENT",
    "Label",
    "addresses_of",
    "batch",
    "comment",
    "comment_of",
    "create_label_set",
    "create_map",
    "create_table",
    "delete_addresses",
    "delete_labels",
    "label_of",
    "labels_of",
    "map_name",
    "map_of",
    "message",
    "put_addresses",
    "put_labels",
    "read_addresses",
    "read_labels",
    "read_maps",
    "read_table",
    "said_in",
    "word",
]

SUBSYSTEM, BATCH_BEGIN, BATCH_END = 10, 16, 17
FAMILY_NETDEV = 5
NEW_TABLE, GET_TABLE = 0, 1
NEW_SET, GET_SET = 9, 10
NEW_ELEMENT, GET_ELEMENT, DELETE_ELEMENT = 12, 13, 14
TABLE_FLAGS = 2
OWNED, PERSISTENT = 0x2, 0x4
SET_NAME, SET_FLAGS, SET_KEY_TYPE, SET_KEY_LENGTH, SET_DATA_TYPE, SET_DATA_LENGTH = range(2, 8)
SET_ID, SET_USER_DATA = 10, 13
SET_IS_MAP = 0x8
ELEMENTS_SET, ELEMENTS = 2, 3
ELEMENT, ELEMENT_KEY, ELEMENT_DATA, ELEMENT_USER_DATA = 1, 1, 2, 6
VALUE = 1
COMMENT = 0
KEY_ORDER, DATA_ORDER, HOST_ORDER, NETWORK_ORDER = 0, 1, 1, 2
TYPE_IPV4, TYPE_IPV6, TYPE_MARK, TYPE_CLASS_ID = 7, 8, 19, 23
TYPE_MARK_AND_CLASS_ID = TYPE_MARK << 6 | TYPE_CLASS_ID
"""nft's own: what the kernel keeps for it, so that it shows things as they are."""

LABELS = "queues"
MESSAGE_OCTETS_MAX = 60_000
"""An attribute ends at 64 KiB, so one message has about a thousand elements."""
GENERAL = struct.Struct(">BBH")
WORD = struct.Struct(">I")
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


def message(kind: int, flags: int, table: str, *more: bytes) -> Request:
    """A message about our table; the table's name is attribute 1 of every kind."""
    body = GENERAL.pack(FAMILY_NETDEV, 0, 0) + text(1, table) + b"".join(more)
    return Request(kind=SUBSYSTEM << 8 | kind, flags=flags, body=body)


def batch(requests: Iterable[Request]) -> list[Request]:
    """The requests as one transaction."""
    fence = GENERAL.pack(0, 0, SUBSYSTEM)
    return [
        Request(kind=BATCH_BEGIN, flags=0, body=fence),
        *requests,
        Request(kind=BATCH_END, flags=0, body=fence),
    ]


def word(kind: int, value: int) -> bytes:
    """A number of 32 bits, in network order as everywhere in nftables."""
    return attribute(kind, WORD.pack(value))


def comment(kind: int, said: str) -> bytes:
    """A comment as nft writes it into user data."""
    value = said.encode() + b"\0"
    return attribute(kind, bytes((COMMENT, len(value))) + value)


def comment_of(user_data: memoryview) -> str:
    return string_of(user_data[2:])


def byte_order(of: int, order: int) -> bytes:
    return bytes((of, CLASS_ID.size)) + CLASS_ID.pack(order)


def map_name(key: MapKey) -> str:
    """`v4_32` for IPv4 addresses."""
    version, length = key
    return f"v{version}_{length}"


def create_table(table: str, flags: int) -> Request:
    """Owned, nobody else changes or flushes it; persistent, it outlives its owner."""
    return message(NEW_TABLE, CREATE, table, word(TABLE_FLAGS, flags))


def create_label_set(table: str) -> Request:
    return message(
        NEW_SET,
        CREATE | EXCLUSIVE,
        table,
        text(SET_NAME, LABELS),
        word(SET_KEY_TYPE, TYPE_CLASS_ID),
        word(SET_KEY_LENGTH, CLASS_ID.size),
        word(SET_ID, 1),
        attribute(SET_USER_DATA, byte_order(KEY_ORDER, HOST_ORDER)),
    )


def create_map(table: str, key: MapKey) -> Request:
    version, length = key
    return message(
        NEW_SET,
        CREATE | EXCLUSIVE,
        table,
        text(SET_NAME, map_name(key)),
        word(SET_FLAGS, SET_IS_MAP),
        word(SET_KEY_TYPE, TYPE_IPV4 if version == 4 else TYPE_IPV6),
        word(SET_KEY_LENGTH, 4 if version == 4 else 16),
        word(SET_DATA_TYPE, TYPE_MARK_AND_CLASS_ID),
        word(SET_DATA_LENGTH, PLACE_AND_CLASS.size),
        word(SET_ID, version << 8 | length),
        attribute(
            SET_USER_DATA,
            byte_order(KEY_ORDER, NETWORK_ORDER) + byte_order(DATA_ORDER, HOST_ORDER),
        ),
    )


def put_labels(table: str, queues: Mapping[int, LinuxQueue]) -> Iterator[Request]:
    made = (
        element(CLASS_ID.pack(at), comment(ELEMENT_USER_DATA, str(label_of(queue))))
        for at, queue in queues.items()
    )
    return elements(NEW_ELEMENT, CREATE, table, LABELS, made)


def delete_labels(table: str, ids: Iterable[int]) -> Iterator[Request]:
    gone = (element(CLASS_ID.pack(at)) for at in ids)
    return elements(DELETE_ELEMENT, 0, table, LABELS, gone)


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
        yield from elements(NEW_ELEMENT, CREATE, table, map_name(key), made)


def delete_addresses(table: str, networks: Iterable[Network]) -> Iterator[Request]:
    for key, gone in by_map(networks).items():
        keys = (element(network.network_address.packed) for network in gone)
        yield from elements(DELETE_ELEMENT, 0, table, map_name(key), keys)


def by_map(networks: Iterable[Network]) -> dict[MapKey, list[Network]]:
    sorted_out: dict[MapKey, list[Network]] = {}
    for network in networks:
        sorted_out.setdefault((network.version, network.prefixlen), []).append(network)
    return sorted_out


def destination(at: int) -> bytes:
    return PLACE_AND_CLASS.pack(class_id(MAJOR, major_of(at)), at)


def element(key: bytes, *more: bytes) -> bytes:
    return nested(ELEMENT, nested(ELEMENT_KEY, attribute(VALUE, key)), *more)


def elements(
    kind: int, flags: int, table: str, set_name: str, listed: Iterable[bytes]
) -> Iterator[Request]:
    """What is listed, in as many messages as it needs."""
    for chunk in chunks(listed):
        chosen = (text(ELEMENTS_SET, set_name), nested(ELEMENTS, *chunk))
        yield message(kind, flags, table, *chosen)


def chunks(listed: Iterable[bytes]) -> Iterator[list[bytes]]:
    chunk: list[bytes] = []
    size = 0
    for member in listed:
        if size + len(member) > MESSAGE_OCTETS_MAX:
            yield chunk
            chunk, size = [], 0
        chunk.append(member)
        size += len(member)
    if chunk:
        yield chunk


def read_table(table: str) -> Request:
    return message(GET_TABLE, 0, table)


def read_maps(table: str) -> Request:
    return message(GET_SET, 0, table)


def read_labels(table: str) -> Request:
    return message(GET_ELEMENT, 0, table, text(ELEMENTS_SET, LABELS))


def read_addresses(table: str, key: MapKey) -> Request:
    return message(GET_ELEMENT, 0, table, text(ELEMENTS_SET, map_name(key)))


def get_labels(table: str, ids: Iterable[int]) -> Iterator[Request]:
    """These only, where they are."""
    wanted = (element(CLASS_ID.pack(at)) for at in ids)
    return elements(GET_ELEMENT, 0, table, LABELS, wanted)


def get_addresses(table: str, networks: Iterable[Network]) -> Iterator[tuple[MapKey, Request]]:
    """These only, where they are: the requests to each map."""
    for key, sought in by_map(networks).items():
        wanted = (element(network.network_address.packed) for network in sought)
        for request in elements(GET_ELEMENT, 0, table, map_name(key), wanted):
            yield key, request


def said_in(reply: Reply) -> dict[int, memoryview]:
    """The attributes of a reply."""
    return attributes(reply.body[GENERAL.size :])


def map_of(reply: Reply) -> MapKey | None:
    """The map that a set is, None for the set of labels."""
    name = string_of(said_in(reply)[SET_NAME])
    version, _, length = name.removeprefix("v").partition("_")
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


def members_of(replies: Iterable[Reply]) -> Iterator[tuple[memoryview, dict[int, memoryview]]]:
    """The key and the attributes of each element."""
    for reply in replies:
        listed = said_in(reply).get(ELEMENTS, memoryview(b""))
        for _, member in members(listed):
            said = attributes(member)
            yield attributes(said[ELEMENT_KEY])[VALUE], said
