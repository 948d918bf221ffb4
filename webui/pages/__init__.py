"""The pages, one file each; a page is its routes, its template, its reads and its test."""

from starlette.routing import Route

from webui.pages import network, onus, routers, sessions, sign_in, subscriber, subscribers

__all__ = ["NAVIGATION", "ROUTES"]

ROUTES: tuple[Route, ...] = (
    *sign_in.ROUTES,
    *subscribers.ROUTES,
    *subscriber.ROUTES,
    *sessions.ROUTES,
    *network.ROUTES,
    *onus.ROUTES,
    *routers.ROUTES,
)
NAVIGATION = (
    ("Subscribers", "/subscribers"),
    ("Live sessions", "/sessions"),
    ("Network", "/network"),
    ("Routers", "/routers"),
)
