"""The `[billingd]` table."""

import json
import re
from datetime import time
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator

from chassis.config import Settings, Table
from chassis.secrets import Secret
from gateways.sms import PLACEHOLDERS, Encoding, faults

__all__ = ["BillingdConfig", "BillingdSettings", "Told"]


class Told(StrEnum):
    """What subscribers are told of."""

    WARNING = "warning"
    OUTAGE = "outage"


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

    sms_url: str = ""
    """Where short messages go out, by HTTP. Empty: everything goes by mail. docs/access-network.md
    shows the keys for some providers."""

    sms_for: list[Told] = Field([Told.OUTAGE])
    """What is told by short message to subscribers with a phone number, and to the others by mail:
    `outage` and its end, `warning` before a block."""

    sms_encoding: Encoding = Encoding.FORM
    """How the fields are sent: `form` and `json` by POST, `query` by GET."""

    sms_fields: dict[str, Any] = Field({"to": "{to}", "text": "{text}"})
    """The provider's fields. `{to}` is the number as +4912345678, `{digits}` the same without `+`,
    `{text}` what is told, `{key}` the same for each try of a message, `{token}` the secret."""

    sms_headers: dict[str, str] = Field({})
    """Headers beside those of HTTP, with the same words in braces."""

    sms_user: str = ""
    """The name to sign in with (HTTP Basic), where the provider asks for one."""

    sms_password: Secret[str] | None = None
    """The password to sign in with."""

    sms_token: Secret[str] | None = None
    """What `{token}` stands for."""

    sms_accepted: str = ""
    """A pattern that is found in the answer only if the message was taken. Empty: any status 2xx
    says so."""

    sms_country_code: str = Field(default="", pattern=r"^([1-9][0-9]{0,2})?$")
    """Of numbers that begin with a single 0. Empty: those are refused."""

    provisioning_script: Path | None = None
    """What configures an OLT: `SCRIPT link|unlink|swap`, a JSON object on its standard input.
    Absent: what was asked for with `turnpike onu … --provision` waits."""

    @field_validator("sms_url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        if url and not url.startswith(("https://", "http://")):
            message = "write it as https://HOST/PATH"
            raise ValueError(message)
        return url

    @field_validator("sms_fields", "sms_headers", mode="before")
    @classmethod
    def _from_environment(cls, template: Any) -> Any:
        """An environment variable gives a table as JSON."""
        if not isinstance(template, str):
            return template
        try:
            return json.loads(template)
        except ValueError as error:
            message = f"it is no JSON object: {error}"
            raise ValueError(message) from None

    @field_validator("sms_fields", "sms_headers")
    @classmethod
    def _is_a_template(cls, template: dict[str, Any]) -> dict[str, Any]:
        for unknown in faults(template):
            known = " ".join(f"{{{each}}}" for each in PLACEHOLDERS)
            message = f"{{{unknown}}} stands for nothing; there are {known}"
            raise ValueError(message)
        return template

    @field_validator("sms_accepted")
    @classmethod
    def _is_a_pattern(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            message = f"{pattern} is no pattern: {error}"
            raise ValueError(message) from None
        return pattern


class BillingdSettings(Settings):
    """What billingd reads."""

    billingd: BillingdConfig = BillingdConfig()
