"""Who is behind the wall and who is kept out, as sets of nftables that the operator's own rules
look in; and back.

They are in a table of family `inet` that nobody owns: a rule finds the sets of its own table only,
so the operator's chains stand there beside them (docs/shaper.md). The comment of an element says
whose it is; elements without one of ours are somebody else's.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address, summarize_address_range
from itertools import pairwise
from typing import Final

from isp.access import Access
from shaper.desired import LISTS
from shaper.linux_netlink import CREATE, Reply, Request
from shaper.linux_nft import (
    ADDRESS_OCTETS,
    ADDRESS_TYPES,
    DELETE_ELEMENT,
    ELEMENT_FLAGS,
    ELEMENT_USER_DATA,
    FAMILY_INET,
    KEY_ORDER,
    NETWORK_ORDER,
    NEW_ELEMENT,
    SET_FLAGS,
    byte_order,
    comment,
    comment_of,
    create_set,
    create_table,
    element,
    elements,
    members_of,
    read_elements,
    read_sets,
    read_table,
    said_in,
    set_name_of,
    word,
)
from shaper.queue import Listed

__all__ = [
    "create_sets",
    "has_all_lists",
    "list_names",
    "listed_of",
    "put_on_lists",
    "read_list_sets",
    "read_list_table",
    "read_listed",
    "take_off_lists",
]

VERSIONS: Final = (4, 6)
SET_NAMES: Final[Mapping[tuple[str, int], str]] = {
    (list_name, version): f"{word_of}_v{version}"
    for list_name, word_of in ((LISTS[Access.WALLED], "walled"), (LISTS[Access.NONE], "suspended"))
    for version in VERSIONS
}
"""`walled_v4` and so on, by list and IP version."""

SET_IS_INTERVALS: Final = 0x4
ELEMENT_IS_END: Final = 0x1
"""Of an interval the first address is an element, and so is the one after the last."""
OURS: Final = re.compile(r"turnpike (s\d+)")


def create_sets(table: str) -> Iterator[Request]:
    """The table and its sets, where they are not yet."""
    yield create_table(table, 0, FAMILY_INET)
    for number, ((_, version), name) in enumerate(SET_NAMES.items(), 1):
        yield create_set(
            table,
            name,
            word(SET_FLAGS, SET_IS_INTERVALS),
            key=(ADDRESS_TYPES[version], ADDRESS_OCTETS[version]),
            number=number,
            user_data=byte_order(KEY_ORDER, NETWORK_ORDER),
            family=FAMILY_INET,
        )


def put_on_lists(table: str, listed: Collection[Listed]) -> Iterator[Request]:
    """No two of a set may have an address in common."""
    return of_sets(NEW_ELEMENT, table, listed, flags=CREATE)


def take_off_lists(table: str, listed: Collection[Listed]) -> Iterator[Request]:
    return of_sets(DELETE_ELEMENT, table, listed)


def of_sets(
    kind: int, table: str, listed: Collection[Listed], *, flags: int = 0
) -> Iterator[Request]:
    for key, name in SET_NAMES.items():
        here = [each for each in listed if (each.list_name, each.network.version) == key]
        here.sort(key=lambda each: each.network.network_address)
        ends = (end for each in here for end in interval(each))
        yield from elements(kind, table, name, ends, flags=flags, family=FAMILY_INET)


def interval(listed: Listed) -> Iterator[bytes]:
    """Its two elements; one that goes to the last address of all has no end."""
    first, last = listed.network.network_address, listed.network.broadcast_address
    yield element(first.packed, comment(ELEMENT_USER_DATA, f"turnpike {listed.subject}"))
    if int(last) + 1 < 1 << last.max_prefixlen:
        yield element((last + 1).packed, word(ELEMENT_FLAGS, ELEMENT_IS_END))


def read_list_table(table: str) -> Request:
    return read_table(table, FAMILY_INET)


def read_list_sets(table: str) -> Request:
    return read_sets(table, FAMILY_INET)


def list_names(replies: Iterable[Reply]) -> Sequence[tuple[str, int]]:
    """The lists, by name and IP version, whose sets there are."""
    names = {set_name_of(reply) for reply in replies if is_of_intervals(reply)}
    return [key for key, name in SET_NAMES.items() if name in names]


def is_of_intervals(reply: Reply) -> bool:
    flags = said_in(reply).get(SET_FLAGS, memoryview(b""))
    return bool(int.from_bytes(flags) & SET_IS_INTERVALS)


def has_all_lists(found: Collection[tuple[str, int]]) -> bool:
    """To make a set that is there again would cost the kernel as much as a change."""
    return SET_NAMES.keys() <= {*found}


def read_listed(table: str, key: tuple[str, int]) -> Request:
    return read_elements(table, SET_NAMES[key], FAMILY_INET)


def listed_of(replies: Iterable[Reply], key: tuple[str, int]) -> Iterator[Listed]:
    """What is on a list; what is not ours has no subject."""
    list_name, version = key
    address = IPv4Address if version == 4 else IPv6Address
    points = sorted(
        (int.from_bytes(number), ELEMENT_FLAGS not in said, said.get(ELEMENT_USER_DATA))
        for number, said in members_of(replies)
    )
    beyond = (1 << 8 * ADDRESS_OCTETS[version], False, None)
    for (first, begins, said), (after, _, _) in pairwise((*points, beyond)):
        if begins:
            match = OURS.fullmatch(comment_of(said)) if said is not None else None
            for network in summarize_address_range(address(first), address(after - 1)):
                subject = "" if match is None else match[1]
                yield Listed(list_name=list_name, network=network, subject=subject)
