"""The `[billingd]` table."""

from datetime import time
from pathlib import Path

from pydantic import Field

from chassis.config import Settings, Table
from chassis.secrets import Secret

__all__ = ["BillingdConfig", "BillingdSettings"]


class BillingdConfig(Table):
    """The billing daemon."""

    run_at: time = time(3, 0)
    """The local time, in each tenant's zone, from which a day is billed."""

    smtp_host: str | None = None
    """Where mail goes out. Absent: no warnings are sent, and so nobody is blocked unattended."""

    smtp_port: int = Field(default=25, ge=1, le=65535)
    """The mail server's port."""

    smtp_user: str | None = None
    """The name to sign in with, where the server asks for one."""

    smtp_password: Secret[str] | None = None
    """The password to sign in with."""

    smtp_starttls: bool = False
    """Encrypt the connection; switch it on whenever mail leaves this machine."""

    mail_from: str = "billing@localhost"
    """The sender of warnings and of messages about outages."""

    provisioning_script: Path | None = None
    """What configures an OLT: `SCRIPT link|unlink|swap`, a JSON object on its standard input.
    Absent: what was asked for with `turnpike onu … --provision` waits."""


class BillingdSettings(Settings):
    """What billingd reads."""

    billingd: BillingdConfig = BillingdConfig()
