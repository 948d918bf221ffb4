"""The list of subscribers, with search."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from webui.asked import word
from webui.rendering import site
from webui.store import subscribers as store

__all__ = ["ROUTES"]


async def home(_: Request) -> Response:
    """The first page is the list."""
    return RedirectResponse("/subscribers", status_code=303)


async def subscribers(request: Request) -> Response:
    """Totals, the search field, a page of subscribers; all state is in the address."""
    here = site(request)
    search, after = word(request, "q"), word(request, "after")
    async with here.reading() as transaction:
        rows = await store.page(transaction, search=search, after=after)
        # Totals count everybody; whoever searches or pages is not kept waiting for them.
        begins = not (search or after)
        services = await store.services(transaction) if begins else None
        owed = await store.owed(transaction) if begins else ()
    return here.page(
        request,
        "subscribers.html",
        rows=rows,
        search=search,
        after=after,
        services=services,
        owed=owed,
        next_after=rows[-1]["subscriber"] if len(rows) == store.PAGE_ROWS else None,
    )


ROUTES = (Route("/", home), Route("/subscribers", subscribers))
