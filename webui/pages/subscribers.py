"""The list of subscribers, with search."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from webui.rendering import site
from webui.store import PAGE_ROWS

__all__ = ["ROUTES"]


async def home(_: Request) -> Response:
    """The first page is the list."""
    return RedirectResponse("/subscribers", status_code=303)


async def subscribers(request: Request) -> Response:
    """Totals, the search field, and a page of subscribers; all state is in the address."""
    here = site(request)
    search, after = request.query_params.get("q", ""), request.query_params.get("after", "")
    rows = await here.store.subscribers(search, after)
    return here.page(
        request,
        "subscribers.html",
        totals=await here.store.totals(),
        rows=rows,
        search=search,
        next_after=rows[-1]["subscriber"] if len(rows) == PAGE_ROWS else None,
    )


ROUTES = (Route("/", home), Route("/subscribers", subscribers))
