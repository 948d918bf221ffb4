"""The outside plant behind an OLT: its ports, its ONUs, and what happens to them.

The truth that every personality tells in its own tables: tests compare what a driver read with it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Final, Protocol

from isp.access_network import DownCause, OnuState

__all__ = ["Clock", "Onu", "Plant", "Port", "Uplink"]

MACS: Final = 0x02A0_0000_0000
"""Locally administered (IEEE 802 §8.2): no real device has these."""

MODELS: Final = ("HG8245H", "F601", "GP1702", "EchoLife")


class Clock(Protocol):
    """Where an OLT gets its wall clock from."""

    def now(self) -> datetime:
        """The instant, aware."""
        ...


@dataclass(slots=True, eq=False, kw_only=True)
class Onu:
    """One ONU; `port` counts from 0, `onu_id` from 1. Optical powers in dBm, by whose end."""

    vendor_id: str
    number: int
    port: int
    onu_id: int
    name: str
    model: str
    firmware: str = "V1R003C00"
    state: OnuState = OnuState.ONLINE
    cause: DownCause | None = None
    up_at: datetime
    down_at: datetime | None = None
    distance_m: int
    rx_dbm: float
    tx_dbm: float
    olt_rx_dbm: float
    temperature_celsius: float = 41.0
    voltage_volts: float = 3.3
    bias_milliamperes: float = 12.5
    octets_up: int
    octets_down: int

    @property
    def online(self) -> bool:
        return self.state is OnuState.ONLINE

    @property
    def serial(self) -> str:
        """`HWTC0000002A`."""
        return f"{self.vendor_id}{self.number:08X}"

    @property
    def serial_octets(self) -> bytes:
        """The eight octets that travel on the PON (G.984.3 §9.2.4.2.1)."""
        return self.vendor_id.encode() + self.number.to_bytes(4, "big")

    @property
    def mac(self) -> bytes:
        """What an EPON ONU is known by."""
        return (MACS + self.number).to_bytes(6, "big")


@dataclass(slots=True, eq=False, kw_only=True)
class Port:
    """One PON port of the OLT and its optics."""

    number: int
    up: bool = True
    tx_dbm: float = 4.5
    temperature_celsius: float = 38.0
    voltage_volts: float = 3.25
    bias_milliamperes: float = 21.0
    octets_up: int = 0
    octets_down: int = 0


@dataclass(slots=True, eq=False, kw_only=True)
class Uplink:
    """An Ethernet port towards the network."""

    number: int
    up: bool = True
    octets_in: int = 0
    octets_out: int = 0


@dataclass(slots=True, kw_only=True)
class Plant:
    """All of it; the same seed gives the same ONUs. `layout` counts what moved an index."""

    clock: Clock
    ports: list[Port]
    onus: list[Onu]
    uplinks: list[Uplink]
    unprovisioned: list[Onu] = field(default_factory=list)
    layout: int = 0

    @classmethod
    def build(
        cls, clock: Clock, *, ports: int, onus: int, vendor_id: str = "HWTC", seed: int = 0
    ) -> "Plant":
        """So many ports, and so many ONUs altogether, spread evenly."""
        random = Random(f"{seed} {vendor_id}")  # a text seed is stable over Python's versions
        first = random.randrange(1 << 24) << 8
        now = clock.now()
        plant = cls(
            clock=clock,
            ports=[Port(number=number) for number in range(ports)],
            onus=[],
            uplinks=[Uplink(number=number) for number in range(2)],
        )
        for count in range(onus):
            number = (first + count) & 0xFFFFFFFF
            loss = random.uniform(14.0, 24.0)
            plant.onus.append(
                Onu(
                    vendor_id=vendor_id,
                    number=number,
                    port=count % ports,
                    onu_id=count // ports + 1,
                    name=f"line-{count + 1}",
                    model=MODELS[count % len(MODELS)],
                    up_at=now,
                    distance_m=random.randrange(120, 19_000),
                    rx_dbm=round(4.5 - loss, 2),
                    tx_dbm=round(random.uniform(1.2, 3.2), 2),
                    olt_rx_dbm=round(2.2 - loss, 1),
                    octets_up=random.randrange(1 << 40),
                    octets_down=random.randrange(1 << 44),
                )
            )
        return plant

    def on(self, port: int) -> Iterator[Onu]:
        """The ONUs of a port."""
        return (onu for onu in self.onus if onu.port == port)

    def cut(self, port: int) -> None:
        """The fibre of a port is cut: its ONUs lose their signal at once."""
        self.ports[port].up = False
        for onu in self.on(port):
            if onu.online:
                self.lose(onu, OnuState.LOS, DownCause.LOS)

    def mend(self, port: int) -> None:
        """The fibre is whole again: whoever lost the signal comes back."""
        self.ports[port].up = True
        for onu in self.on(port):
            if onu.state is OnuState.LOS:
                self.restore(onu)

    def lose(self, onu: Onu, state: OnuState, cause: DownCause) -> None:
        """An ONU goes down."""
        onu.state, onu.cause, onu.down_at = state, cause, self.clock.now()

    def switch_off(self, onu: Onu) -> None:
        """The subscriber pulls the plug: a dying gasp."""
        self.lose(onu, OnuState.DYING_GASP, DownCause.DYING_GASP)

    def restore(self, onu: Onu) -> None:
        """An ONU registers again; its counters begin anew, the cause of its outage is kept."""
        onu.state, onu.up_at = OnuState.ONLINE, self.clock.now()
        onu.octets_up = onu.octets_down = 0

    def swap(self, one: Onu, other: Onu) -> None:
        """Two ONUs change places: each index now belongs to the other serial."""
        one.port, other.port = other.port, one.port
        one.onu_id, other.onu_id = other.onu_id, one.onu_id
        self.layout += 1

    def move(self, onu: Onu, port: int) -> None:
        """An ONU is found on another port, at its first free place."""
        taken = {each.onu_id for each in self.on(port)}
        onu.port = port
        onu.onu_id = next(place for place in range(1, len(taken) + 2) if place not in taken)
        self.layout += 1

    def shuffle(self, seed: int = 0) -> None:
        """Every port numbers its ONUs anew, as some OLTs do over a reboot."""
        for port in self.ports:
            here = list(self.on(port.number))
            places = [onu.onu_id for onu in here]
            Random(f"{seed} {port.number}").shuffle(places)
            for onu, place in zip(here, places, strict=True):
                onu.onu_id = place
        self.layout += 1

    def reboot(self) -> None:
        """Every counter begins anew, every ONU registers again."""
        for port in self.ports:
            port.octets_up = port.octets_down = 0
        for uplink in self.uplinks:
            uplink.octets_in = uplink.octets_out = 0
        for onu in self.onus:
            if onu.online:
                self.restore(onu)

    def use(self, octets_up: int, octets_down: int) -> None:
        """Every online ONU uses so much, and ports and uplink count it."""
        for onu in self.onus:
            if onu.online:
                onu.octets_up += octets_up
                onu.octets_down += octets_down
                self.ports[onu.port].octets_up += octets_up
                self.ports[onu.port].octets_down += octets_down
                self.uplinks[0].octets_out += octets_up
                self.uplinks[0].octets_in += octets_down
