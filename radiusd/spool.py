"""Where accounting records wait while Postgres is away: one SQLite file per worker.

What `append` returned for is on the disk (`synchronous=FULL`, in WAL mode one fsync per call). The
file belongs to the worker's number, so that a successor replays what a killed worker left. Records
stand in chunks, as they were appended; replaying a chunk twice, or out of order, is harmless.
Blocking: a worker calls it from a thread of its own.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from radiusd.accounting import Record

__all__ = ["OCTETS_MAX", "Chunk", "Spool", "SpoolError", "SpoolFullError"]

OCTETS_MAX = 2 * 1024**3
"""Some four million records: 20 minutes at 3,000 packets a second on each of many workers."""

PAGE_OCTETS = 4096
BUSY_SECONDS = 5.0
"""A predecessor that is being killed may still hold the file that long."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS chunk (
    chunk_id INTEGER PRIMARY KEY AUTOINCREMENT, records INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS refused (
    refused_id INTEGER PRIMARY KEY, problem TEXT NOT NULL, body BLOB NOT NULL);
"""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Record]).decode


class SpoolError(Exception):
    """The disk does not take or give records: what was to be kept is not kept."""


class SpoolFullError(SpoolError):
    """The spool, or its disk, is full."""


class Chunk(msgspec.Struct, frozen=True):
    """The records that wait longest; `chunk_id` is that of the last chunk among them."""

    chunk_id: int
    records: list[Record]


class Spool:
    """The file. It is opened when first used, and again after an error."""

    def __init__(self, path: Path, *, octets_maximum: int = OCTETS_MAX) -> None:
        self._path = path
        self._octets_maximum = octets_maximum
        self._file: sqlite3.Connection | None = None

    def append(self, records: Sequence[Record]) -> int:
        """Keep them as one chunk, on the disk when its id is returned.

        Raises `SpoolError`: nothing is kept.
        """
        body = _encode(records)
        return self._write("INSERT INTO chunk (records, body) VALUES (?, ?)", (len(records), body))

    def oldest(self, records_maximum: int) -> Chunk | None:
        """The chunks that wait longest, as many as hold about that many records; or None."""
        found = self._read(
            "SELECT chunk_id, body FROM ("
            " SELECT chunk_id, body, sum(records) OVER (ORDER BY chunk_id) - records AS before"
            " FROM (SELECT * FROM chunk ORDER BY chunk_id LIMIT ?))"
            " WHERE before < ? ORDER BY chunk_id",
            (records_maximum, records_maximum),
        )
        if not found:
            return None
        return Chunk(found[-1][0], [record for _, body in found for record in _decode(body)])

    def remove(self, chunk_id: int) -> None:
        """Forget the chunks up to that one, because their records are in Postgres."""
        self._write("DELETE FROM chunk WHERE chunk_id <= ?", (chunk_id,))

    def forget(self, chunk_id: int) -> None:
        """Forget one chunk: its records came into Postgres another way."""
        self._write("DELETE FROM chunk WHERE chunk_id = ?", (chunk_id,))

    def refuse(self, record: Record, problem: str) -> None:
        """Put aside a record that Postgres does not take, for a person to look at."""
        self._write("INSERT INTO refused (problem, body) VALUES (?, ?)", (problem, _encode(record)))

    def waiting(self) -> int:
        """How many records wait."""
        return int(self._read("SELECT coalesce(sum(records), 0) FROM chunk")[0][0])

    def refused(self) -> int:
        """How many records were put aside."""
        return int(self._read("SELECT count(*) FROM refused")[0][0])

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, statement: str, values: tuple[object, ...]) -> int:
        try:
            file = self._open()
            with file, closing(file.execute(statement, values)) as cursor:
                return cursor.lastrowid or 0
        except sqlite3.Error as error:
            raise self._broken(error) from error

    def _read(self, statement: str, values: tuple[object, ...] = ()) -> list[Any]:
        try:
            with closing(self._open().execute(statement, values)) as cursor:
                return cursor.fetchall()
        except sqlite3.Error as error:
            raise self._broken(error) from error

    def _open(self) -> sqlite3.Connection:
        if self._file is None:
            file = sqlite3.connect(self._path, timeout=BUSY_SECONDS, check_same_thread=False)
            self._file = file
            file.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;" + SCHEMA)
            file.execute(f"PRAGMA max_page_count = {max(self._octets_maximum // PAGE_OCTETS, 8)}")
        return self._file

    def _broken(self, error: sqlite3.Error) -> SpoolError:
        """After an error nothing of the open file is trusted: it is opened again."""
        self.close()
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            return SpoolFullError(str(error))
        return SpoolError(str(error))
