"""A tree of queues as RouterOS rows, and rows as they were found."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from isp.limit import Limit
from shaper.queue import Listed, Queue, RateClass, Tree
from shaper.routeros_words import (
    ADDRESS_LIST,
    ADDRESS_LIST_6,
    MANGLE,
    SIMPLE,
    TREE,
    TYPE,
    canonical,
)
from shaper.row import Found, Owner, Row
from shaper.tag import COMMENT, Tag, digest, parse_tag

__all__ = ["PCQ_PREFIX", "found_row", "list_marked_by", "wanted_rows"]

PCQ_PREFIX: Final = "isp"
"""Queue types have no comment: those called `isp-<instance>-…` are ours."""

QUEUES_REMEMBERED: Final = 65_536
"""Of cycle after cycle nearly all are the same."""


def wanted_rows(tree: Tree, instance: str) -> tuple[Row, ...]:
    """Every row, each after the rows that it needs."""
    rows = [row for rate_class in tree.classes for row in _class_rows(rate_class, instance)]
    rows += [_queue_row(queue, instance) for queue in tree.queues]
    rows += [_listed_row(listed, instance) for listed in tree.listed]
    return tuple(rows)


def found_row(path: str, raw: Mapping[str, str], instance: str) -> Found:
    """A row as the router wrote it."""
    words = canonical(path, raw)
    tag = parse_tag(words.get(COMMENT, ""))
    ours = tag is not None and tag.instance == instance
    if path == TYPE:
        ours = words["name"].startswith(f"{PCQ_PREFIX}-{instance}-")
    owner = Owner.OURS if ours else Owner.FOREIGN
    if raw.get("dynamic") in ("true", "yes"):
        owner = Owner.DYNAMIC
    subject = tag.subject if tag is not None and owner is Owner.OURS else ""
    key = _key(path, subject, words) if owner is Owner.OURS else raw[".id"]
    row = Row(path=path, key=key, subject=subject, words=words)
    return Found(id=raw[".id"], owner=owner, row=row, digest=None if tag is None else tag.digest)


def list_marked_by(found: Found) -> str | None:
    """The address list of a class of ours that this row marks packets of."""
    if found.row.path != MANGLE or found.owner is not Owner.OURS:
        return None
    words = found.row.words
    return words["src-address-list"] or words["dst-address-list"]


def _row(path: str, instance: str, subject: str, words: Mapping[str, str]) -> Row:
    spelt = canonical(path, words)
    if COMMENT in spelt:
        spelt[COMMENT] = str(Tag(instance=instance, subject=subject, digest=digest(spelt)))
    return Row(path=path, key=_key(path, subject, spelt), subject=subject, words=spelt)


def _key(path: str, subject: str, words: Mapping[str, str]) -> str:
    """A subject has one row of a menu, but any number of addresses on lists."""
    match path:
        case "/ip/firewall/address-list" | "/ipv6/firewall/address-list":
            return f"{words['list']} {words['address']}"
        case "/queue/type":
            return words["name"]
        case _:
            return subject


@lru_cache(maxsize=QUEUES_REMEMBERED)
def _queue_row(queue: Queue, instance: str) -> Row:
    """RouterOS counts from its own side: what it receives, the subscriber's upload, comes first."""
    up, down = queue.up, queue.down
    words = {
        "name": queue.name,
        "target": ",".join(str(target) for target in queue.targets),
        "parent": queue.parent or "none",
        "priority": f"{up.priority}/{down.priority}",
        "max-limit": _pair(up.rate_bps, down.rate_bps),
        "limit-at": _pair(up.guaranteed_bps, down.guaranteed_bps),
        "burst-limit": _pair(up.burst_bps, down.burst_bps),
        "burst-threshold": _pair(up.burst_threshold_bps, down.burst_threshold_bps),
        "burst-time": f"{up.burst_seconds or 0}s/{down.burst_seconds or 0}s",
    }
    return _row(SIMPLE, instance, queue.subject, words)


def _pair(up: int | None, down: int | None) -> str:
    return f"{up or 0}/{down or 0}"


def _class_rows(rate_class: RateClass, instance: str) -> Iterator[Row]:
    """A PCQ, the mark of its packets and its place in the tree, for each direction."""
    yield from _direction(rate_class.name, "down", rate_class.down, "dst-address", instance)
    yield from _direction(rate_class.name, "up", rate_class.up, "src-address", instance)


def _direction(
    class_name: str, direction: str, limit: Limit, classifier: str, instance: str
) -> Iterator[Row]:
    name = f"{PCQ_PREFIX}-{instance}-{class_name}-{direction}"
    subject = f"{class_name}-{direction}"
    pcq = {
        "name": name,
        "kind": "pcq",
        "pcq-rate": str(limit.rate_bps or 0),
        "pcq-classifier": classifier,
    }
    mark = {
        "chain": "forward",
        "action": "mark-packet",
        f"{classifier}-list": class_name,
        "new-packet-mark": name,
        "passthrough": "false",
    }
    place = {"name": name, "parent": "global", "packet-mark": name, "queue": name}
    yield _row(TYPE, instance, subject, pcq)
    yield _row(MANGLE, instance, subject, mark)
    yield _row(TREE, instance, subject, place)


def _listed_row(listed: Listed, instance: str) -> Row:
    path = ADDRESS_LIST if listed.network.version == 4 else ADDRESS_LIST_6
    words = {"list": listed.list_name, "address": str(listed.network)}
    return _row(path, instance, listed.subject, words)
