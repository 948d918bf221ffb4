"""One subscriber: services with their why, sessions, usage, invoices, payments."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from webui.asked import cleaned
from webui.chart import usage_chart
from webui.rendering import site
from webui.store.subscriber import SHOWN_MAX
from webui.store.subscriber import subscriber as load
from webui.words import invoice_state

__all__ = ["ROUTES"]


async def subscriber(request: Request) -> Response:
    """Everything about one subscriber on one page."""
    here = site(request)
    reference = cleaned(request.path_params["subscriber"])
    async with here.reading() as transaction:
        found = await load(transaction, reference, here.clock.now())
    if found is None:
        raise HTTPException(404, f"There is no subscriber {reference}.")
    return here.page(
        request,
        "subscriber.html",
        subscriber=found,
        account=found.account,
        chart=usage_chart(found.usage, here.today),
        invoices=[(row, invoice_state(row, here.today)) for row in found.invoices],
        shown_max=SHOWN_MAX,
    )


ROUTES = (Route("/subscribers/{subscriber:path}", subscriber),)
