"""The application: pages behind sign-in, strict headers, plain errors."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webui.pages import ROUTES
from webui.rendering import HERE, Site, site
from webui.sign_in import COOKIE, token_hash

__all__ = ["application"]

OPEN_PATHS = ("/sign-in", "/static/")
HEADERS = {
    b"content-security-policy": b"default-src 'none'; style-src 'self'; img-src 'self' data:; "
    b"form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"cache-control": b"no-store",
}


def application(here: Site) -> Starlette:
    """The ASGI application over one site."""
    app = Starlette(
        routes=[*ROUTES, Mount("/static", StaticFiles(directory=HERE / "static"))],
        middleware=[Middleware(StrictHeaders), Middleware(SignedIn)],
        exception_handlers={HTTPException: problem},
    )
    app.state.site = here
    return app


async def problem(request: Request, raised: Exception) -> Response:
    """An error page in words."""
    assert isinstance(raised, HTTPException)
    return site(request).page(
        request, "problem.html", status_code=raised.status_code, problem=raised.detail
    )


class StrictHeaders:
    """Adds the security headers to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *HEADERS.items()]
            await send(message)

        await self.app(scope, receive, send_with_headers)


class SignedIn:
    """Lets nobody past the sign-in page without a session, and no form in from another site."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        if request.method != "GET" and not same_origin(request):
            await Response("This form came from another site.", 403)(scope, receive, send)
            return
        if not request.url.path.startswith(OPEN_PATHS):
            here = site(request)
            token = request.cookies.get(COOKIE, "")
            scope["operator"] = await here.store.signed_in(token_hash(token), here.clock.now())
            if scope["operator"] is None:
                await RedirectResponse("/sign-in", status_code=303)(scope, receive, send)
                return
        await self.app(scope, receive, send)


def same_origin(request: Request) -> bool:
    """Browsers send Origin with every form; one without it is no browser's."""
    origin = request.headers.get("origin")
    return origin is None or origin.split("://", 1)[-1] == request.headers.get("host")
