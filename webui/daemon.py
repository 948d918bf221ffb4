"""The webui daemon: the pages on one port, read through the web role."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import uvicorn

from chassis.health import Check, Health
from chassis.lifecycle import Context
from chassis.log import get_logger
from database.connect import Database, Role
from database.daemon_report import DaemonReport
from database.version import require_schema_version
from operations import tenants
from webui.app import application
from webui.config import WebuiSettings
from webui.pages import NAVIGATION
from webui.rendering import Site
from webui.store import Store

__all__ = ["Webui"]

log = get_logger("webui")


class Webui:
    """Serves the pages until drained."""

    def __init__(self, settings: WebuiSettings, context: Context) -> None:
        self._settings = settings
        self._context = context
        self._database = Database(settings.database, Role.WEB, "turnpike webui")
        self._server: uvicorn.Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self.port = 0
        self._report = DaemonReport(self._database, context, self.health)

    async def start(self) -> None:
        """Find the tenant, bind, serve."""
        await require_schema_version(self._database)
        config = self._settings.webui
        tenant = await self._tenant(config.tenant)
        site = Site(
            config=config,
            store=Store(self._database, tenant.tenant_id),
            clock=self._context.clock,
            zone=ZoneInfo(tenant.zone),
            navigation=NAVIGATION,
        )
        uvicorn_config = uvicorn.Config(
            application(site),
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
        )
        listening = socket.create_server((config.address, config.port))
        self.port = listening.getsockname()[1]
        self._server = Server(uvicorn_config)
        self._serving = asyncio.get_running_loop().create_task(
            self._server.serve(sockets=[listening])
        )
        self._report.begin()
        log.info("webui_listening", address=config.address, port=self.port)

    async def reload(self, settings: WebuiSettings) -> None:
        """The pages read nothing that may change while they run but what needs a restart."""
        self._settings = settings

    async def drain(self) -> None:
        """Finish the requests in flight."""
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving
        await self._report.farewell()
        await self._database.close()

    async def _tenant(self, name: str) -> tenants.Tenant:
        """The web role sees one tenant, so another one finds it."""
        everyone = Database(self._settings.database, Role.READER, "turnpike webui")
        try:
            async with everyone.transaction() as transaction:
                return await tenants.named(transaction, name)
        finally:
            await everyone.close()

    def health(self) -> Health:
        """Serving or not."""
        serving = self._serving is not None and not self._serving.done()
        return Health(
            checks=(Check(name="pages", ok=serving, vital=True),),
            status=f"http://{self._settings.webui.address}:{self.port}",
        )


class Server(uvicorn.Server):
    """Leaves the signals to the chassis."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing to capture."""
        yield
