"""Live sessions."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from webui.rendering import site
from webui.store import PAGE_ROWS

__all__ = ["ROUTES"]

REFRESH_SECONDS = 10


async def sessions(request: Request) -> Response:
    """Who is online, by login; refreshes itself."""
    here = site(request)
    nas, after = request.query_params.get("nas", ""), request.query_params.get("after", "")
    rows = await here.store.sessions(nas, after)
    return here.page(
        request,
        "sessions.html",
        rows=rows,
        nas=nas,
        totals=await here.store.totals(),
        next_after=rows[-1]["login"] if len(rows) == PAGE_ROWS else None,
        refresh_seconds=REFRESH_SECONDS,
    )


ROUTES = (Route("/sessions", sessions),)
