"""A VOLTHA core as a source: one connection, one lane for each of its OLTs.

The core answers from what it keeps about devices and their states. Light, distance and counters
are asked through its Extension service, where an adapter asks the OLT, and the OLT perhaps the
ONU: never more than one question at a time below one OLT.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from math import inf
from typing import Final

from voltha_protos.device_pb2 import Device, Port
from voltha_protos.extensions_pb2 import GetValueResponse

from chassis.clock import Clock
from collectors.driver import Part
from collectors.sources import (
    NOTHING_LEARNED,
    Identity,
    SourceLost,
    SourceRefused,
    SourceUntrusted,
)
from collectors.voltha.events import Causes
from collectors.voltha.questions import (
    ONU_QUESTIONS,
    Kind,
    Question,
    pon_counters,
    pon_light,
    uplink_counters,
)
from collectors.voltha.reading import MODEL, Answer, optics_poll, whole_poll
from collectors.voltha.rounds import Rounds
from collectors.voltha.topology import Topology, remembering, topology
from devices.grpc import GrpcError, GrpcRefused, GrpcUnavailable, GrpcUntrusted
from devices.voltha import VolthaCore
from isp.access_network import OnuReading, Poll

__all__ = ["VolthaSource"]

BUDGET_SECONDS: Final = 120.0
"""Of one reading: a lane that is not through by then leaves the rest."""

SILENCES_MAX: Final = 3
"""In a row, and a lane is left for this reading: its OLT is not listening."""

CALL_SECONDS: Final = {Kind.OLT_RX_POWER: 20.0, Kind.ONU_OPTICS: 12.0, Kind.ONU_ALARMS: 12.0}
"""One call measures every ONU of a port; an adapter waits ten seconds for an ONU."""

CALL_SECONDS_OTHERWISE: Final = 5.0
UNSUPPORTED_SECONDS: Final = 6 * 3600.0
FAILED_SECONDS: Final = 600.0
"""How long a question that an adapter did not know, or could not answer, is not asked again."""

LIGHT_AGE_SECONDS: Final = 300.0
"""How old what an OLT receives may be before an ONU's turn asks for its port again."""

NEVER: Final = (-inf, None)
DENIED: Final = frozenset({"UNAUTHENTICATED", "PERMISSION_DENIED"})


@dataclass(slots=True)
class Asked:
    """What came of some questions; `lost` where the core went away meanwhile."""

    answers: list[Answer] = field(default_factory=list)
    unanswered: list[Question] = field(default_factory=list)
    lost: GrpcUnavailable | None = None

    def partial(self) -> set[str]:
        """The names of what was not read in full."""
        return {question.kind.value for question in self.unanswered}


class VolthaSource:
    """The core at `core`.

    `causes` is told by events, where there are any, why ONUs went down.
    """

    one_by_one = True
    capabilities = NOTHING_LEARNED
    identity = None

    def __init__(
        self,
        core: VolthaCore,
        *,
        clock: Clock,
        causes: Causes,
        budget_seconds: float = BUDGET_SECONDS,
    ) -> None:
        self._core = core
        self._budget_seconds = budget_seconds
        self._clock = clock
        self._causes = causes
        self._known = Topology()
        self._outdated = True
        self._rounds = Rounds()
        self._version: str | None = None
        self._not_before: dict[tuple[str, Kind], float] = {}
        self._light: dict[str, tuple[float, Answer | None]] = {}
        self._told: dict[str | None, OnuReading] = {}

    async def probe(self) -> Identity:
        """The core's version. Raises SourceLost, SourceRefused."""
        with _reached():
            self._version = await self._core.version()
        return Identity(
            driver="voltha",
            model=MODEL,
            description=self._version,
            certificate=self._core.certificate,
        )

    async def read(self, parts: frozenset[Part]) -> Poll:
        """All devices and their states; with `Part.TRAFFIC` counters, with `Part.OPTICS` what each
        OLT receives. Raises SourceLost, SourceRefused.
        """
        if Part.INVENTORY in parts or self._version is None:
            await self.probe()
        partial = await self._look()
        known = self._known
        pons = [pon for pon in known.pons if pon.olt.readable]
        questions: list[Question] = []
        if Part.TRAFFIC in parts:
            questions += map(pon_counters, pons)
            questions += [uplink_counters(each) for each in known.uplinks if each.olt.readable]
        if Part.OPTICS in parts:
            questions += map(pon_light, pons)
        asked = await self._ask_all(questions)
        return whole_poll(
            known,
            asked.answers,
            version=self._version,
            down=self._causes.known(self._clock.now()),
            partial=tuple(sorted(partial | asked.partial())),
        )

    async def read_onu(self, onu: OnuReading) -> Poll:
        """This ONU's light, distance, alarms and counters, and those of one ONU of every other
        OLT in its turn: the pace of these calls is the pace on each OLT. An ONU that had its
        turn a short while ago is told as it was then. Raises SourceLost, SourceRefused.
        """
        if self._outdated:
            await self._look()
        now = self._clock.monotonic()
        turn = self._rounds.turn(onu.serial, now)
        pons = {each.pon.name: each.pon for each in turn}
        dark = [
            pon
            for name, pon in pons.items()
            if now - self._light.get(name, NEVER)[0] >= LIGHT_AGE_SECONDS
        ]
        questions = [pon_light(pon) for pon in dark]
        questions += [question(each) for each in turn for question in ONU_QUESTIONS]
        asked = await self._ask_all(questions)
        if asked.lost is not None and not asked.answers:
            raise SourceLost(str(asked.lost)) from asked.lost
        lit = {answer.question.about: answer for answer in asked.answers}
        self._light |= {pon.name: (now, lit.get(pon.name)) for pon in dark}
        light = [answer for name in pons if (answer := self._light[name][1]) is not None]
        poll = optics_poll(turn, [*light, *asked.answers])
        now_told = {each.serial: each for each in poll.onus}
        self._told |= now_told
        if onu.serial in now_told or onu.serial not in self._told:
            return poll
        return replace(poll, onus=(*poll.onus, self._told[onu.serial]))

    async def close(self) -> None:
        """End the connection."""
        await self._core.close()

    async def _look(self) -> set[str]:
        """Read the topology; the names of what was not read in full."""
        with _reached():
            devices = await self._core.devices()
        olts = [each for each in devices if each.root]
        ports = await asyncio.gather(*map(self._ports, olts))
        found = {olt.id: each for olt, each in zip(olts, ports, strict=True) if each is not None}
        self._known = remembering(self._known, topology(devices, found))
        self._outdated = False
        self._rounds.renew(self._known.onus)
        now = self._clock.monotonic()
        self._not_before = {key: at for key, at in self._not_before.items() if at > now}
        names = {pon.name for pon in self._known.pons}
        self._light = {name: each for name, each in self._light.items() if name in names}
        serials = {onu.serial for onu in self._known.onus}
        self._told = {serial: each for serial, each in self._told.items() if serial in serials}
        return set() if len(found) == len(olts) else {"ports"}

    async def _ports(self, olt: Device) -> Sequence[Port] | None:
        """The ports of an OLT; None where they were not to be had."""
        try:
            return await self._core.ports(olt.id)
        except GrpcError:
            return None

    async def _ask_all(self, questions: Sequence[Question]) -> Asked:
        """Every OLT's questions one after the other, all OLTs side by side."""
        now = self._clock.monotonic()
        lanes: dict[str, list[Question]] = {}
        for question in questions:
            if self._not_before.get((question.about, question.kind), now) <= now:
                lanes.setdefault(question.olt, []).append(question)
        whole = Asked()
        for lane in await asyncio.gather(*map(self._lane, lanes.values())):
            whole.answers += lane.answers
            whole.unanswered += lane.unanswered
            whole.lost = whole.lost or lane.lost
        return whole

    async def _lane(self, questions: list[Question]) -> Asked:
        until = self._clock.monotonic() + self._budget_seconds
        lane = Asked()
        silences = 0
        for position, question in enumerate(questions):
            if silences == SILENCES_MAX or self._clock.monotonic() >= until:
                lane.unanswered += questions[position:]
                break
            seconds = CALL_SECONDS.get(question.kind, CALL_SECONDS_OTHERWISE)
            try:
                response = await self._core.ask(question.request, timeout_seconds=seconds)
            except GrpcUnavailable as lost:
                lane.lost = lost
                lane.unanswered += questions[position:]
                break
            except GrpcError:
                lane.unanswered.append(question)
                silences += 1
            else:
                silences = 0
                if response.status == GetValueResponse.OK:
                    lane.answers.append(Answer(question=question, response=response))
                else:
                    self._put_off(question, response)
        return lane

    def _put_off(self, question: Question, response: GetValueResponse) -> None:
        """Do not ask this again for a while."""
        if response.errReason == GetValueResponse.INVALID_DEVICE_ID:
            self._outdated = True
            return
        unsupported = response.errReason == GetValueResponse.UNSUPPORTED
        seconds = UNSUPPORTED_SECONDS if unsupported else FAILED_SECONDS
        self._not_before[question.about, question.kind] = self._clock.monotonic() + seconds


@contextmanager
def _reached() -> Iterator[None]:
    """What a core that does not answer is called here."""
    try:
        yield
    except GrpcRefused as refused:
        kind = SourceRefused if refused.code in DENIED else SourceLost
        raise kind(str(refused)) from refused
    except GrpcUntrusted as untrusted:
        raise SourceUntrusted(str(untrusted)) from untrusted
    except GrpcError as fault:
        raise SourceLost(str(fault)) from fault
