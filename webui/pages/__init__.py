"""The pages, one file each; a page is its routes, its template, its reads and its test."""

from starlette.routing import Route

from webui.pages import sessions, sign_in, subscriber, subscribers

__all__ = ["NAVIGATION", "ROUTES"]

ROUTES: tuple[Route, ...] = (
    *sign_in.ROUTES,
    *subscribers.ROUTES,
    *subscriber.ROUTES,
    *sessions.ROUTES,
)
NAVIGATION = (("Subscribers", "/subscribers"), ("Live sessions", "/sessions"))
