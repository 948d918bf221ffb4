"""Shaped routers: how each stands, and what flows through its sites now."""

from datetime import timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from operations import queues
from webui.flow_chart import flow_charts
from webui.rendering import site

__all__ = ["ROUTES"]

REFRESH_SECONDS: Final = 10
"""As often as throughput is sampled."""

SPAN: Final = timedelta(minutes=30)


async def routers(request: Request) -> Response:
    """Every shaped router, and the last half hour of its parent queues; refreshes if asked to."""
    here = site(request)
    since = here.clock.now() - SPAN
    async with here.reading() as transaction:
        seen = await queues.routers(transaction)
        flows = await queues.flows(transaction, since)
    return here.page(
        request,
        "routers.html",
        routers=seen,
        charts=list(flow_charts(flows, since, SPAN)),
        refresh_seconds=REFRESH_SECONDS if "refresh" in request.query_params else None,
    )


ROUTES = (Route("/routers", routers),)
