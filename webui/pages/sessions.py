"""Live sessions."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from webui.asked import word, words
from webui.rendering import site
from webui.store import sessions as store
from webui.store.sessions import Key

__all__ = ["ROUTES"]

REFRESH_SECONDS: Final = 10
"""Interim updates come every few minutes; logins and losses are seen soon enough."""


async def sessions(request: Request) -> Response:
    """Who is online, by login; refreshes itself where that is asked for."""
    here = site(request)
    nas, after = word(request, "nas"), Key(*words(request, "after")[: len(Key())])
    async with here.reading() as transaction:
        rows = await store.page(transaction, nas=nas, after=after)
        by_enforcement = await store.by_enforcement(transaction)
        by_nas = await store.by_nas(transaction)
    last = rows[-1] if len(rows) == store.PAGE_ROWS else None
    return here.page(
        request,
        "sessions.html",
        rows=rows,
        nas=nas,
        by_enforcement=by_enforcement,
        by_nas=by_nas,
        refresh_seconds=REFRESH_SECONDS if "refresh" in request.query_params else None,
        next_after=last and Key(last["login"], last["nas"] or "", last["acct_session_id"]),
    )


ROUTES = (Route("/sessions", sessions),)
