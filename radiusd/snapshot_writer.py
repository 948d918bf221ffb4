"""The snapshot as the keeper writes it, from rows of the followed tables; nobody else writes it."""

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import lmdb
import msgspec

from isp.identifiers import IdentifierKind
from operations.entitlement_facts import entitlement_of
from operations.nas import nas_of
from radiusd.snapshot import (
    FORMAT_KEY,
    FORMAT_VERSION,
    NETWORK_GENERATION_KEY,
    IdentifierValue,
    LeaseKind,
    LeaseValue,
    NasValue,
    Snapshot,
    SubDatabase,
    decode_identifier,
    decode_leases,
    file_of,
    identifier_key,
    open_environment,
    pool_key,
    row_key,
)

__all__ = ["FOLLOWED_TABLES", "Changes", "Row", "SnapshotWriter"]

_SUB_DATABASES = {
    "nas": (SubDatabase.NAS,),
    "pool": (SubDatabase.POOL,),
    "service_identifier": (SubDatabase.IDENTIFIER, SubDatabase.IDENTIFIER_BY_ID),
    "entitlement": (SubDatabase.ENTITLEMENT,),
    "lease": (SubDatabase.LEASE, SubDatabase.LEASE_BY_ID),
}

FOLLOWED_TABLES = tuple(_SUB_DATABASES)
"""The tables that the snapshot mirrors, in the order to read them: whatever an identifier leads to
is read after it, and so is there when the identifier is."""


class Row(Protocol):
    """A row of a followed table: its columns are attributes."""

    def __getattr__(self, column: str) -> Any: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """Rows of one table. `complete`: they are all there are, forget everything else of it."""

    table: str
    rows: Sequence[Row]
    complete: bool


class SnapshotWriter:
    """Writes the snapshot in whole transactions: readers see a change entire or not at all.

    A snapshot that cannot be opened, or is of another format, is begun anew, for everything in it
    is in Postgres too. It counts as a snapshot once every table has been read completely.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True, mode=0o750)
        try:
            self._open()
        except lmdb.Error:
            self._remove()
            self._open()

    def is_current(self) -> bool:
        """Whether what is written here can be found by who opens the snapshot now."""
        return self._file == file_of(self._environment)

    def begin_anew(self) -> None:
        """An empty file in place of one that is in doubt; readers see that it is another one."""
        self._environment.close()
        self._remove()
        self._open()

    def _remove(self) -> None:
        shutil.rmtree(self._directory, ignore_errors=True)
        self._directory.mkdir(mode=0o750)

    def _open(self) -> None:
        self._environment = open_environment(self._directory, readonly=False)
        self._file = file_of(self._environment)
        self._databases = {name: self._environment.open_db(name.encode()) for name in SubDatabase}
        self._writers: dict[str, Callable[[lmdb.Transaction, Row], None]] = {
            "nas": self._write_nas,
            "pool": self._write_pool,
            "service_identifier": self._write_identifier,
            "entitlement": self._write_entitlement,
            "lease": self._write_lease,
        }
        meta = self._databases[SubDatabase.META]
        with self._environment.begin(write=True) as transaction:
            if transaction.get(FORMAT_KEY, db=meta) != FORMAT_VERSION:
                for database in self._databases.values():
                    transaction.drop(database, delete=False)

    def apply(self, changes: Iterable[Changes]) -> None:
        """Follow what changed, in one transaction; the same rows again change nothing."""
        complete = set()
        self._environment.reader_check()  # a killed worker's slot would keep old pages for ever
        with self._environment.begin(write=True) as transaction:
            for each in changes:
                if each.complete:
                    complete.add(each.table)
                    self._forget(transaction, each.table)
                write = self._writers[each.table]
                for row in each.rows:
                    write(transaction, row)
            if complete.issuperset(FOLLOWED_TABLES):
                meta = self._databases[SubDatabase.META]
                transaction.put(FORMAT_KEY, FORMAT_VERSION, db=meta)

    def _forget(self, transaction: lmdb.Transaction, table: str) -> None:
        for name in _SUB_DATABASES[table]:
            transaction.drop(self._databases[name], delete=False)
        if table in ("nas", "pool"):
            self._touch_network(transaction)

    def snapshot(self) -> Snapshot:
        """The same, to read in this process. Raises `SnapshotUnusableError` before a rebuild."""
        return Snapshot(self._environment)

    def close(self) -> None:
        """Flush and let go."""
        self._environment.close()

    def _write_nas(self, transaction: lmdb.Transaction, row: Row) -> None:
        database = self._databases[SubDatabase.NAS]
        if row.removed_at is None:
            transaction.put(row_key(row.nas_id), _encode(_nas_value(row)), db=database)
        else:
            transaction.delete(row_key(row.nas_id), db=database)
        self._touch_network(transaction)

    def _touch_network(self, transaction: lmdb.Transaction) -> None:
        generation = row_key(transaction.id())
        transaction.put(NETWORK_GENERATION_KEY, generation, db=self._databases[SubDatabase.META])

    def _write_pool(self, transaction: lmdb.Transaction, row: Row) -> None:
        key = pool_key(row.tenant_id, LeaseKind(row.kind), row.name, row.pool_id)
        database = self._databases[SubDatabase.POOL]
        if row.removed_at is None:
            transaction.put(key, b"", db=database)
        else:
            transaction.delete(key, db=database)
        self._touch_network(transaction)

    def _write_identifier(self, transaction: lmdb.Transaction, row: Row) -> None:
        """One value may pass from a removed row to a new one, seen in either order."""
        by_value = self._databases[SubDatabase.IDENTIFIER]
        by_id = self._databases[SubDatabase.IDENTIFIER_BY_ID]
        row_id = row_key(row.service_identifier_id)
        key = identifier_key(row.tenant_id, IdentifierKind(row.kind), row.value)
        before = transaction.get(row_id, db=by_id)
        if before is not None and (before != key or row.removed_at is not None):
            transaction.delete(row_id, db=by_id)
            holder = transaction.get(before, db=by_value)
            if holder is not None and _identifier_id(holder) == row.service_identifier_id:
                transaction.delete(before, db=by_value)
        if key is None or row.removed_at is not None:
            return
        value = IdentifierValue(
            row.service_identifier_id,
            row.subscriber_id,
            row.service_id,
            row.password_form,
            None if row.password_sealed is None else bytes(row.password_sealed),
        )
        transaction.put(key, _encode(value), db=by_value)
        transaction.put(row_id, key, db=by_id)

    def _write_entitlement(self, transaction: lmdb.Transaction, row: Row) -> None:
        transaction.put(
            row_key(row.service_id),
            _encode(entitlement_of(row)),
            db=self._databases[SubDatabase.ENTITLEMENT],
        )

    def _write_lease(self, transaction: lmdb.Transaction, row: Row) -> None:
        by_id = self._databases[SubDatabase.LEASE_BY_ID]
        row_id, owner = row_key(row.lease_id), row_key(row.service_id)
        before = transaction.get(row_id, db=by_id)
        if before is not None and (before != owner or row.removed_at is not None):
            transaction.delete(row_id, db=by_id)
            self._put_leases(transaction, before, row.lease_id, None)
        if row.removed_at is None:
            value = LeaseValue(row.lease_id, LeaseKind(row.kind), str(row.address))
            transaction.put(row_id, owner, db=by_id)
            self._put_leases(transaction, owner, row.lease_id, value)

    def _put_leases(
        self, transaction: lmdb.Transaction, owner: bytes, lease_id: int, value: LeaseValue | None
    ) -> None:
        database = self._databases[SubDatabase.LEASE]
        octets = transaction.get(owner, db=database)
        leases = () if octets is None else decode_leases(octets)
        kept = [lease for lease in leases if lease.lease_id != lease_id]
        if value is not None:
            kept.append(value)
        if kept:
            kept.sort(key=lambda lease: lease.lease_id)
            transaction.put(owner, _encode(tuple(kept)), db=database)
        else:
            transaction.delete(owner, db=database)


_encode = msgspec.msgpack.Encoder().encode


def _identifier_id(octets: bytes) -> int:
    return decode_identifier(octets).service_identifier_id


def _nas_value(row: Row) -> NasValue:
    return NasValue(
        nas=replace(nas_of(row), address=str(row.address).partition("/")[0]),
        network=str(row.address),
        secret_sealed=bytes(row.secret_sealed),
        secret_previous_sealed=_octets(row.secret_previous_sealed),
        secret_previous_until=row.secret_previous_until,
    )


def _octets(column: bytes | memoryview | None) -> bytes | None:
    return None if column is None else bytes(column)
