"""From a cell to a reading: text, numbers, units, and nothing that only stands for "no value"."""

import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final, TypeAlias

from collectors.driver import Readings
from devices.snmp.values import Index, Value
from isp.onu_serial import canonical_serial

__all__ = [
    "Cells",
    "Gate",
    "Read",
    "choice",
    "counter",
    "date_and_time",
    "milliwatts",
    "number",
    "number_in",
    "serial",
    "steps",
    "text",
    "unit",
]

Read: TypeAlias = Callable[[Value], Any]
"""Makes a reading of a cell; None of what says nothing."""

NO_VALUE: Final = frozenset({2147483647, -2147483648, 4294967295})
"""What agents put where there is nothing, whatever the unit."""

NO_TEXT: Final = frozenset(
    {"", "-", "--", "n/a", "na", "none", "null", "not-available", "<private>"}
)

NUMBER: Final = re.compile(r"[-+]?\d+(?:\.\d+)?")
DBM_IN_TEXT: Final = re.compile(r"([-+]?\d+(?:\.\d+)?)\s*\(?dbm", re.IGNORECASE)
CLOCK_IN_TEXT: Final = re.compile(r"(\d{4})\D(\d{1,2})\D(\d{1,2})\D+(\d{1,2}):(\d{1,2}):(\d{1,2})")


DARK_DBM: Final = -40.0
RECEIVED_MAX_DBM: Final = -1.0

DECIMALS: Final = 3
"""As fine as any device tells."""


class Cells:
    """The cells of a reading by their columns, whatever tables they were read in."""

    def __init__(self, readings: Readings) -> None:
        self._columns: dict[str, Mapping[Index, Value]] = {}
        self._scalars = readings.scalars
        for walk in readings.walks.values():
            for oid, cells in walk.columns.items():
                known = self._columns.get(oid)
                self._columns[oid] = {**known, **cells} if known else cells

    def column(self, oid: str) -> Mapping[Index, Value]:
        """A column's cells; none where it was not read."""
        return self._columns.get(oid, {})

    def rows(self, *oids: str) -> list[Index]:
        """The rows that any of these columns has, in order."""
        found: set[Index] = set()
        for oid in oids:
            found.update(self.column(oid))
        return sorted(found)

    def scalar(self, oid: str) -> Value:
        """A scalar; None where it was not read."""
        return self._scalars.get(oid)


class Gate:
    """Lets through what can be true, and counts the rest in `doubts`."""

    def __init__(self) -> None:
        self.doubts: Counter[str] = Counter()

    def _between(self, kind: str, value: float | None, low: float, high: float) -> float | None:
        if value is None or low <= value <= high:
            return None if value is None else round(value, DECIMALS)
        self.doubts[kind] += 1
        return None

    def dbm(self, value: float | None) -> float | None:
        """An optical power: no PON laser and no receiver of one is outside of -45 to +10 dBm, and
        -40 dBm are the 0.1 microwatts that a transceiver tells of the dark (SFF-8472).
        """
        return None if value == DARK_DBM else self._between("dbm", value, -45.0, 10.0)

    def launched(self, value: float | None) -> float | None:
        """What an OLT sends into its PON, which may be more than any ONU sends: real ones tell
        10.5 dBm.
        """
        return None if value == DARK_DBM else self._between("dbm", value, -45.0, 13.0)

    def received(self, value: float | None) -> float | None:
        """What comes out of a PON's fibre: -3 dBm blind its receivers (IEEE 802.3 table 60-6), so
        that what is next to 0 dBm is a 0 or a -1 of nothing.
        """
        if value is not None and RECEIVED_MAX_DBM < value <= 0.0:
            return None
        return self.dbm(value)

    def celsius(self, value: float | None) -> float | None:
        """A temperature that electronics survive."""
        return self._between("celsius", value, -50.0, 130.0)

    def volts(self, value: float | None) -> float | None:
        """A transceiver's supply, 3.3 V by its standards (SFF-8472), and never none."""
        return self._between("volts", value, 0.5, 15.0)

    def milliamperes(self, value: float | None) -> float | None:
        """A laser's bias."""
        return self._between("milliamperes", value, 0.0, 250.0)

    def metres(self, value: float | None) -> int | None:
        """The length of fibre to an ONU: 60 km is the most that GPON reaches (G.984.6), and 0 is
        what an OLT has of an ONU that it has not ranged.
        """
        within = self._between("metres", value, 0.0, 62_000.0)
        return round(within) if within else None

    def percent(self, value: float | None) -> float | None:
        """A share."""
        return self._between("percent", value, 0.0, 100.0)


def text(value: Value) -> str | None:
    """Text without what pads it; None where it says nothing."""
    if isinstance(value, bytes):
        value = value.partition(b"\0")[0].decode("utf-8", "replace")
    if value is None or isinstance(value, int):
        return None if value is None else str(value)
    stripped = " ".join(value.split())
    return None if stripped.lower() in NO_TEXT else stripped


def number(value: Value, none: Collection[int] = ()) -> int | None:
    """An integer, or one that came as text; None for a sentinel of any agent or of this column."""
    if isinstance(value, bytes):
        try:
            value = int(value.decode("ascii", "replace").strip())
        except ValueError:
            return None
    if not isinstance(value, int) or value in NO_VALUE or value in none:
        return None
    return value


def counter(value: Value) -> int | None:
    """A counter: any count is possible, 2147483647 too; what is no number is none."""
    return value if isinstance(value, int) and value >= 0 else None


def unit(scale: float, *, offset: float = 0.0, none: Collection[int] = ()) -> Read:
    """An integer in a unit's fractions: `scale` 0.01 for hundredths; then `offset` is added.

    Firmware that writes `-19.63` where others send -1963 means the unit itself.
    """

    def read(value: Value) -> float | None:
        found = number(value, none)
        return _plain(value) if found is None else found * scale + offset

    return read


def steps(step: float, zero: float = 0.0, none: Collection[int] = ()) -> Read:
    """16 bits in two's complement, which may come unsigned: so many steps from `zero`."""

    def read(value: Value) -> float | None:
        found = number(value, none)
        if found is None:
            return None
        return (found - 0x10000 if found >= 0x8000 else found) * step + zero

    return read


def choice(meanings: Mapping[int, Any], otherwise: Any = None, none: Collection[int] = ()) -> Read:
    """An enumerated integer; `otherwise` for one that the MIB does not name."""

    def read(value: Value) -> Any:
        code = number(value, none)
        return None if code is None else meanings.get(code, otherwise)

    return read


def milliwatts(scale: float, none: Collection[int] = (0,)) -> Read:
    """An optical power told in (fractions of) milliwatts, in dBm; no light is no reading."""

    def read(value: Value) -> float | None:
        found = number(value, none)
        return None if found is None or found <= 0 else 10 * math.log10(found * scale)

    return read


def serial(value: Value) -> str | None:
    """An ONU's serial or MAC in any spelling."""
    return None if value is None or isinstance(value, int) else canonical_serial(value)


def number_in(value: Value) -> float | None:
    """The number in `30.67 C`, `3.27 V` or `0.03 mW (-14.61 dBm)`, there the one in dBm.

    `-inf dBm` is no light, hence no number, whatever else stands beside it.
    """
    if isinstance(value, int):
        return float(value) if value not in NO_VALUE else None
    words = text(value) or ""
    found = (DBM_IN_TEXT if "dbm" in words.lower() else NUMBER).search(words)
    return None if found is None else float(found[found.lastindex or 0])


def date_and_time(value: Value) -> datetime | None:
    """DateAndTime (RFC 2579) of 8 or 11 octets, or a clock in text; UTC where no zone is told.

    An OLT that keeps no date sends zeros: None.
    """
    if isinstance(value, bytes) and len(value) in (8, 11):
        year, rest = int.from_bytes(value[:2], "big"), value[2:7]
        zone = _zone(value[8:11]) if len(value) == 11 else UTC
        return _instant((year, *rest), zone)
    words = text(value)
    found = words and CLOCK_IN_TEXT.search(words)
    return _instant((int(part) for part in found.groups()), UTC) if found else None


def _plain(value: Value) -> float | None:
    """A decimal fraction in text; None for any other cell."""
    return number_in(value) if isinstance(value, bytes) and b"." in value else None


def _zone(octets: bytes) -> timezone:
    offset = timedelta(hours=min(octets[1], 14), minutes=min(octets[2], 59))
    return timezone(-offset if octets[:1] == b"-" else offset)


def _instant(parts: Iterable[int], zone: timezone) -> datetime | None:
    year, month, day, hour, minute, second = parts
    try:
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone)
    except ValueError:
        return None
