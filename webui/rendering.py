"""How a page is made: templates, the words for octets and times, what every page knows."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.templating import Jinja2Templates

from chassis.clock import Clock
from webui.config import WebuiConfig
from webui.sign_in import Guard
from webui.store import Store

__all__ = ["HERE", "Site", "duration", "octets", "site"]

HERE = Path(__file__).parent
OCTET_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


@dataclass(frozen=True, kw_only=True)
class Site:
    """What the pages share."""

    config: WebuiConfig
    store: Store
    clock: Clock
    zone: ZoneInfo
    navigation: tuple[tuple[str, str], ...]
    guard: Guard = field(default_factory=Guard)
    templates: Jinja2Templates = field(
        default_factory=lambda: Jinja2Templates(directory=HERE / "templates")
    )

    def __post_init__(self) -> None:
        filters = self.templates.env.filters
        filters["octets"] = octets
        filters["duration"] = duration
        filters["at"] = self.local
        filters["money"] = money

    def page(
        self, request: Request, template: str, *, status_code: int = 200, **values: Any
    ) -> Response:
        """Render a template."""
        shared = {
            "navigation": self.navigation,
            "operator": request.scope.get("operator"),
            "now": self.clock.now(),
        }
        return self.templates.TemplateResponse(
            request, template, shared | values, status_code=status_code
        )

    def local(self, at: datetime | None) -> str:
        """An instant in the tenant's zone."""
        return at.astimezone(self.zone).strftime("%Y-%m-%d %H:%M") if at else ""


def site(request: Request) -> Site:
    """The site that a request belongs to."""
    here = request.app.state.site
    assert isinstance(here, Site)
    return here


def octets(count: int | Decimal | None) -> str:
    """`1.5 GB`: decimal units, as plans are sold."""
    value = float(count or 0)
    for unit in OCTET_UNITS[:-1]:
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} {OCTET_UNITS[-1]}"


def duration(seconds: int | None) -> str:
    """`2 d 03:04:05`."""
    whole = timedelta(seconds=int(seconds or 0))
    days, rest = whole.days, whole.seconds
    clock = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{days} d {clock}" if days else clock


def money(amount: Decimal | None) -> str:
    """Two digits at least, as the currency has them."""
    return "" if amount is None else f"{amount:,.2f}"
