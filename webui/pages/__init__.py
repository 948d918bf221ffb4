"""The pages, one file each; a page is its routes, its template and its test."""

from starlette.routing import Route

from webui.pages import session, sessions, subscriber, subscribers

__all__ = ["NAVIGATION", "ROUTES"]

ROUTES: tuple[Route, ...] = (
    *session.ROUTES,
    *subscribers.ROUTES,
    *subscriber.ROUTES,
    *sessions.ROUTES,
)
NAVIGATION = (("Subscribers", "/subscribers"), ("Live sessions", "/sessions"))
