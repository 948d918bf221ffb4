"""One subscriber: services with their why, sessions, usage, invoices, payments."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from webui.rendering import site

__all__ = ["ROUTES"]


async def subscriber(request: Request) -> Response:
    """Everything about one subscriber on one page."""
    here = site(request)
    reference = request.path_params["subscriber"]
    page = await here.store.subscriber(reference)
    if page is None:
        raise HTTPException(404, f"There is no subscriber {reference!r}.")
    now = here.clock.now()
    explanations = [await here.store.why(each["login"], now) for each in page["services"]]
    most = max((row["octets_up"] + row["octets_down"] for row in page["usage"]), default=0)
    return here.page(request, "subscriber.html", **page, why=explanations, usage_most=most)


ROUTES = (Route("/subscribers/{subscriber:path}", subscriber),)
