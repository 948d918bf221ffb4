"""The gate: nobody is let in without a session, and no form comes in from another site."""

from typing import Final
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from isp.errors import Refused
from webui.problems import refused
from webui.rendering import site
from webui.sign_in import COOKIE, Operator, token_hash
from webui.store import operators

__all__ = ["Gate"]

OPEN_PATHS: Final = ("/sign-in", "/static/")
READING: Final = ("GET", "HEAD")


class Gate:
    """ASGI middleware; puts the operator into the scope."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        answer = await _stopped(request)
        await (answer or self.app)(scope, receive, send)


async def _stopped(request: Request) -> Response | None:
    """What is answered instead of the page; None: come in."""
    here = site(request)
    if request.method not in READING and not _from_here(request):
        problem = "This form came from another site."
        return here.page(request, "problem.html", status_code=403, problem=problem, remedy="")
    path = request.url.path
    if path == OPEN_PATHS[0] or path.startswith(OPEN_PATHS[1]):
        return None
    try:
        request.scope["operator"] = await _operator(request)
    except Refused as error:
        return await refused(request, error)
    if request.scope["operator"] is not None:
        return None
    wanted = f"{path}?{request.url.query}" if request.url.query else path
    asked = {} if path == "/" or request.method not in READING else {"to": wanted}
    return RedirectResponse(f"/sign-in?{urlencode(asked)}".rstrip("?"), status_code=303)


async def _operator(request: Request) -> Operator | None:
    here, token = site(request), request.cookies.get(COOKIE)
    if not token:
        return None
    async with here.reading() as transaction:
        return await operators.signed_in(transaction, token_hash(token), here.clock.now())


def _from_here(request: Request) -> bool:
    """Browsers say where a form comes from, in one header or the other; without, it is no browser.

    Fetch Metadata (Sec-Fetch-Site) is sent over HTTPS and to loopback, Origin with every POST.
    """
    fetched_from = request.headers.get("sec-fetch-site")
    if fetched_from is not None:
        return fetched_from in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")
