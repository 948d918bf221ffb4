"""The access network at a glance: what is out, the OLTs, what is wrong."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from operations import alarms, outages
from webui.rendering import site
from webui.store.onus import olts

__all__ = ["ROUTES"]

REFRESH_SECONDS: Final = 30
"""States are read every five minutes; outages and alarms appear in between."""

ALARMS_SHOWN_MAX: Final = 50
"""The worst first; `turnpike alarm list` has all."""


async def network(request: Request) -> Response:
    """Outages that stand, every OLT, the worst alarms; refreshes itself where that is asked for."""
    here = site(request)
    async with here.reading() as transaction:
        rows = await olts(transaction)
        out = await outages.listed(transaction, standing=True)
        wrong = await alarms.listed(transaction, standing=True)
    return here.page(
        request,
        "network.html",
        olts=rows,
        outages=out,
        alarms=wrong[:ALARMS_SHOWN_MAX],
        alarms_standing=len(wrong),
        refresh_seconds=REFRESH_SECONDS if "refresh" in request.query_params else None,
    )


ROUTES = (Route("/network", network),)
