"""The chains that classify, as nftables' messages, and back.

A packet's priority is its class: HTB looks a class up by it before it asks any filter. Its mark is
the place of its family, which the root's filter returns. Each rule looks in one map, that of the
longest prefixes first; what no map has passes unlimited.
"""

import struct

from shaper.linux_maps import map_name
from shaper.linux_netlink import (
    CREATE,
    Reply,
    Request,
    attribute,
    attributes,
    nested,
    string_of,
    text,
)
from shaper.linux_nft import FAMILY_NETDEV, comment, comment_of, message, said_in, word
from shaper.linux_state import Chain, Hook, Rule

__all__ = [
    "chain_of",
    "create_chain",
    "create_rule",
    "delete_chain",
    "delete_rules",
    "read_chains",
    "read_rules",
    "rule_of",
]

NEW_CHAIN, GET_CHAIN, DELETE_CHAIN = 3, 4, 5
NEW_RULE, GET_RULE, DELETE_RULE = 6, 7, 8
APPEND = 0x800
TABLE, CHAIN_NAME, CHAIN_HOOK, CHAIN_TYPE = 1, 3, 4, 7
HOOK_NUMBER, HOOK_PRIORITY, HOOK_DEVICE = 1, 2, 3
HOOKS = {Hook.INGRESS: 0, Hook.EGRESS: 1}
PRIORITY = struct.Struct(">i").pack(-400)
"""Before flow tables and whatever else stands at a hook, which begin at -300."""
RULE_CHAIN, RULE_EXPRESSIONS, RULE_USER_DATA = 2, 4, 7
EXPRESSION, EXPRESSION_NAME, EXPRESSION_DATA = 1, 1, 2
VERDICT_REGISTER, REGISTER, RESULT_REGISTER = 0, 1, 2
MARK_REGISTER, PRIORITY_REGISTER = 12, 13
"""The first two words of the result."""
VALUE, VERDICT, VERDICT_CODE, ACCEPT = 1, 2, 1, 1
META_TO, META_KEY, META_FROM = 1, 2, 3
META_PROTOCOL, META_PRIORITY, META_MARK = 1, 2, 3
EQUAL = 0
NETWORK_HEADER = 1
ETHERNET_TYPES = {4: b"\x08\x00", 6: b"\x86\xdd"}
HOST_WORD, WORD = struct.Struct("=I"), struct.Struct(">I")
OFFSETS = {(4, "saddr"): 12, (4, "daddr"): 16, (6, "saddr"): 8, (6, "daddr"): 24}
"""Where the addresses are in the headers of RFC 791 and RFC 8200."""


def create_chain(table: str, chain: Chain) -> Request:
    """Empty; its default is to let pass."""
    hook = nested(
        CHAIN_HOOK,
        word(HOOK_NUMBER, HOOKS[chain.hook]),
        attribute(HOOK_PRIORITY, PRIORITY),
        text(HOOK_DEVICE, chain.interface),
    )
    more = (text(CHAIN_NAME, chain.name), hook, text(CHAIN_TYPE, "filter"))
    return message(NEW_CHAIN, CREATE, table, *more)


def delete_chain(table: str, name: str) -> Request:
    return message(DELETE_CHAIN, 0, table, text(CHAIN_NAME, name))


def delete_rules(table: str, chain: str) -> Request:
    """All rules of a chain."""
    return message(DELETE_RULE, 0, table, text(RULE_CHAIN, chain))


def create_rule(table: str, chain: Chain, rule: Rule) -> Request:
    """After those that the chain has."""
    version, length = rule.map_key
    octets = 4 if version == 4 else 16
    steps = [
        expression("meta", word(META_TO, REGISTER), word(META_KEY, META_PROTOCOL)),
        expression("cmp", word(1, REGISTER), word(2, EQUAL), value(3, ETHERNET_TYPES[version])),
        expression(
            "payload",
            word(1, REGISTER),
            word(2, NETWORK_HEADER),
            word(3, OFFSETS[version, rule.field]),
            word(4, octets),
        ),
    ]
    if length < octets * 8:
        steps.append(masked(octets, length))
    steps += [
        expression(
            "lookup",
            text(1, map_name(rule.map_key)),
            word(2, REGISTER),
            word(3, RESULT_REGISTER),
        ),
        expression("meta", word(META_KEY, META_MARK), word(META_FROM, MARK_REGISTER)),
        expression("meta", word(META_KEY, META_PRIORITY), word(META_FROM, PRIORITY_REGISTER)),
        *leave(rule),
    ]
    return message(
        NEW_RULE,
        CREATE | APPEND,
        table,
        text(RULE_CHAIN, chain.name),
        nested(RULE_EXPRESSIONS, *steps),
        comment(RULE_USER_DATA, str(rule)),
    )


def masked(octets: int, length: int) -> bytes:
    mask = ((1 << length) - 1 << octets * 8 - length).to_bytes(octets)
    return expression(
        "bitwise",
        word(1, REGISTER),
        word(2, REGISTER),
        word(3, octets),
        value(4, mask),
        value(5, bytes(octets)),
    )


def leave(rule: Rule) -> list[bytes]:
    """How a packet that has its class goes on."""
    if rule.forward_to is None:
        accept = nested(VERDICT, word(VERDICT_CODE, ACCEPT))
        return [expression("immediate", word(1, VERDICT_REGISTER), nested(2, accept))]
    interface = HOST_WORD.pack(rule.forward_to)
    return [
        expression("immediate", word(1, REGISTER), value(2, interface)),
        expression("fwd", word(1, REGISTER)),
    ]


def expression(name: str, *members: bytes) -> bytes:
    return nested(EXPRESSION, text(EXPRESSION_NAME, name), nested(EXPRESSION_DATA, *members))


def value(kind: int, content: bytes) -> bytes:
    return nested(kind, attribute(VALUE, content))


def read_chains(table: str) -> Request:
    """The chains of every table of the family."""
    return message(GET_CHAIN, 0, table)


def read_rules(table: str, family: int = FAMILY_NETDEV) -> Request:
    """The rules of all chains of the table."""
    return message(GET_RULE, 0, table, family=family)


def chain_of(reply: Reply, table: str) -> Chain | None:
    """A chain without its rules; None where it is not on an interface, or of another table."""
    said = said_in(reply)
    if string_of(said[TABLE]) != table or CHAIN_HOOK not in said:
        return None
    hook = attributes(said[CHAIN_HOOK])
    if HOOK_DEVICE not in hook:
        return None
    (number,) = WORD.unpack(hook[HOOK_NUMBER])
    return Chain(
        name=string_of(said[CHAIN_NAME]),
        hook=next(each for each, known in HOOKS.items() if known == number),
        interface=string_of(hook[HOOK_DEVICE]),
        rules=(),
    )


def rule_of(reply: Reply) -> tuple[str, Rule | None]:
    """A rule and its chain's name; None where it does not say what it does, so is not ours."""
    said = said_in(reply)
    chain = string_of(said[RULE_CHAIN])
    if RULE_USER_DATA not in said:
        return chain, None
    return chain, Rule.of_text(comment_of(said[RULE_USER_DATA]))
