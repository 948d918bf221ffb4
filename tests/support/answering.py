"""The answering half of a worker without its process: a snapshot, an intake, both paths."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from chassis.clock import ManualClock
from chassis.datagrams import peer_of
from chassis.sealing import KeyRing
from isp.nas import MessageAuthenticatorPolicy, Nas, Vendor
from isp.sealed import Sealed
from radiusd.answering import AccessDesk
from radiusd.attempts import Attempts
from radiusd.delay import DelayedReplies
from radiusd.fast_path import FastPath
from radiusd.intake import Intake, Moment, Taken
from radiusd.nas_table import NasTable, NasWithSecrets
from radiusd.ports import ACCESS_CODES
from radiusd.snapshot_writer import FOLLOWED_TABLES, Changes, SnapshotWriter
from radiusd.tally import Tally
from radiusd.tools import Tools

__all__ = ["NAS", "NOW", "PEER", "SECRET", "Answerer", "rows_of"]

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = b"a secret of thirty-two octets ..."
PEER = peer_of("192.0.2.1", 40_000)
NAS = Nas(
    nas_id=1,
    tenant_id=1,
    name="bras",
    address="192.0.2.1",
    vendor=Vendor.MIKROTIK,
    message_authenticator_seen=True,
)
REASONS = [{"code": "active", "text": "the plan is in force"}]


def rows_of(
    keys: KeyRing,
    *,
    service_id: int = 7,
    login: str = "ann",
    password: str | None = "opensesame",
    leases: Iterable[tuple[str, str]] = (),
    **entitlement: Any,
) -> dict[str, list[Any]]:
    """The rows of one service, by followed table."""
    common = {"tenant_id": 1, "subscriber_id": 3, "service_id": service_id, "removed_at": None}
    sealed = None if password is None else keys.seal(password.encode(), Sealed.SERVICE_PASSWORD)
    decided = {
        "version": 1,
        "access": "full",
        "down_kbps": 50_000,
        "up_kbps": 10_000,
        "sessions_max": 1,
        "on_limit": "replace",
        "session_timeout_seconds": None,
        "idle_timeout_seconds": None,
        "interim_interval_seconds": 300,
        "ipv4_pool": None,
        "ipv6_pool": None,
        "delegated_pool": None,
        "attributes": [],
        "reasons": REASONS,
        "valid_until": None,
    }
    identifier = {
        "service_identifier_id": service_id,
        "kind": "login",
        "value": login,
        "password_form": None if password is None else "clear",
        "password_sealed": sealed,
    }
    return {
        "service_identifier": [SimpleNamespace(**common, **identifier)],
        "entitlement": [SimpleNamespace(**common, **(decided | entitlement))],
        "lease": [
            SimpleNamespace(**common, lease_id=service_id * 10 + number, kind=kind, address=address)
            for number, (kind, address) in enumerate(leases)
        ],
    }


@dataclass
class Answerer:
    """Both ways of answering, over one snapshot in `directory`."""

    directory: Path
    nas: Nas = NAS
    database_present: bool = True
    keys: KeyRing = field(default_factory=KeyRing.generate)

    def __post_init__(self) -> None:
        self.clock = ManualClock(NOW)
        self.writer = SnapshotWriter(self.directory)
        self.apply({}, complete=True)
        self.snapshot = self.writer.snapshot()
        self.known = NasWithSecrets(nas=self.nas, network=f"{self.nas.address}/32", secret=SECRET)
        self.table = NasTable([self.known])
        self.begin()

    def begin(self) -> None:
        """Forget what was answered."""
        self.tally, self.attempts = Tally(), Attempts()
        self.errors: list[Exception] = []
        self.settled: list[Any] = []
        self.later: list[tuple[bytes, bytes]] = []
        tools = Tools(
            clock=self.clock,
            attempts=self.attempts,
            tally=self.tally,
            open_sealed=self.keys.open,
            settle=self._settle,
            database_present=lambda: self.database_present,
            on_internal_error=self.errors.append,
        )
        self.known.nas = self.nas
        self.intake = Intake(ACCESS_CODES, self.tally, lambda: self.table)
        self.fast_path = FastPath(self.intake, tools)
        self.fast_path.use(self.table)
        self.desk = AccessDesk(
            self.intake, tools, DelayedReplies(0), lambda *reply: self.later.append(reply)
        )

    def apply(self, rows: dict[str, list[Any]], *, complete: bool = False) -> None:
        self.writer.apply(
            [
                Changes(table=table, rows=rows.get(table, []), complete=complete)
                for table in FOLLOWED_TABLES
                if complete or table in rows
            ]
        )

    def set_policy(self, policy: MessageAuthenticatorPolicy, *, seen: bool) -> None:
        self.nas = replace(self.nas, message_authenticator=policy, message_authenticator_seen=seen)
        self.begin()

    def moment(self) -> Moment:
        now = self.clock.now()
        return Moment(now, now.timestamp(), self.clock.monotonic())

    def fast(self, datagram: bytes) -> bytes | None:
        with self.snapshot.reading() as reading:
            return self.fast_path.answer(datagram, PEER, reading, self.moment())

    def long(self, datagram: bytes) -> bytes | None:
        with self.snapshot.reading() as reading:
            taken = self.intake.take(datagram, PEER, self.moment())
            return self.desk.answer(taken, PEER, reading) if isinstance(taken, Taken) else None

    def recorded(self) -> list[tuple[str, str, str]]:
        """Login, outcome and reason of what was answered."""
        held = [attempt.key for attempt in self.attempts.take(1000)]
        return [(key.login, str(key.outcome), str(key.reason)) for key in held]

    def close(self) -> None:
        self.writer.close()

    async def _settle(self, accept: Any, *rest: Any) -> Any:
        self.settled.append((accept, *rest))
        return replace(accept, awaited=(), counted=False)
