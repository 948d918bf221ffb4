"""What is out there: OLTs with PON ports, and ONUs on them, that break and come back."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from random import Random

__all__ = ["Condition", "Happening", "Olt", "Onu", "Place", "Plant", "Pon"]

PONS_PER_OLT = 16
ONUS_PER_OLT = 1024
RATES_BITS_PER_SECOND = (0, 50_000, 2_000_000, 20_000_000)
"""What a line moves on average, downwards; a tenth of it upwards."""


class Condition(Enum):
    """How an ONU is."""

    UP = "up"
    NO_LIGHT = "no light"
    NO_POWER = "no power"
    DISABLED = "disabled"


@dataclass(slots=True)
class Onu:
    """An ONU; `device_id` changes whenever it is discovered anew, the serial never."""

    serial: str
    onu_id: int
    device_id: str
    rx_dbm: float
    tx_dbm: float
    distance_m: int
    bits_per_second: int
    condition: Condition = Condition.UP
    octets_down: int = 0
    octets_up: int = 0


@dataclass(slots=True)
class Pon:
    """A PON port, its interface number as the OLT counts, and whether its fibre is whole."""

    interface: int
    whole: bool = True
    onus: list[Onu] = field(default_factory=list)


@dataclass(slots=True)
class Olt:
    """An OLT; where it is not `reachable` the core knows what it knew."""

    serial: str
    device_id: str
    reachable: bool = True
    pons: list[Pon] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """An ONU and where it is."""

    olt: Olt
    pon: Pon
    onu: Onu


@dataclass(frozen=True, kw_only=True, slots=True)
class Happening:
    """Something that the OLT notices: the event's name, and where; `onu` None: the whole PON."""

    name: str
    olt: Olt
    pon: Pon
    onu: Onu | None = None


class Plant:
    """`onus` ONUs over as many OLTs as they need; the same seed is the same plant."""

    def __init__(self, *, onus: int, seed: int = 0) -> None:
        self._random = Random(seed)
        count = max(1, -(-onus // ONUS_PER_OLT))
        self.olts = [self._olt(number) for number in range(count)]
        ports = [pon for olt in self.olts for pon in olt.pons]
        for number in range(onus):
            pon = ports[number % len(ports)]
            pon.onus.append(self._onu(number, len(pon.onus) + 1))
        self.by_device_id: dict[str, Place] = {}
        self._index()
        self._moved_at = 0.0

    def places(self) -> Iterator[Place]:
        """Every ONU and where it is."""
        for olt in self.olts:
            for pon in olt.pons:
                for onu in pon.onus:
                    yield Place(olt=olt, pon=pon, onu=onu)

    def cut(self, pon: Pon, olt: Olt) -> Iterator[Happening]:
        """A digger finds the feeder fibre: every ONU of the port goes dark at once."""
        pon.whole = False
        yield Happening(name="OLT_LOSS_OF_SIGNAL_RAISE_EVENT", olt=olt, pon=pon)
        for onu in pon.onus:
            if onu.condition is Condition.UP:
                yield self.fail(onu, pon, olt, Condition.NO_LIGHT)

    def splice(self, pon: Pon, olt: Olt) -> Iterator[Happening]:
        """The fibre is whole again: who went dark with it is discovered anew."""
        pon.whole = True
        yield Happening(name="OLT_LOSS_OF_SIGNAL_CLEAR_EVENT", olt=olt, pon=pon)
        for onu in pon.onus:
            if onu.condition is Condition.NO_LIGHT:
                yield self.recover(onu, pon, olt)

    def fail(self, onu: Onu, pon: Pon, olt: Olt, condition: Condition) -> Happening:
        """One ONU loses its light or its power; the second it can still say."""
        onu.condition = condition
        name = {
            Condition.NO_LIGHT: "ONU_LOSS_OF_SIGNAL_RAISE_EVENT",
            Condition.NO_POWER: "ONU_DYING_GASP_EVENT",
        }.get(condition, "ONU_DISABLED_EVENT")
        return Happening(name=name, olt=olt, pon=pon, onu=onu)

    def recover(self, onu: Onu, pon: Pon, olt: Olt) -> Happening:
        """It answers again."""
        onu.condition = Condition.UP
        return Happening(name="ONU_LOSS_OF_SIGNAL_CLEAR_EVENT", olt=olt, pon=pon, onu=onu)

    def renumber(self, olt: Olt) -> None:
        """The OLT was deleted and made anew: every device id is another, every serial the same."""
        olt.device_id = self._identifier()
        for pon in olt.pons:
            for onu in pon.onus:
                onu.device_id = self._identifier()
        self._index()

    def move_traffic(self, at: float) -> None:
        """Count what passed up to `at` seconds of any clock that never goes back."""
        seconds, self._moved_at = at - self._moved_at, at
        for place in self.places():
            onu = place.onu
            if onu.condition is Condition.UP:
                octets = int(onu.bits_per_second * seconds / 8)
                onu.octets_down += octets
                onu.octets_up += octets // 10

    def _index(self) -> None:
        self.by_device_id = {place.onu.device_id: place for place in self.places()}

    def _identifier(self) -> str:
        number = self._random.getrandbits(4 * 32)
        text = f"{number:032x}"
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))

    def _olt(self, number: int) -> Olt:
        return Olt(
            serial=f"LAB_OLT_{number}",
            device_id=self._identifier(),
            pons=[Pon(interface=each) for each in range(PONS_PER_OLT)],
        )

    def _onu(self, number: int, onu_id: int) -> Onu:
        kilometres = self._random.uniform(0.2, 18.0)
        loss = 14.0 + 0.35 * kilometres + self._random.uniform(0.0, 4.0)
        return Onu(
            serial=f"LABV{number:08X}",
            onu_id=onu_id,
            device_id=self._identifier(),
            rx_dbm=round(3.0 - loss, 3),
            tx_dbm=round(self._random.uniform(1.5, 4.0), 3),
            distance_m=int(kilometres * 1000),
            bits_per_second=self._random.choice(RATES_BITS_PER_SECOND),
        )
