"""What went wrong, as pages in words."""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from isp.errors import ExitCode, Refused
from webui.rendering import site

__all__ = ["failed", "not_here", "refused"]

AWAY = (ExitCode.UNAVAILABLE, ExitCode.TRY_AGAIN)


async def not_here(request: Request, raised: Exception) -> Response:
    """HTTPException: there is no such page, or it cannot be asked for so."""
    assert isinstance(raised, HTTPException)
    usual = HTTPStatus(raised.status_code).phrase
    problem = "There is no such page." if raised.detail == usual else raised.detail
    return _problem(request, raised.status_code, problem)


async def refused(request: Request, raised: Exception) -> Response:
    """Refused: it says itself what is wrong, and what to do."""
    assert isinstance(raised, Refused)
    status = HTTPStatus.SERVICE_UNAVAILABLE if raised.exit_code in AWAY else HTTPStatus.BAD_REQUEST
    return _problem(request, status, raised.problem, raised.remedy)


async def failed(request: Request, _: Exception) -> Response:
    """What nobody expected; `webui.edge` logs it."""
    remedy = "The log of webui says what; try again, and report it if it stays."
    return _problem(
        request, HTTPStatus.INTERNAL_SERVER_ERROR, "Something failed on our side.", remedy
    )


def _problem(request: Request, status: int, problem: str, remedy: str = "") -> Response:
    return site(request).page(
        request, "problem.html", status_code=status, problem=problem, remedy=remedy
    )
