"""What a request asks for, bounded: a query's words, a form's fields."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

__all__ = ["cleaned", "form", "word", "words"]

WORD_CHARACTERS_MAX: Final = 200
"""No name, login or address of a subscriber is longer in earnest."""

FORM_OCTETS_MAX: Final = 16_384
"""Our largest form is a name and a password."""

FORM_FIELDS_MAX: Final = 20


def word(request: Request, name: str) -> str:
    """The first value that the query gives `name`; empty where it gives none."""
    return next(iter(words(request, name)), "")


def words(request: Request, name: str) -> list[str]:
    """Each value that the query gives `name`."""
    return [cleaned(value) for value in request.query_params.getlist(name)]


async def form(request: Request) -> Mapping[str, str]:
    """The fields of a form as browsers send it (application/x-www-form-urlencoded)."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_OCTETS_MAX:
            raise HTTPException(413, "The form is too large.")
    try:
        return dict(parse_qsl(body.decode(), max_num_fields=FORM_FIELDS_MAX))
    except ValueError:
        raise HTTPException(400, "The form cannot be read.") from None


def cleaned(text: str) -> str:
    """Trimmed, and without the one character that Postgres cannot hold."""
    return text.replace("\x00", "").strip()[:WORD_CHARACTERS_MAX]
