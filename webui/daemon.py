"""The webui daemon: the pages on one port, read and written through the web role."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Final

import uvicorn

from chassis.health import Check, Health
from chassis.lifecycle import Context
from chassis.log import get_logger
from database.connect import Database, Role
from database.daemon_report import DaemonReport
from database.version import require_schema_version
from isp.errors import ExitCode, Refused
from operations import tenants
from webui.app import Application
from webui.config import WebuiConfig, WebuiSettings
from webui.pages import NAVIGATION
from webui.rendering import Site, environment

__all__ = ["Webui"]

CONNECTIONS_MAX: Final = 200
"""Operators and their tabs; a flood is answered 503 before it takes a database connection."""

KEEP_ALIVE_SECONDS: Final = 30
GRACE_SECONDS: Final = 10
"""What a request in flight may still take; longer than a page, shorter than the chassis's drain."""

HEAD_OCTETS_MAX: Final = 16_384

log = get_logger("webui")


class Webui:
    """Serves the pages until drained."""

    def __init__(self, settings: WebuiSettings, context: Context) -> None:
        self._config = settings.webui
        self._context = context
        self._database = Database(settings.database, Role.WEB, "turnpike webui")
        self._server: Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self._application: Application | None = None
        self._report = DaemonReport(self._database, context, self.health)
        self.port = 0

    async def start(self) -> None:
        """Find the tenant, bind, serve."""
        await require_schema_version(self._database)
        config = self._config
        async with self._database.transaction() as transaction:
            tenant = await tenants.named(transaction, config.tenant)
        self._application = Application(
            Site(
                config=config,
                database=self._database,
                tenant=tenant,
                clock=self._context.clock,
                templates=environment(tenant.zone),
                navigation=NAVIGATION,
            )
        )
        listening = _listen(config)
        self.port = listening.getsockname()[1]
        self._server = Server(_uvicorn_config(self._application, config))
        self._serving = asyncio.ensure_future(self._server.serve(sockets=[listening]))
        self._serving.add_done_callback(self._ended)
        await self._server.accepts.wait()
        self._report.begin()
        log.info("webui_listening", url=self._url())

    async def reload(self, settings: WebuiSettings) -> None:
        """The next request sees the new settings."""
        if self._application is not None:
            self._application.reconfigure(settings.webui)

    async def drain(self) -> None:
        """Finish the requests in flight."""
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving
        await self._report.farewell()
        await self._database.close()

    def health(self) -> Health:
        """Serving or not."""
        serving = self._serving is not None and not self._serving.done()
        return Health(
            checks=(Check(name="pages", ok=serving, detail=self._url(), vital=True),),
            status=self._url(),
        )

    def _url(self) -> str:
        address = self._config.address
        return f"http://{f'[{address}]' if ':' in address else address}:{self.port}"

    def _ended(self, serving: asyncio.Task[None]) -> None:
        """Serving ends only when drained; otherwise the daemon must be started again."""
        if not (serving.cancelled() or (self._server and self._server.should_exit)):
            self._context.fail(f"serving ended: {serving.exception()!r}")


class Server(uvicorn.Server):
    """Leaves the signals to the chassis, and says when it accepts."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.accepts = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing to capture."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn does it."""
        await super().startup(sockets)
        self.accepts.set()


def _listen(config: WebuiConfig) -> socket.socket:
    family = socket.AF_INET6 if ":" in config.address else socket.AF_INET
    try:
        return socket.create_server((config.address, config.port), family=family)
    except OSError as error:
        raise Refused(
            f"cannot serve the pages on {config.address}:{config.port} ({error.strerror})",
            remedy="free the port, or set address and port in [webui]",
            exit_code=ExitCode.UNAVAILABLE,
        ) from None


def _uvicorn_config(application: Application, config: WebuiConfig) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=config.behind_tls_proxy,
        forwarded_allow_ips="127.0.0.1,::1",
        limit_concurrency=CONNECTIONS_MAX,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        h11_max_incomplete_event_size=HEAD_OCTETS_MAX,
    )
