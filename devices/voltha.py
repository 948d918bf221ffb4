"""The client of a VOLTHA core: its devices, and the questions of its Extension service.

Source: voltha-protos `voltha.proto` and `extensions.proto`. Every method raises GrpcError.
"""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from google.protobuf.empty_pb2 import Empty
from voltha_protos.common_pb2 import ID
from voltha_protos.device_pb2 import Device, Port
from voltha_protos.extensions_pb2 import GetValueResponse, SingleGetValueRequest
from voltha_protos.extensions_pb2_grpc import ExtensionStub
from voltha_protos.voltha_pb2_grpc import VolthaServiceStub

from devices.certificates import (
    Untrusted,
    check_trust,
    fingerprint,
    open_context,
    shown_certificate,
)
from devices.credentials import TlsAccess
from devices.grpc import (
    Channel,
    GrpcRefused,
    GrpcTooLarge,
    GrpcUnavailable,
    GrpcUntrusted,
)

__all__ = ["VolthaCore"]

HTTP2: Final = ("h2",)

LIST_SECONDS: Final = 30.0
"""For a list of everything: ten thousand devices are some 10 MB."""

CALL_SECONDS: Final = 5.0
RECONNECT_SECONDS: Final = 0.5
"""A core that was restarted is noticed by the first call, which is made once more after this."""

CALLS_MAX: Final = 16
"""Outstanding in one core at once, whatever the number of its OLTs."""


class Line(NamedTuple):
    """A channel with what is called through it."""

    channel: Channel
    voltha: VolthaServiceStub
    extension: ExtensionStub


class VolthaCore:
    """The core at that address; connected to by the first call.

    Of `tls` that names neither authorities nor a certificate, `believing` takes the one that is
    shown at first.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        tls: TlsAccess | None = None,
        believing: bool = False,
        message_octets_max: int | None = None,
    ) -> None:
        self._host, self._port = host, port
        self._tls, self._believing = tls, believing
        self._bounds = {"message_octets_max": message_octets_max} if message_octets_max else {}
        self._line: Line | None = None
        self._calls = asyncio.Semaphore(CALLS_MAX)
        self._one_by_one = False

    @property
    def certificate(self) -> str | None:
        """The certificate (PEM) that alone is trusted."""
        return self._tls and self._tls.certificate

    async def version(self) -> str | None:
        """The core's version."""
        return (await self._call(lambda line: line.voltha.GetVoltha, Empty())).version or None

    async def devices(self) -> Sequence[Device]:
        """All devices; one by one where they are too many for one message."""
        if not self._one_by_one:
            try:
                listed = await self._call(
                    lambda line: line.voltha.ListDevices, Empty(), LIST_SECONDS
                )
            except GrpcTooLarge:
                self._one_by_one = True
            else:
                return listed.items
        ids = await self._call(lambda line: line.voltha.ListDeviceIds, Empty(), LIST_SECONDS)
        found = await asyncio.gather(*(self._device(each) for each in ids.items))
        return [each for each in found if each is not None]

    async def ports(self, device_id: str) -> Sequence[Port]:
        """The ports of an OLT."""
        asked = ID(id=device_id)
        return (await self._call(lambda line: line.voltha.ListDevicePorts, asked)).items

    async def ask(
        self, request: SingleGetValueRequest, *, timeout_seconds: float
    ) -> GetValueResponse:
        """An answer of the Extension service; its `status` may be an error."""
        answered = await self._call(
            lambda line: line.extension.GetExtValue, request, timeout_seconds
        )
        return answered.response

    async def close(self) -> None:
        """End the connection."""
        if self._line is not None:
            await self._line.channel.close()
            self._line = None

    async def _device(self, device_id: ID) -> Device | None:
        """One device; None where it went since it was listed."""
        try:
            return await self._call(lambda line: line.voltha.GetDevice, device_id)
        except GrpcRefused as refused:
            if refused.code == "NOT_FOUND":
                return None
            raise

    async def _call(
        self,
        method: Callable[[Line], Any],
        request: Any,
        timeout_seconds: float = CALL_SECONDS,
    ) -> Any:
        async with self._calls:
            line = self._line or await self._connected()
            call = line.channel.call
            try:
                return await call(method(line), request, timeout_seconds=timeout_seconds)
            except GrpcUnavailable:
                await asyncio.sleep(RECONNECT_SECONDS)
            try:
                return await call(method(line), request, timeout_seconds=timeout_seconds)
            except GrpcUnavailable:
                await self._check_trust()
                raise

    async def _connected(self) -> Line:
        """A channel to the core, whose certificate is taken where none is known yet."""
        tls = self._tls
        if tls is not None and tls.authorities is None and tls.certificate is None:
            self._tls = await self._shown(tls)
        host = f"[{self._host}]" if ":" in self._host else self._host
        channel = Channel(f"{host}:{self._port}", tls=self._tls, **self._bounds)
        voltha, extension = (stub(channel.transport) for stub in (VolthaServiceStub, ExtensionStub))
        self._line = Line(channel, voltha, extension)
        return self._line

    async def _shown(self, tls: TlsAccess) -> TlsAccess:
        """With the certificate that the core shows now, if it is to be believed."""
        if not self._believing:
            raise GrpcUntrusted("its certificate is not known yet")
        try:
            shown = await shown_certificate(
                self._host, self._port, open_context(HTTP2), timeout_seconds=CALL_SECONDS
            )
        except OSError as fault:
            raise GrpcUnavailable(f"no TLS: {fault or 'no answer'}") from fault
        expected = tls.certificate_sha256
        if expected is not None and fingerprint(shown) != expected:
            raise GrpcUntrusted(f"it shows the certificate {fingerprint(shown)}, not {expected}")
        return TlsAccess(certificate=ssl.DER_cert_to_PEM_cert(shown), certificate_sha256=expected)

    async def _check_trust(self) -> None:
        if self._tls is None:
            return
        try:
            await check_trust(
                self._host,
                self._port,
                self._tls,
                protocols=HTTP2,
                timeout_seconds=CALL_SECONDS,
            )
        except Untrusted as fault:
            raise GrpcUntrusted(str(fault)) from fault
