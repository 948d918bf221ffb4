"""Signing in and out."""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from webui.metrics import sign_ins
from webui.rendering import site
from webui.sign_in import COOKIE, new_token, token_hash, verify

__all__ = ["ROUTES"]


async def form(request: Request) -> Response:
    """The sign-in form."""
    return site(request).page(request, "sign_in.html", problem="")


async def sign_in(request: Request) -> Response:
    """Check the password; on success a session cookie, else the form again."""
    here = site(request)
    fields = await request.form()
    name, password = str(fields.get("name", "")), str(fields.get("password", ""))
    address = request.client.host if request.client else ""
    now = here.clock.now()
    if not here.guard.allows(name, address, now):
        sign_ins.add("slowed")
        return refuse(request, "Too many wrong passwords; wait ten minutes.", status=429)
    known = await here.store.password_hash(name)
    if not verify(known[1] if known else None, password) or known is None:
        here.guard.failed(name, address, now)
        sign_ins.add("refused")
        return refuse(request, "Wrong name or password.", status=401)
    token = new_token()
    lasting = timedelta(hours=here.config.session_hours)
    await here.store.open_session(token_hash(token), known[0], now + lasting)
    sign_ins.add("ok")
    response = RedirectResponse("/subscribers", status_code=303)
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(lasting.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=here.config.secure_cookies,
    )
    return response


async def sign_out(request: Request) -> Response:
    """Revoke the session."""
    await site(request).store.close_session(token_hash(request.cookies.get(COOKIE, "")))
    response = RedirectResponse("/sign-in", status_code=303)
    response.delete_cookie(COOKIE)
    return response


def refuse(request: Request, problem: str, *, status: int) -> Response:
    return site(request).page(request, "sign_in.html", status_code=status, problem=problem)


ROUTES = (
    Route("/sign-in", form, methods=["GET"]),
    Route("/sign-in", sign_in, methods=["POST"]),
    Route("/sign-out", sign_out, methods=["POST"]),
)
