"""TLS certificates: the one that a device shows, and whether it is the one that is trusted."""

import asyncio
import hashlib
import ssl
from collections.abc import Sequence

from devices.credentials import TlsAccess

__all__ = ["Untrusted", "check_trust", "fingerprint", "open_context", "shown_certificate"]


class Untrusted(Exception):  # noqa: N818 - it names what it is
    """A device shows another certificate than it should."""


def fingerprint(certificate: bytes) -> str:
    """SHA-256 of a certificate (DER), 64 hexadecimal digits."""
    return hashlib.sha256(certificate).hexdigest()


def open_context(protocols: Sequence[str] = ()) -> ssl.SSLContext:
    """A context that takes any certificate: for what is compared, or only looked at."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if protocols:
        context.set_alpn_protocols([*protocols])
    return context


async def shown_certificate(
    host: str, port: int, context: ssl.SSLContext, *, timeout_seconds: float
) -> bytes:
    """The certificate (DER) that a device shows now; nothing is sent. Raises OSError."""
    async with asyncio.timeout(timeout_seconds):
        _, writer = await asyncio.open_connection(host, port, ssl=context)
    tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
    shown = tls.getpeercert(binary_form=True)
    writer.transport.abort()
    return shown or b""


async def check_trust(
    host: str, port: int, tls: TlsAccess, *, protocols: Sequence[str], timeout_seconds: float
) -> None:
    """Whether a device that cannot be talked to is only not trusted. Raises Untrusted."""
    context = open_context(protocols)
    if tls.certificate is None:
        context = ssl.create_default_context(cadata=tls.authorities)
        context.set_alpn_protocols([*protocols])
    try:
        shown = await shown_certificate(host, port, context, timeout_seconds=timeout_seconds)
    except ssl.SSLCertVerificationError as fault:
        raise Untrusted(f"its certificate is not trusted: {fault.verify_message}") from fault
    except OSError:
        return
    if tls.certificate is not None:
        known = fingerprint(ssl.PEM_cert_to_DER_cert(tls.certificate))
        if fingerprint(shown) != known:
            raise Untrusted(f"it shows the certificate {fingerprint(shown)}, not {known}")
