"""ONUs by place, with their light."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from isp.access_network import OnuState
from webui.asked import word, words
from webui.rendering import site
from webui.store import onus as store
from webui.store.onus import Key

__all__ = ["ROUTES"]


async def onus(request: Request) -> Response:
    """The ONUs of one OLT and in one state, or all; all state is in the address."""
    here = site(request)
    device, state = word(request, "device"), word(request, "state")
    after = Key(*words(request, "after")[: len(Key())])
    async with here.reading() as transaction:
        rows = await store.page(transaction, device=device, state=state, after=after)
        olts = await store.olts(transaction)
    last = rows[-1] if len(rows) == store.PAGE_ROWS else None
    return here.page(
        request,
        "onus.html",
        rows=rows,
        device=device,
        state_chosen=state,
        states=[each.value for each in OnuState],
        olts=olts,
        next_after=last and Key(last["device"], last["port"], last["serial"]),
    )


ROUTES = (Route("/network/onus", onus),)
