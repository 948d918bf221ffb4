"""Routers that RADIUS shapes: the queue that each login made there, against the entitlement.

RouterOS names a PPP session's dynamic queue `<pppoe-ann>`; a DHCP lease's or a hotspot user's has
his address for a target. Nothing is written: what differs is coa's to change, or the next login's.
"""

import re
from collections.abc import Mapping
from typing import Final

from isp.identifiers import normalise_login
from shaper.order import targets_of
from shaper.queue import Tree
from shaper.routeros_rows import wanted_rows
from shaper.routeros_text import row_text
from shaper.routeros_words import SIMPLE
from shaper.row import Actual, Owner, Row
from shaper.state import Drift, State

__all__ = ["audit"]

SESSION: Final = re.compile(r"<[a-z0-9]+-(.+)>")
COMPARED: Final = ("max-limit", "limit-at", "burst-limit", "burst-threshold", "burst-time")


def audit(tree: Tree, logins: Mapping[str, str], actual: Actual) -> dict[str, State]:
    """Every service's state; `logins` by subject."""
    by_login: dict[str, Row] = {}
    by_target: dict[object, Row] = {}
    for found in actual.rows:
        if found.owner is Owner.DYNAMIC and found.row.path == SIMPLE:
            session = SESSION.fullmatch(found.row.words["name"])
            if session is not None:
                by_login[normalise_login(session[1])] = found.row
            by_target |= dict.fromkeys(targets_of(found.row), found.row)
    states = {}
    for row in wanted_rows(tree, instance=""):
        login = normalise_login(logins.get(row.subject, ""))
        met = [by_target[target] for target in targets_of(row) if target in by_target]
        there = by_login.get(login) or next(iter(met), None)
        states[row.subject] = _state(row, there)
    return states


def _state(wanted: Row, there: Row | None) -> State:
    text = row_text(wanted)
    if there is None:
        return State(wanted=text, actual=None, drift=Drift.MISSING)
    if any(wanted.words[name] != there.words[name] for name in COMPARED):
        return State(wanted=text, actual=row_text(there), drift=Drift.DIFFERENT)
    return State(wanted=text, actual=text)
