"""Signing in and out."""

import asyncio
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from chassis.log import get_logger
from chassis.secrets import Secret
from operations.operators import matches
from webui.asked import cleaned, form, word
from webui.guard import WINDOW
from webui.metrics import sign_ins
from webui.rendering import Site, site
from webui.sign_in import COOKIE, Operator, new_token, page_here, token_hash
from webui.store import operators

__all__ = ["ROUTES"]

log = get_logger("webui")


async def blank(request: Request) -> Response:
    """The form."""
    return _form(request, to=word(request, "to"))


async def sign_in(request: Request) -> Response:
    """Check the password; on success a session cookie, else the form again."""
    here, fields = site(request), await form(request)
    name, to = cleaned(fields.get("name", "")), fields.get("to", "")
    address = request.client.host if request.client else ""
    now = here.clock.now()
    if not here.guard.admits(name, address, now):
        sign_ins.add("slowed")
        log.warning("sign_in_slowed", address=address)
        return _form(request, to=to, status=429, problem="Too many tries; wait ten minutes.")
    who = await _recognised(here, name, Secret(fields.get("password", "")))
    if who is None:
        sign_ins.add("refused")
        log.warning("sign_in_refused", address=address)
        return _form(request, to=to, status=403, problem="Wrong name or password.")
    here.guard.forget(name, address)
    token, lasting = new_token(), timedelta(hours=here.config.session_hours)
    async with here.writing() as transaction:
        await operators.open_session(
            transaction, who, token_hash=token_hash(token), now=now, expires_at=now + lasting
        )
    sign_ins.add("ok")
    log.info("signed_in", operator=who.name, address=address)
    response = RedirectResponse(page_here(to), status_code=303)
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(lasting.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=here.config.behind_tls_proxy,
    )
    return response


async def sign_out(request: Request) -> Response:
    """The session ends, here and in the database."""
    async with site(request).writing() as transaction:
        await operators.close_session(transaction, token_hash(request.cookies[COOKIE]))
    response = RedirectResponse("/sign-in", status_code=303)
    response.delete_cookie(COOKIE)
    return response


async def _recognised(here: Site, name: str, password: Secret[str]) -> Operator | None:
    async with here.reading() as transaction:
        known = await operators.known(transaction, name)
    who, password_hash = known or (None, None)
    async with here.hashing:
        right = await asyncio.to_thread(matches, password_hash, password)
    return who if right else None


def _form(request: Request, *, to: str, status: int = 200, problem: str = "") -> Response:
    response = site(request).page(
        request, "sign_in.html", status_code=status, to=page_here(to), problem=problem
    )
    if status == 429:
        response.headers["retry-after"] = str(int(WINDOW.total_seconds()))
    return response


ROUTES = (
    Route("/sign-in", blank, methods=["GET"]),
    Route("/sign-in", sign_in, methods=["POST"]),
    Route("/sign-out", sign_out, methods=["POST"]),
)
