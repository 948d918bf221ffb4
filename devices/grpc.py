"""A gRPC channel to a device's controller, plain or TLS: bounded messages, a deadline on each call.

Nothing waits for a server that is away: a call fails at once, and the channel connects again by
itself, with pauses, when it is next used.
"""

from typing import Any, Final

import grpc
import grpc.aio
from cryptography import x509
from cryptography.x509.oid import NameOID

from devices.credentials import TlsAccess

__all__ = [
    "Channel",
    "GrpcError",
    "GrpcRefused",
    "GrpcTimeout",
    "GrpcTooLarge",
    "GrpcUnavailable",
    "GrpcUntrusted",
]

MESSAGE_OCTETS_MAX: Final = 64 * 2**20
"""The default of 4 MiB is some thousand devices; 10,000 with their metrics are about 30 MiB."""

RECONNECT_MILLISECONDS: Final = (200, 5_000)
"""The first and the longest pause between attempts to connect; gRPC's own go up to 120 s."""

KEEPALIVE_MILLISECONDS: Final = (60_000, 10_000)
"""A ping after a minute of silence, given up after ten seconds: a path that died is noticed. More
often than each minute and a Go server calls it too many pings."""


class GrpcError(Exception):
    """A call without an answer."""


class GrpcUnavailable(GrpcError):  # noqa: N818 - it names what happened
    """The server is away, or went away during the call."""


class GrpcTimeout(GrpcError):  # noqa: N818 - it names what happened
    """No answer by the deadline."""


class GrpcUntrusted(GrpcError):  # noqa: N818 - it names what happened
    """The server does not show the certificate that it should."""


class GrpcTooLarge(GrpcError):  # noqa: N818 - it names what happened
    """The answer is larger than a message may be."""


class GrpcRefused(GrpcError):  # noqa: N818 - it names what happened
    """The server answered with an error; `code` is gRPC's name for it (`NOT_FOUND`)."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


class Channel:
    """A connection to `target` (`host:port`); opened by its first call, `close` ends it.

    With `tls`, to whom its authorities or its certificate show; raises ValueError where they are
    none.
    """

    def __init__(
        self,
        target: str,
        *,
        tls: TlsAccess | None = None,
        message_octets_max: int = MESSAGE_OCTETS_MAX,
    ) -> None:
        first, longest = RECONNECT_MILLISECONDS
        silence, patience = KEEPALIVE_MILLISECONDS
        options: tuple[tuple[str, int | str], ...] = (
            ("grpc.max_receive_message_length", message_octets_max),
            ("grpc.initial_reconnect_backoff_ms", first),
            ("grpc.min_reconnect_backoff_ms", first),
            ("grpc.max_reconnect_backoff_ms", longest),
            ("grpc.keepalive_time_ms", silence),
            ("grpc.keepalive_timeout_ms", patience),
            ("grpc.enable_http_proxy", 0),
        )
        self.target = target
        if tls is None:
            self.transport = grpc.aio.insecure_channel(target, options=options)
            return
        if tls.certificate is not None:
            options += (("grpc.ssl_target_name_override", _name_in(tls.certificate)),)
        trusted = grpc.ssl_channel_credentials((tls.certificate or tls.authorities or "").encode())
        self.transport = grpc.aio.secure_channel(target, trusted, options=options)

    async def call(self, method: Any, request: Any, *, timeout_seconds: float) -> Any:
        """The response of a stub's `method` (made with `transport`). Raises GrpcError."""
        try:
            return await method(request, timeout=timeout_seconds, wait_for_ready=False)
        except grpc.aio.AioRpcError as fault:
            raise _error(fault) from fault

    async def close(self) -> None:
        """End the connection and the calls under way."""
        await self.transport.close()


def _name_in(certificate: str) -> str:
    """A name that the certificate is for: of one that is pinned, any will do."""
    parsed = x509.load_pem_x509_certificate(certificate.encode())
    try:
        names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        common = parsed.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(common[0].value) if common else ""
    told = names.get_values_for_type(x509.DNSName)
    return str([*told, *names.get_values_for_type(x509.IPAddress), ""][0])


def _error(fault: grpc.aio.AioRpcError) -> GrpcError:
    detail = fault.details() or ""
    match fault.code():
        case grpc.StatusCode.UNAVAILABLE | grpc.StatusCode.CANCELLED:
            return GrpcUnavailable(detail)
        case grpc.StatusCode.DEADLINE_EXCEEDED:
            return GrpcTimeout(detail)
        case grpc.StatusCode.RESOURCE_EXHAUSTED:
            return GrpcTooLarge(detail)
        case code:
            return GrpcRefused(code.name, detail)
