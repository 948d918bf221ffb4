"""How many sessions a service may have at one time, where a login beyond them is refused.

Pure. A login from the same line as a session (the same MAC, or the same port of the same NAS) is
that session come again: its Stop was lost, and nobody must be locked out by his own ghost.
"""

from collections.abc import Collection
from dataclasses import dataclass
from hashlib import blake2b
from uuid import UUID

from isp.identifiers import normalise_mac

__all__ = ["RESERVATION_SECONDS", "Line", "admits"]

RESERVATION_SECONDS = 60
"""From an Access-Accept to the session's Start in the database."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """Where a session comes from; empty texts where the NAS does not say."""

    nas_id: int
    calling_station_id: str = ""
    nas_port_id: str = ""

    @property
    def key(self) -> UUID:
        """The line as a number, for a reservation."""
        station = normalise_mac(self.calling_station_id) or self.calling_station_id
        port = "" if station else f"{self.nas_id}\0{self.nas_port_id}"
        return UUID(bytes=blake2b(f"{station}\0{port}".encode(), digest_size=16).digest())

    def same(self, other: "Line") -> bool:
        """Whether it is one line: one MAC, or one port of one NAS."""
        mine = normalise_mac(self.calling_station_id) or self.calling_station_id
        others = normalise_mac(other.calling_station_id) or other.calling_station_id
        if mine and others:
            return mine == others
        port = self.nas_port_id and self.nas_port_id == other.nas_port_id
        return bool(port) and self.nas_id == other.nas_id


def admits(
    line: Line, sessions_max: int, live: Collection[Line], reserved: Collection[UUID]
) -> bool:
    """Whether a login from `line` is within the limit. `reserved` are the lines that were let in
    lately and may not have a session yet.
    """
    others = [each for each in live if not each.same(line)]
    starting = set(reserved) - {line.key} - {each.key for each in live}
    return len(others) + len(starting) < sessions_max
