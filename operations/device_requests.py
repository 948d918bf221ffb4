"""Asking collectors to read a device: a row with the question, and the outcome written into it.

The outcome is one JSON object: `poll_document` of a reading, what a device says of itself, or what
was discovered; `{"error": …}` where that failed. Whoever reads the device writes it so, be it a
collectors daemon or, where none runs, the command itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import exists, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.access_network import device_request
from database.tables.running import daemon_status
from isp.access_network import DeviceKind, Poll
from isp.errors import ExitCode, Refused
from operations import tenants
from operations.audit import plain
from operations.devices import DeviceRecord
from operations.status import SILENT_SECONDS

__all__ = [
    "PARTS",
    "RequestKind",
    "accepted",
    "ask",
    "ask_of_network",
    "ask_of_stranger",
    "collectors_run",
    "failure",
    "outcome_of",
    "poll_document",
]

PARTS: Final = ("device", "ports", "interfaces", "onus", "unprovisioned", "partial")
"""Of a reading, what `turnpike device poll --json` promises."""


class RequestKind(StrEnum):
    """What is asked: a reading, whether the device lets us in, or what is there."""

    POLL = "poll"
    TEST = "test"
    DISCOVER = "discover"


async def collectors_run(transaction: AsyncConnection, now: datetime) -> bool:
    """Whether a collectors daemon is there to be asked."""
    heard = exists().where(
        daemon_status.c.daemon == "collectors",
        daemon_status.c.state != "stopped",
        daemon_status.c.seen_at > now - timedelta(seconds=SILENT_SECONDS),
    )
    return bool(await transaction.scalar(select(heard)))


async def ask(
    transaction: AsyncConnection,
    found: DeviceRecord,
    kind: RequestKind,
    *,
    actor: str,
    now: datetime,
) -> int:
    """Ask for a reading or a test of a device; the request's key, for `outcome_of`."""
    return await _ask(transaction, actor, now, kind=kind, device_id=found.device_id)


async def ask_of_stranger(
    transaction: AsyncConnection,
    *,
    kind: DeviceKind,
    driver: str,
    host: str,
    port: int,
    credentials_sealed: bytes,
    actor: str,
    now: datetime,
) -> int:
    """Ask whether a device that is not entered lets us in with those credentials."""
    target = {"kind": kind.value, "driver": driver, "host": host, "port": port}
    return await _ask(
        transaction,
        actor,
        now,
        kind=RequestKind.TEST,
        target=target,
        credentials_sealed=credentials_sealed,
    )


async def ask_of_network(
    transaction: AsyncConnection,
    *,
    addresses: Sequence[str],
    port: int,
    credentials_sealed: bytes,
    actor: str,
    now: datetime,
) -> int:
    """Ask what answers at those addresses."""
    return await _ask(
        transaction,
        actor,
        now,
        kind=RequestKind.DISCOVER,
        target={"networks": [*addresses], "port": port},
        credentials_sealed=credentials_sealed,
    )


async def outcome_of(transaction: AsyncConnection, request: int) -> Mapping[str, Any] | None:
    """What came of a request; None while nothing has."""
    own = device_request.c.device_request_id == request
    return await transaction.scalar(select(device_request.c.outcome).where(own))


def accepted(outcome: Mapping[str, Any]) -> Mapping[str, Any]:
    """The outcome, where it is no failure. Raises Refused."""
    if error := outcome.get("error"):
        exit_code = ExitCode(error["exit_code"])
        raise Refused(error["problem"], remedy=error["remedy"], exit_code=exit_code)
    return outcome


def failure(refused: Refused) -> dict[str, Any]:
    """The outcome that `accepted` raises as that refusal."""
    return {
        "error": {
            "problem": refused.problem,
            "remedy": refused.remedy,
            "exit_code": int(refused.exit_code),
        }
    }


def poll_document(poll: Poll) -> dict[str, Any]:
    """A reading as `turnpike device poll --json` prints it; what is absent is null.

    An ONU's row in the device's own tables is nobody else's business.
    """
    whole = asdict(poll)
    for onu in whole["onus"]:
        del onu["index"]
    return {part: plain(whole[part]) for part in PARTS}


async def _ask(transaction: AsyncConnection, actor: str, now: datetime, **columns: Any) -> int:
    owner = await tenants.current(transaction)
    asked = await transaction.execute(
        insert(device_request)
        .values(tenant_id=owner.tenant_id, requested_by=actor, requested_at=now, **columns)
        .returning(device_request.c.device_request_id)
    )
    return int(asked.scalar_one())
