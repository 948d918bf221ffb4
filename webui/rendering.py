"""What the pages share: the database, the tenant, the templates; and how a page is made."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from chassis.clock import Clock
from database.connect import Database
from operations.explained import explained
from operations.tenants import Tenant
from webui.config import WebuiConfig
from webui.guard import Guard
from webui.words import filters

__all__ = ["HERE", "Site", "environment", "site"]

HERE: Final = Path(__file__).parent
HASHES_AT_ONCE_MAX: Final = 2
"""Argon2id takes 64 MiB and a core for each; the pages go on meanwhile."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """One tenant's pages."""

    config: WebuiConfig
    database: Database
    tenant: Tenant
    clock: Clock
    templates: Environment
    navigation: tuple[tuple[str, str], ...]
    guard: Guard = field(default_factory=Guard)
    hashing: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(HASHES_AT_ONCE_MAX)
    )

    @property
    def today(self) -> date:
        """The calendar date where the tenant is."""
        return self.tenant.today(self.clock.now())

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Any]:
        """All of a page at one moment. Raises Refused where the database is away."""
        with explained():
            async with self.database.snapshot(self.tenant.tenant_id) as transaction:
                yield transaction

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Any]:
        """One transaction. Raises Refused where the database is away."""
        with explained():
            async with self.database.transaction(self.tenant.tenant_id) as transaction:
                yield transaction

    def page(
        self, request: Request, template: str, *, status_code: int = 200, **values: Any
    ) -> Response:
        """Render a template."""
        shared = {
            "navigation": self.navigation,
            "operator": request.scope.get("operator"),
            "path": request.url.path,
            "tenant": self.tenant,
            "now": self.clock.now(),
        }
        text = self.templates.get_template(template).render(shared | values)
        return HTMLResponse(text, status_code=status_code)


def environment(zone: str) -> Environment:
    """The templates: every value is escaped, a value that is missing is an error."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(filters(ZoneInfo(zone)))
    return made


def site(request: Request) -> Site:
    """The site that a request belongs to."""
    here = request.app.state.site
    assert isinstance(here, Site)
    return here
