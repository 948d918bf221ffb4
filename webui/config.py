"""The `[webui]` table."""

from typing import Annotated

from pydantic import Field

from chassis.config import NEEDS_RESTART, Settings, Table

__all__ = ["WebuiConfig", "WebuiSettings"]


class WebuiConfig(Table):
    """The admin pages; put a TLS proxy in front of them when they leave this machine."""

    address: Annotated[str, NEEDS_RESTART] = "127.0.0.1"
    """Where the pages are served."""

    port: Annotated[int, NEEDS_RESTART] = Field(default=8080, ge=0, le=65535)
    """The TCP port; 0: any free one."""

    tenant: Annotated[str, NEEDS_RESTART] = "default"
    """Whose subscribers these pages show."""

    behind_tls_proxy: Annotated[bool, NEEDS_RESTART] = False
    """A proxy on this machine speaks HTTPS: the cookie asks for it, X-Forwarded-For is believed."""

    session_hours: int = Field(default=12, ge=1, le=168)
    """How long a sign-in lasts."""


class WebuiSettings(Settings):
    """What webui reads."""

    webui: WebuiConfig = WebuiConfig()
