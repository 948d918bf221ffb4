"""nftables' messages, and back (linux/netfilter/nf_tables.h): tables, sets and their elements.

Everything of an interface is in tables of one name: that of family `netdev` is in `linux_maps` and
`linux_rules`, that of family `inet` in `linux_sets`.
"""

import struct
from collections.abc import Iterable, Iterator

from shaper.linux_netlink import (
    CREATE,
    Reply,
    Request,
    attribute,
    attributes,
    members,
    nested,
    string_of,
    text,
)

__all__ = [
    "ADDRESS_OCTETS",
    "ADDRESS_TYPES",
    "DELETE_ELEMENT",
    "ELEMENT_DATA",
    "ELEMENT_FLAGS",
    "ELEMENT_USER_DATA",
    "FAMILY_INET",
    "FAMILY_NETDEV",
    "HOST_ORDER",
    "KEY_ORDER",
    "NETWORK_ORDER",
    "NEW_ELEMENT",
    "OWNED",
    "PERSISTENT",
    "SET_FLAGS",
    "VALUE",
    "batch",
    "byte_order",
    "comment",
    "comment_of",
    "create_set",
    "create_table",
    "element",
    "elements",
    "get_elements",
    "members_of",
    "message",
    "read_elements",
    "read_sets",
    "read_table",
    "said_in",
    "set_name_of",
    "word",
]

SUBSYSTEM, BATCH_BEGIN, BATCH_END = 10, 16, 17
FAMILY_INET, FAMILY_NETDEV = 1, 5
NEW_TABLE, GET_TABLE = 0, 1
NEW_SET, GET_SET = 9, 10
NEW_ELEMENT, GET_ELEMENT, DELETE_ELEMENT = 12, 13, 14
TABLE_FLAGS = 2
OWNED, PERSISTENT = 0x2, 0x4
SET_NAME, SET_FLAGS, SET_KEY_TYPE, SET_KEY_LENGTH = 2, 3, 4, 5
SET_ID, SET_USER_DATA = 10, 13
ELEMENTS_SET, ELEMENTS = 2, 3
ELEMENT, ELEMENT_KEY, ELEMENT_DATA, ELEMENT_FLAGS, ELEMENT_USER_DATA = 1, 1, 2, 3, 6
VALUE = 1
COMMENT = 0
KEY_ORDER, HOST_ORDER, NETWORK_ORDER = 0, 1, 2
ADDRESS_TYPES = {4: 7, 6: 8}
"""nft's own numbers: what the kernel keeps for it, so that it shows things as they are."""
ADDRESS_OCTETS = {4: 4, 6: 16}

MESSAGE_OCTETS_MAX = 60_000
"""An attribute ends at 64 KiB, so one message has about a thousand elements."""
GENERAL = struct.Struct(">BBH")
WORD = struct.Struct(">I")
HOST_WORD = struct.Struct("=I")


def message(
    kind: int, flags: int, table: str, *more: bytes, family: int = FAMILY_NETDEV
) -> Request:
    """A message about our table; the table's name is attribute 1 of every kind."""
    body = GENERAL.pack(family, 0, 0) + text(1, table) + b"".join(more)
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
    """User data of a set, from which nft knows how to show its keys or values."""
    return bytes((of, HOST_WORD.size)) + HOST_WORD.pack(order)


def create_table(table: str, flags: int, family: int = FAMILY_NETDEV) -> Request:
    """Owned, nobody else changes or flushes it; persistent, it outlives its owner."""
    return message(NEW_TABLE, CREATE, table, word(TABLE_FLAGS, flags), family=family)


def create_set(
    table: str,
    name: str,
    *more: bytes,
    key: tuple[int, int],
    number: int,
    user_data: bytes,
    flags: int = CREATE,
    family: int = FAMILY_NETDEV,
) -> Request:
    """A set or map; `key` is the type and length of its keys, `number` any that no other set of
    the transaction has.
    """
    key_type, key_octets = key
    return message(
        NEW_SET,
        flags,
        table,
        text(SET_NAME, name),
        word(SET_KEY_TYPE, key_type),
        word(SET_KEY_LENGTH, key_octets),
        *more,
        word(SET_ID, number),
        attribute(SET_USER_DATA, user_data),
        family=family,
    )


def element(key: bytes, *more: bytes) -> bytes:
    return nested(ELEMENT, nested(ELEMENT_KEY, attribute(VALUE, key)), *more)


def elements(
    kind: int,
    table: str,
    set_name: str,
    listed: Iterable[bytes],
    *,
    flags: int = 0,
    family: int = FAMILY_NETDEV,
) -> Iterator[Request]:
    """What is listed, in as many messages as it needs."""
    for chunk in chunks(listed):
        chosen = (text(ELEMENTS_SET, set_name), nested(ELEMENTS, *chunk))
        yield message(kind, flags, table, *chosen, family=family)


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


def read_table(table: str, family: int = FAMILY_NETDEV) -> Request:
    return message(GET_TABLE, 0, table, family=family)


def read_sets(table: str, family: int = FAMILY_NETDEV) -> Request:
    """All sets and maps of the table."""
    return message(GET_SET, 0, table, family=family)


def read_elements(table: str, set_name: str, family: int = FAMILY_NETDEV) -> Request:
    """All of the set."""
    return message(GET_ELEMENT, 0, table, text(ELEMENTS_SET, set_name), family=family)


def get_elements(table: str, set_name: str, keys: Iterable[bytes]) -> Iterator[Request]:
    """These only, where they are."""
    return elements(GET_ELEMENT, table, set_name, map(element, keys))


def said_in(reply: Reply) -> dict[int, memoryview]:
    """The attributes of a reply."""
    return attributes(reply.body[GENERAL.size :])


def set_name_of(reply: Reply) -> str:
    return string_of(said_in(reply)[SET_NAME])


def members_of(replies: Iterable[Reply]) -> Iterator[tuple[memoryview, dict[int, memoryview]]]:
    """The key and the attributes of each element."""
    for reply in replies:
        listed = said_in(reply).get(ELEMENTS, memoryview(b""))
        for _, member in members(listed):
            said = attributes(member)
            yield attributes(said[ELEMENT_KEY])[VALUE], said
