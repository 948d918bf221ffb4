"""Who is at the keyboard: the cookie, its token, where to go after signing in. Pure but for chance.

The cookie is SameSite=Lax, so that a link from elsewhere opens the page it names; what changes
anything is a POST, which other sites are refused (see `webui.gate`).
"""

from dataclasses import dataclass
from hashlib import sha256
from secrets import token_urlsafe
from typing import Final

__all__ = ["COOKIE", "Operator", "new_token", "page_here", "token_hash"]

COOKIE: Final = "turnpike_session"
TOKEN_OCTETS: Final = 32
FIRST_PAGE: Final = "/subscribers"


@dataclass(frozen=True, kw_only=True, slots=True)
class Operator:
    """Someone who may sign in."""

    operator_id: int
    name: str


def new_token() -> str:
    """What the cookie holds."""
    return token_urlsafe(TOKEN_OCTETS)


def token_hash(token: str) -> bytes:
    """What the database holds, so that reading it signs nobody in."""
    return sha256(token.encode()).digest()


def page_here(wanted: str) -> str:
    """The path if it is one of ours; the first page for anything that leads elsewhere."""
    ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\", "/sign-"))
    return wanted if ours and wanted.isprintable() else FIRST_PAGE
