"""The edge of the application: what is true of every answer, failures too."""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.log import get_logger
from webui.metrics import answers

__all__ = ["HEADERS", "Edge"]

HEADERS: Final = {
    b"content-security-policy": b"default-src 'none'; style-src 'self'; img-src 'self'; "
    b"form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=()",
}
"""No script runs at all, and no style but ours."""

PRIVATE: Final = b"no-store"
REVALIDATED: Final = b"no-cache"
"""The style sheet may be kept, if it is asked each time whether it is still that one."""

log = get_logger("webui")


class Edge:
    """The outermost ASGI layer: headers, counting, and the last resort."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; the last resort for what a page did not expect."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        kept = REVALIDATED if scope["path"].startswith("/static/") else PRIVATE

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                answers.add(str(message["status"]))
                added = [*HEADERS.items(), (b"cache-control", kept)]
                message = {**message, "headers": [*message["headers"], *added]}
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception:
            log.exception("page_failed", method=scope["method"], path=scope["path"])
