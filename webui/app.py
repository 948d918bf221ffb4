"""The application: the pages behind the gate, all of it inside the edge."""

from dataclasses import replace

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from isp.errors import Refused
from webui.config import WebuiConfig
from webui.edge import Edge
from webui.gate import Gate
from webui.pages import ROUTES
from webui.problems import failed, not_here, refused
from webui.rendering import HERE, Site

__all__ = ["Application"]


class Application:
    """The ASGI application over one site."""

    def __init__(self, site: Site) -> None:
        self._inner = Starlette(
            routes=[*ROUTES, Mount("/static", StaticFiles(directory=HERE / "static"))],
            middleware=[Middleware(Gate)],
            exception_handlers={HTTPException: not_here, Refused: refused, Exception: failed},
        )
        self._inner.state.site = site
        self._edge = Edge(self._inner)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        await self._edge(scope, receive, send)

    def reconfigure(self, config: WebuiConfig) -> None:
        """The next request sees the new settings."""
        self._inner.state.site = replace(self._inner.state.site, config=config)
