"""The client of a VOLTHA core: its devices, and the questions of its Extension service.

Source: voltha-protos `voltha.proto` and `extensions.proto`. Every method raises GrpcError.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from google.protobuf.empty_pb2 import Empty
from voltha_protos.common_pb2 import ID
from voltha_protos.device_pb2 import Device, Port
from voltha_protos.extensions_pb2 import GetValueResponse, SingleGetValueRequest
from voltha_protos.extensions_pb2_grpc import ExtensionStub
from voltha_protos.voltha_pb2_grpc import VolthaServiceStub

from devices.grpc import Channel, GrpcRefused, GrpcTooLarge, GrpcUnavailable

__all__ = ["VolthaCore"]

LIST_SECONDS: Final = 30.0
"""For a list of everything: ten thousand devices are some 10 MB."""

CALL_SECONDS: Final = 5.0
RECONNECT_SECONDS: Final = 0.5
"""A core that was restarted is noticed by the first call, which is made once more after this."""

CALLS_MAX: Final = 16
"""Outstanding in one core at once, whatever the number of its OLTs."""


class VolthaCore:
    """The core at `target` (`host:port`); connected to by the first call."""

    def __init__(self, target: str, *, message_octets_max: int | None = None) -> None:
        bounds = {} if message_octets_max is None else {"message_octets_max": message_octets_max}
        self._channel = Channel(target, **bounds)
        self._voltha = VolthaServiceStub(self._channel.transport)
        self._extension = ExtensionStub(self._channel.transport)
        self._calls = asyncio.Semaphore(CALLS_MAX)
        self._one_by_one = False

    async def version(self) -> str | None:
        """The core's version."""
        return (await self._call(self._voltha.GetVoltha, Empty())).version or None

    async def devices(self) -> Sequence[Device]:
        """All devices; one by one where they are too many for one message."""
        if not self._one_by_one:
            try:
                listed = await self._call(self._voltha.ListDevices, Empty(), LIST_SECONDS)
            except GrpcTooLarge:
                self._one_by_one = True
            else:
                return listed.items
        ids = await self._call(self._voltha.ListDeviceIds, Empty(), LIST_SECONDS)
        found = await asyncio.gather(*(self._device(each) for each in ids.items))
        return [each for each in found if each is not None]

    async def ports(self, device_id: str) -> Sequence[Port]:
        """The ports of an OLT."""
        return (await self._call(self._voltha.ListDevicePorts, ID(id=device_id))).items

    async def ask(
        self, request: SingleGetValueRequest, *, timeout_seconds: float
    ) -> GetValueResponse:
        """An answer of the Extension service; its `status` may be an error."""
        answered = await self._call(self._extension.GetExtValue, request, timeout_seconds)
        return answered.response

    async def close(self) -> None:
        """End the connection."""
        await self._channel.close()

    async def _device(self, device_id: ID) -> Device | None:
        """One device; None where it went since it was listed."""
        try:
            return await self._call(self._voltha.GetDevice, device_id)
        except GrpcRefused as refused:
            if refused.code == "NOT_FOUND":
                return None
            raise

    async def _call(self, method: Any, request: Any, timeout_seconds: float = CALL_SECONDS) -> Any:
        async with self._calls:
            try:
                return await self._channel.call(method, request, timeout_seconds=timeout_seconds)
            except GrpcUnavailable:
                await asyncio.sleep(RECONNECT_SECONDS)
                return await self._channel.call(method, request, timeout_seconds=timeout_seconds)
