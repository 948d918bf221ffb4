"""The local snapshot that logins are answered from: its values, its keys, and how it is read.

An LMDB environment, written by the keeper alone (`radiusd/snapshot_writer.py`). Each sub-database
mirrors one followed table, so that a changed row is one changed key. Secrets stay sealed in it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import lmdb
import msgspec

from isp.access import Entitlement
from isp.identifiers import IdentifierKind
from isp.nas import Nas

__all__ = [
    "BROKEN",
    "FORMAT_KEY",
    "FORMAT_VERSION",
    "MAP_OCTETS_MAX",
    "NETWORK_GENERATION_KEY",
    "IdentifierValue",
    "LeaseKind",
    "LeaseValue",
    "NasValue",
    "Reading",
    "Snapshot",
    "SnapshotUnusableError",
    "SubDatabase",
    "decode_entitlement",
    "decode_identifier",
    "decode_leases",
    "file_of",
    "identifier_key",
    "identifier_prefix",
    "open_environment",
    "pool_key",
    "row_key",
]

FORMAT_KEY = b"format"
NETWORK_GENERATION_KEY = b"network_generation"

FORMAT_VERSION = b"1"
"""Changes with any value or key below; a snapshot of another format is rebuilt."""

MAP_OCTETS_MAX = 8 * 1024**3
"""Address space, not memory: some millions of services at about 1 kB each."""

DATA_FILE = "data.mdb"

BROKEN = (lmdb.Error, msgspec.MsgspecError)
"""What reading a broken snapshot raises."""

READERS_MAX = 512
"""Slots for reading processes; a worker uses one, and frees it when it dies."""

IDENTIFIER_OCTETS_MAX = 480
"""LMDB's keys end at 511 octets; an attribute carries 253, which casefolding may lengthen."""


class SubDatabase(StrEnum):
    """What the environment holds. The two `_by_id` are for the writer: where a row stands now."""

    META = "meta"
    NAS = "nas"
    POOL = "pool"
    IDENTIFIER = "identifier"
    IDENTIFIER_BY_ID = "identifier_by_id"
    ENTITLEMENT = "entitlement"
    LEASE = "lease"
    LEASE_BY_ID = "lease_by_id"


class LeaseKind(StrEnum):
    """What a lease is an address of."""

    IPV4 = "ipv4"
    IPV6_PREFIX = "ipv6_prefix"
    DELEGATED_PREFIX = "delegated_prefix"
    ROUTE = "route"


class SnapshotUnusableError(Exception):
    """There is no snapshot yet, it is of another format, or it is corrupt: the keeper rebuilds."""


class IdentifierValue(msgspec.Struct, frozen=True, array_like=True):
    """One way to name a service. `password_form` None: no password is asked."""

    service_identifier_id: int
    subscriber_id: int
    service_id: int
    password_form: str | None
    password_sealed: bytes | None


class LeaseValue(msgspec.Struct, frozen=True, array_like=True):
    """One address, prefix or route of a service, in CIDR notation."""

    lease_id: int
    kind: LeaseKind
    address: str


class NasValue(msgspec.Struct, frozen=True, array_like=True):
    """One NAS; `network` (CIDR) is where its packets come from, its secrets are sealed."""

    nas: Nas
    network: str
    secret_sealed: bytes
    secret_previous_sealed: bytes | None
    secret_previous_until: datetime | None


decode_identifier = msgspec.msgpack.Decoder(IdentifierValue).decode
decode_entitlement = msgspec.msgpack.Decoder(Entitlement).decode
decode_leases = msgspec.msgpack.Decoder(tuple[LeaseValue, ...]).decode
decode_nas = msgspec.msgpack.Decoder(NasValue).decode

_KIND_OCTETS = {kind: bytes([number]) for number, kind in enumerate(IdentifierKind, 1)}
_EIGHT_OCTETS = 8


def row_key(number: int) -> bytes:
    """The key of a row known by its number."""
    return number.to_bytes(_EIGHT_OCTETS, "big")


def identifier_key(tenant_id: int, kind: IdentifierKind, value: str) -> bytes | None:
    """The key of a normalised identifier; None where no identifier can be that long."""
    octets = value.encode()
    if not 0 < len(octets) <= IDENTIFIER_OCTETS_MAX:
        return None
    return identifier_prefix(tenant_id, kind) + octets


def identifier_prefix(tenant_id: int, kind: IdentifierKind) -> bytes:
    """What the keys of a tenant's identifiers of one kind begin with."""
    return row_key(tenant_id) + _KIND_OCTETS[kind]


def pool_key(tenant_id: int, kind: LeaseKind, name: str, pool_id: int | None = None) -> bytes:
    """The key of a pool; without `pool_id` the prefix of all pools of that name."""
    prefix = row_key(tenant_id) + kind.encode() + b"\0" + name.encode()[:400] + b"\0"
    return prefix if pool_id is None else prefix + row_key(pool_id)


class Reading:
    """One consistent look at the snapshot; short, for it keeps old pages alive."""

    __slots__ = ("_snapshot", "_transaction", "entitlements", "get", "identifiers", "leases")

    def __init__(self, snapshot: "Snapshot", transaction: lmdb.Transaction) -> None:
        self._snapshot = snapshot
        self._transaction = transaction
        self.get = transaction.get
        databases = snapshot.databases
        self.identifiers = databases[SubDatabase.IDENTIFIER]
        self.entitlements = databases[SubDatabase.ENTITLEMENT]
        self.leases = databases[SubDatabase.LEASE]

    def identifier(self, key: bytes | None) -> IdentifierValue | None:
        """Whom an `identifier_key` names."""
        octets = None if key is None else self.get(key, db=self.identifiers)
        return None if octets is None else decode_identifier(octets)

    def entitlement_octets(self, service_id: int) -> bytes | None:
        """A service's entitlement, for `decode_entitlement`."""
        return self.get(row_key(service_id), db=self.entitlements)

    def lease_octets(self, service_id: int) -> bytes | None:
        """A service's leases, for `decode_leases`; None where it has none."""
        return self.get(row_key(service_id), db=self.leases)

    def has_pool(self, tenant_id: int, kind: LeaseKind, name: str) -> bool:
        """Whether we hand out the addresses of a pool of that name; else the NAS does."""
        prefix = pool_key(tenant_id, kind, name)
        with self._transaction.cursor(db=self._snapshot.databases[SubDatabase.POOL]) as cursor:
            return bool(cursor.set_range(prefix)) and cursor.key().startswith(prefix)

    def network_generation(self) -> bytes:
        """Changes whenever any NAS or pool does."""
        return (
            self.get(NETWORK_GENERATION_KEY, db=self._snapshot.databases[SubDatabase.META]) or b""
        )

    def every_nas(self) -> Iterator[NasValue]:
        """All of them, of all tenants."""
        with self._transaction.cursor(db=self._snapshot.databases[SubDatabase.NAS]) as cursor:
            for octets in cursor.iternext(keys=False):
                yield decode_nas(octets)


class Snapshot:
    """The snapshot as workers read it. LMDB handles do not survive a fork: open it after."""

    def __init__(self, environment: lmdb.Environment) -> None:
        """Raises `SnapshotUnusableError` where nothing readable has been written yet."""
        self._environment = environment
        self._file = file_of(environment)
        try:
            self.databases = {
                name: environment.open_db(name.encode(), create=False) for name in SubDatabase
            }
        except lmdb.Error as error:
            raise SnapshotUnusableError(str(error)) from error
        with environment.begin() as transaction:
            found = transaction.get(FORMAT_KEY, db=self.databases[SubDatabase.META])
        if found != FORMAT_VERSION:
            message = f"format {found!r}, wanted {FORMAT_VERSION!r}"
            raise SnapshotUnusableError(message)

    @classmethod
    def open(cls, directory: Path) -> "Snapshot":
        """The snapshot in a directory. Raises `SnapshotUnusableError`."""
        try:
            environment = open_environment(directory, readonly=True)
        except lmdb.Error as error:
            raise SnapshotUnusableError(str(error)) from error
        try:
            return cls(environment)
        except SnapshotUnusableError:
            environment.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """A consistent look, for as long as the block takes."""
        with self._environment.begin() as transaction:
            yield Reading(self, transaction)

    def is_current(self) -> bool:
        """Whether the keeper still writes this file; it begins another one when in doubt."""
        return self._file == file_of(self._environment)

    def close(self) -> None:
        """Give the reader's slot back."""
        self._environment.close()


def file_of(environment: lmdb.Environment) -> tuple[int, int] | None:
    """Which file is where the environment's was opened; None where there is none any more."""
    try:
        found = (Path(environment.path()) / DATA_FILE).stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def open_environment(directory: Path, *, readonly: bool) -> lmdb.Environment:
    """The LMDB environment of a directory. Raises `lmdb.Error`, for a file cut short too.

    A mapped page beyond the end of the file would kill the process that reads it.
    """
    environment = lmdb.open(
        str(directory),
        map_size=MAP_OCTETS_MAX,
        max_dbs=len(SubDatabase),
        max_readers=READERS_MAX,
        readonly=readonly,
        create=not readonly,
        readahead=False,
    )
    pages = environment.info()["last_pgno"] + 1
    if pages * environment.stat()["psize"] > (directory / DATA_FILE).stat().st_size:
        environment.close()
        message = "the snapshot's file is cut short"
        raise lmdb.CorruptedError(message)
    return environment
