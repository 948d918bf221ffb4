"""The core on a socket: VolthaService and Extension on grpc.aio, with a real one's bad habits.

Its controls are the protocol's own: SimulateAlarm("los", intf_id) cuts a PON and splices it,
SimulateAlarm("dying_gasp", onu_device_id) takes an ONU's power, DisableDevice and EnableDevice
lose an OLT and find it, RebootDevice makes it discover everything anew under other ids.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final
from zlib import crc32

import grpc
from google.protobuf.empty_pb2 import Empty
from voltha_protos import extensions_pb2_grpc, voltha_pb2_grpc
from voltha_protos.common_pb2 import ID, IDs, OperationResp
from voltha_protos.device_pb2 import Device, Devices, Ports, SimulateAlarmRequest
from voltha_protos.extensions_pb2 import (
    GetValueResponse,
    SingleGetValueRequest,
    SingleGetValueResponse,
)
from voltha_protos.voltha_pb2 import Voltha

from lab.certificate import Certificate
from lab.voltha.answers import failed, olt_answer, onu_answer
from lab.voltha.messages import event, olt_device, olt_ports, onu_device
from lab.voltha.plant import Condition, Happening, Olt, Plant, Pon

__all__ = ["Core", "Habits"]

EVENTS_MAX: Final = 100_000
OPTIONS: Final = (("grpc.so_reuseport", 0), ("grpc.max_send_message_length", -1))
TRAFFIC_SECONDS: Final = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Habits:
    """How slow and how unwilling the core is.

    `unsupported` are kinds of requests that its adapters do not know (`onuOpticalInfo`, …);
    `failing_share` of the ONUs never answer a question that goes to the ONU itself.
    """

    latency_seconds: float = 0.0
    omci_seconds: float = 0.0
    unsupported: frozenset[str] = frozenset()
    failing_share: float = 0.0


class Core:
    """One core at one address; `async with` starts and stops it.

    `counts` has the calls by method and, for the extension, by kind; `busiest` the most calls that
    one OLT, with its ONUs, had outstanding at once; `asked_at` when each OLT was asked something.
    `heard` is told every event's bytes, which `events` keeps. With a `certificate` it talks TLS.
    """

    def __init__(
        self,
        plant: Plant,
        *,
        habits: Habits | None = None,
        address: str = "127.0.0.1",
        port: int = 0,
        certificate: Certificate | None = None,
        wall_seconds: Callable[[], float] = lambda: 0.0,
        heard: Callable[[bytes], None] = lambda _message: None,
    ) -> None:
        self.plant = plant
        self.habits = habits or Habits()
        self.address, self.port = address, port
        self.certificate = certificate
        self.counts: Counter[str] = Counter()
        self.busiest = 0
        self.asked_at: dict[str, list[float]] = {}
        self.events: deque[bytes] = deque(maxlen=EVENTS_MAX)
        self._wall_seconds = wall_seconds
        self._heard = heard
        self._outstanding: Counter[str] = Counter()
        self._traffic_at = 0.0
        self._server: grpc.aio.Server | None = None

    async def __aenter__(self) -> "Core":
        await self._start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def target(self) -> str:
        """Where clients find it."""
        return f"{self.address}:{self.port}"

    async def stop(self) -> None:
        """End at once: calls under way fail."""
        if self._server is not None:
            await self._server.stop(None)
            self._server = None

    async def restart(self, *, away_seconds: float = 0.0) -> None:
        """End, be away, come back on the same port with the same devices."""
        await self.stop()
        await asyncio.sleep(away_seconds)
        await self._start()

    def tell(self, happenings: Iterable[Happening]) -> None:
        """Publish what happened."""
        for happening in happenings:
            message = event(happening, seconds=self._wall_seconds())
            self.events.append(message)
            self._heard(message)

    async def answer(self, method: str) -> None:
        """Count a call, and take the time that one takes here."""
        self.counts[method] += 1
        await asyncio.sleep(self.habits.latency_seconds)

    async def extension(self, request: SingleGetValueRequest) -> SingleGetValueResponse:
        """One answer of the Extension service."""
        kind = request.request.WhichOneof("request") or "nothing"
        place = self.plant.by_device_id.get(request.targetId)
        olt = place.olt if place else self.olt(request.targetId)
        await self.answer(kind)
        if olt is None:
            return failed(GetValueResponse.INVALID_DEVICE_ID)
        if kind in self.habits.unsupported:
            return failed(GetValueResponse.UNSUPPORTED)
        self._outstanding[olt.serial] += 1
        self.busiest = max(self.busiest, self._outstanding[olt.serial])
        now = asyncio.get_running_loop().time()
        self.asked_at.setdefault(olt.serial, []).append(now)
        try:
            if place is None:
                self._move_traffic(now)
                return olt_answer(request.request, olt, self.plant)
            await asyncio.sleep(self.habits.omci_seconds)
            if crc32(place.onu.serial.encode()) < self.habits.failing_share * 2**32:
                return failed(GetValueResponse.TIMEOUT)
            return onu_answer(request.request, place.onu)
        finally:
            self._outstanding[olt.serial] -= 1

    def olt(self, device_id: str) -> Olt | None:
        """The OLT of an id."""
        return next((each for each in self.plant.olts if each.device_id == device_id), None)

    def _move_traffic(self, now: float) -> None:
        if now - self._traffic_at >= TRAFFIC_SECONDS:
            self._traffic_at = now
            self.plant.move_traffic(now)

    async def _start(self) -> None:
        server = grpc.aio.server(options=OPTIONS)
        voltha_pb2_grpc.add_VolthaServiceServicer_to_server(_VolthaService(self), server)
        extensions_pb2_grpc.add_ExtensionServicer_to_server(_Extension(self), server)
        if self.certificate is None:
            self.port = server.add_insecure_port(self.target)
        else:
            own = ((self.certificate.key_pem, self.certificate.pem),)
            self.port = server.add_secure_port(self.target, grpc.ssl_server_credentials(own))
        await server.start()
        self._server = server


class _Extension(extensions_pb2_grpc.ExtensionServicer):
    def __init__(self, core: Core) -> None:
        self._core = core

    async def GetExtValue(
        self, request: SingleGetValueRequest, _context: grpc.aio.ServicerContext
    ) -> SingleGetValueResponse:
        return await self._core.extension(request)


class _VolthaService(voltha_pb2_grpc.VolthaServiceServicer):
    # ruff: noqa: N802 - the servicer's names for its methods

    def __init__(self, core: Core) -> None:
        self._core = core
        self._plant = core.plant

    async def GetVoltha(self, _request: Empty, _context: grpc.aio.ServicerContext) -> Voltha:
        await self._core.answer("GetVoltha")
        return Voltha(version="2.12.0")

    async def ListDevices(self, _request: Empty, _context: grpc.aio.ServicerContext) -> Devices:
        await self._core.answer("ListDevices")
        devices = Devices(items=[olt_device(olt) for olt in self._plant.olts])
        devices.items.extend(
            onu_device(place.onu, place.pon, place.olt) for place in self._plant.places()
        )
        return devices

    async def ListDeviceIds(self, _request: Empty, _context: grpc.aio.ServicerContext) -> IDs:
        await self._core.answer("ListDeviceIds")
        known = [olt.device_id for olt in self._plant.olts] + list(self._plant.by_device_id)
        return IDs(items=[ID(id=each) for each in known])

    async def GetDevice(self, request: ID, context: grpc.aio.ServicerContext) -> Device:
        await self._core.answer("GetDevice")
        if place := self._plant.by_device_id.get(request.id):
            return onu_device(place.onu, place.pon, place.olt)
        return olt_device(await self._known(request.id, context))

    async def ListDevicePorts(self, request: ID, context: grpc.aio.ServicerContext) -> Ports:
        await self._core.answer("ListDevicePorts")
        return Ports(items=olt_ports(await self._known(request.id, context)))

    async def DisableDevice(self, request: ID, context: grpc.aio.ServicerContext) -> Empty:
        (await self._known(request.id, context)).reachable = False
        return Empty()

    async def EnableDevice(self, request: ID, context: grpc.aio.ServicerContext) -> Empty:
        (await self._known(request.id, context)).reachable = True
        return Empty()

    async def RebootDevice(self, request: ID, context: grpc.aio.ServicerContext) -> Empty:
        self._plant.renumber(await self._known(request.id, context))
        return Empty()

    async def SimulateAlarm(
        self, request: SimulateAlarmRequest, context: grpc.aio.ServicerContext
    ) -> OperationResp:
        olt = await self._known(request.id, context)
        raised = request.operation == SimulateAlarmRequest.RAISE
        match request.indicator:
            case "los":
                pon = _pon(olt, request.intf_id)
                if pon is None:
                    await context.abort(grpc.StatusCode.NOT_FOUND, request.intf_id)
                change = self._plant.cut if raised else self._plant.splice
                self._core.tell(change(pon, olt))
            case "dying_gasp":
                place = self._plant.by_device_id.get(request.onu_device_id)
                if place is None:
                    await context.abort(grpc.StatusCode.NOT_FOUND, request.onu_device_id)
                where = (place.onu, place.pon, place.olt)
                self._core.tell(
                    [
                        self._plant.fail(*where, Condition.NO_POWER)
                        if raised
                        else self._plant.recover(*where)
                    ]
                )
            case _:
                return OperationResp(code=OperationResp.OPERATION_UNSUPPORTED)
        return OperationResp(code=OperationResp.OPERATION_SUCCESS)

    async def _known(self, device_id: str, context: grpc.aio.ServicerContext) -> Olt:
        olt = self._core.olt(device_id)
        if olt is None:
            await context.abort(grpc.StatusCode.NOT_FOUND, f"no OLT {device_id}")
        return olt


def _pon(olt: Olt, interface: str) -> Pon | None:
    return next((pon for pon in olt.pons if str(pon.interface) == interface), None)
