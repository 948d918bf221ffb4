"""Which router, and as whom."""

from dataclasses import dataclass

from chassis.secrets import Secret

__all__ = ["API_PORT", "API_TLS_PORT", "RouterTarget"]

API_PORT = 8728
API_TLS_PORT = 8729


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterTarget:
    """A router's API (or REST) and the account to use there.

    `certificate_sha256` pins the router's own certificate: 64 hex digits, colons and case do not
    matter. Without it, TLS trusts what the machine trusts, for the name `host`.
    `timeout_seconds` bounds connecting, and the router's silence while it owes an answer.
    """

    host: str
    user: str
    password: Secret[str]
    port: int = API_PORT
    tls: bool = False
    certificate_sha256: str | None = None
    timeout_seconds: float = 10.0
