"""A daemon's own row in `daemon_status`: that it lives, and how it is."""

import socket
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from chassis.health import Health
from chassis.lifecycle import Context
from chassis.log import get_logger
from database.connect import Database
from database.tables.running import daemon_status

__all__ = ["REPORT_SECONDS", "DaemonReport"]

REPORT_SECONDS: Final = 10.0
"""A third of what `turnpike status` takes for silence."""

log = get_logger("daemon_report")


class DaemonReport:
    """Written every REPORT_SECONDS, and once more at the end."""

    def __init__(self, database: Database, context: Context, health: Callable[[], Health]) -> None:
        self._database = database
        self._context = context
        self._health = health
        self._started_at = context.clock.now()

    def begin(self) -> None:
        """Report now and from now on."""
        self._context.tasks.every(REPORT_SECONDS, "write_daemon_report", self.write)

    async def write(self) -> None:
        """Say how the daemon is."""
        health = self._health()
        failing = [
            f"{check.name} {check.detail}".strip() for check in health.checks if not check.ok
        ]
        detail = {"status": health.status} | dict(health.figures)
        detail |= {"failing": failing} if failing else {}
        await self._write("ready" if health.ready else "not ready", detail)

    async def farewell(self) -> None:
        """Say that it stopped; a database that is away need not hear it."""
        try:
            await self._write("stopped", {})
        except DBAPIError:
            log.warning("farewell_not_written", daemon=self._context.name)

    async def _write(self, state: str, detail: dict[str, Any]) -> None:
        now: datetime = self._context.clock.now()
        row = {
            "version": self._context.version,
            "started_at": self._started_at,
            "seen_at": now,
            "state": state,
            "detail": detail,
        }
        named = {"node": socket.gethostname(), "daemon": self._context.name}
        statement = insert(daemon_status).values(**named, **row)
        async with self._database.transaction() as transaction:
            await transaction.execute(
                statement.on_conflict_do_update(index_elements=list(named), set_=row)
            )
