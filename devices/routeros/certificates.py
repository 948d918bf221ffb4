"""TLS to a router: its own certificate, pinned; or what the machine trusts."""

import hmac
import ssl

from devices.certificates import fingerprint, open_context, shown_certificate
from devices.routeros.errors import RouterLost, RouterRefused
from devices.routeros.target import RouterTarget

__all__ = ["certificate_of", "check_pin", "context_for"]


def context_for(target: RouterTarget) -> ssl.SSLContext:
    """A context for this router; with a pin, `check_pin` must follow the handshake."""
    if target.certificate_sha256 is None:
        return ssl.create_default_context()
    # Routers sign for themselves and name nobody: the fingerprint is the whole identity.
    return open_context()


def check_pin(target: RouterTarget, tls: ssl.SSLObject | ssl.SSLSocket | None) -> None:
    """Is this the certificate that was pinned? Raises RouterRefused, before any secret is sent."""
    if target.certificate_sha256 is None:
        return
    shown = tls.getpeercert(binary_form=True) if tls is not None else None
    pinned = target.certificate_sha256.replace(":", "").lower()
    actual = fingerprint(shown or b"")
    if not hmac.compare_digest(actual, pinned):
        message = f"{target.host} shows the certificate {actual}, not the pinned {pinned}"
        raise RouterRefused(message)


async def certificate_of(host: str, port: int, *, timeout_seconds: float) -> str:
    """The SHA-256 fingerprint of the certificate that a router shows now, 64 hex digits.

    For a person to compare and pin; nothing is sent. Raises RouterLost.
    """
    try:
        shown = await shown_certificate(host, port, open_context(), timeout_seconds=timeout_seconds)
    except OSError as error:
        message = f"no TLS with {host}:{port}: {error or 'no answer'}"
        raise RouterLost(message) from error
    return fingerprint(shown)
