"""Which ONU is at the end of which service's line, by what either says of the other. Pure.

A match is proposed only where it is the only one: an ONU that could be two services', or a service
that could have two ONUs, is told as a doubt and left to a person.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from isp.identifiers import normalise_login
from isp.onu_serial import canonical_serial

__all__ = [
    "Doubt",
    "LinkableOnu",
    "LinkableService",
    "Match",
    "MatchBy",
    "Matching",
    "match",
]

PLACE: Final = re.compile(r"\d+(?:[/:.]\d+)+")
"""`0/1/3:7.1.100`: slots and ports outermost first, then the ONU (TR-101, 3.9.3 R-124)."""

NUMBERS: Final = re.compile(r"\d+")
SEPARATORS: Final = re.compile(r"[\s,;|()\[\]{}<>\"']+")


class MatchBy(StrEnum):
    """What says that an ONU and a service belong together."""

    SERIAL = "serial"
    DESCRIPTION = "description"
    CIRCUIT_ID = "circuit-id"


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkableOnu:
    """An ONU without a service. `device_names` are what circuit-ids may call its OLT."""

    onu_id: int
    serial: str
    device_names: tuple[str, ...]
    port: str
    onu_index: int | None
    description: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkableService:
    """A living service. `linked_serial` is the ONU that it has; `onu_serial` what was sold."""

    service_id: int
    subscriber_id: int
    login: str
    subscriber: str
    onu_serial: str | None
    linked_serial: str | None
    circuit_ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """One ONU and the service it belongs to. `evidence` is the text that says so."""

    onu: LinkableOnu
    service: LinkableService
    evidence: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Doubt:
    """An ONU that is not linked although something matched."""

    onu: LinkableOnu
    logins: tuple[str, ...]
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Matching:
    """What would be linked, what is doubtful; an ONU that nothing matched is in neither."""

    matches: tuple[Match, ...]
    doubts: tuple[Doubt, ...]


Evidence: TypeAlias = Iterator[tuple[LinkableOnu, LinkableService, str]]


def match(
    onus: Sequence[LinkableOnu], services: Sequence[LinkableService], by: MatchBy
) -> Matching:
    """Match every ONU in `onus` with at most one of `services`, and each service with one ONU."""
    found: dict[int, dict[int, Match]] = defaultdict(dict)
    suitors: dict[int, set[str]] = defaultdict(set)
    for onu, service, evidence in BY[by](onus, services):
        found[onu.onu_id].setdefault(
            service.service_id, Match(onu=onu, service=service, evidence=evidence)
        )
        suitors[service.service_id].add(onu.serial)
    matches, doubts = [], []
    for candidates in found.values():
        one = next(iter(candidates.values()))
        if reason := _doubt(one, candidates, suitors):
            logins = tuple(sorted(each.service.login for each in candidates.values()))
            doubts.append(Doubt(onu=one.onu, logins=logins, reason=reason))
        else:
            matches.append(one)
    return Matching(matches=tuple(matches), doubts=tuple(doubts))


def _doubt(
    one: Match, candidates: Mapping[int, Match], suitors: Mapping[int, set[str]]
) -> str | None:
    if len(candidates) > 1:
        return "several services match"
    others = suitors[one.service.service_id] - {one.onu.serial}
    if others:
        return f"{one.service.login} matches {', '.join(sorted(others))} too"
    sold = one.service.linked_serial or one.service.onu_serial
    if sold not in (None, one.onu.serial):
        return f"{one.service.login} has the ONU {sold}"
    return None


def _by_serial(onus: Sequence[LinkableOnu], services: Sequence[LinkableService]) -> Evidence:
    by_serial = {each.onu_serial: each for each in services if each.onu_serial}
    for onu in onus:
        if service := by_serial.get(onu.serial):
            yield onu, service, onu.serial


def _by_description(onus: Sequence[LinkableOnu], services: Sequence[LinkableService]) -> Evidence:
    """By a login or the subscriber's reference: as the whole description, else as one word of it.

    A reference names a subscriber, so it matches every service of his: several are a doubt.
    """
    named: dict[str, list[LinkableService]] = defaultdict(list)
    for service in services:
        for name in {normalise_login(service.login), normalise_login(service.subscriber)}:
            named[name].append(service)
    for onu in onus:
        whole = normalise_login(onu.description or "")
        words = [whole] if whole in named else SEPARATORS.split(whole)
        for word in words:
            yield from ((onu, service, word) for service in named.get(word, ()))


def _by_circuit_id(onus: Sequence[LinkableOnu], services: Sequence[LinkableService]) -> Evidence:
    """By the serial in a circuit-id, or by the name of the OLT and the place on it."""
    by_serial = {onu.serial: onu for onu in onus}
    by_place = {
        (name.casefold(), (*_numbers(onu.port), onu.onu_index)): onu
        for onu in onus
        if onu.onu_index is not None
        for name in onu.device_names
    }
    nodes = {name for name, _ in by_place}
    for service in services:
        for circuit_id in service.circuit_ids:
            for word in SEPARATORS.split(circuit_id):
                if onu := by_serial.get(canonical_serial(word.rpartition("/")[2]) or ""):
                    yield onu, service, circuit_id
            for key in _places(circuit_id.casefold(), nodes):
                if onu := by_place.get(key):
                    yield onu, service, circuit_id


def _places(circuit_id: str, nodes: Iterable[str]) -> Iterator[tuple[str, tuple[int | None, ...]]]:
    """Every reading of a circuit-id as the name of an OLT, then a port and an ONU on it."""
    for node in nodes:
        before, found, after = circuit_id.partition(node)
        if not found or before[-1:].isalnum() or after[:1].isalnum():
            continue
        for place in PLACE.findall(after):
            numbers = _numbers(place)
            yield from ((node, numbers[:depth]) for depth in range(2, len(numbers) + 1))


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in NUMBERS.findall(text))


BY: Final[
    Mapping[MatchBy, Callable[[Sequence[LinkableOnu], Sequence[LinkableService]], Evidence]]
] = {
    MatchBy.SERIAL: _by_serial,
    MatchBy.DESCRIPTION: _by_description,
    MatchBy.CIRCUIT_ID: _by_circuit_id,
}
