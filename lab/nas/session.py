"""A subscriber's session on the NAS, and what the server said about it."""

from dataclasses import dataclass, field

from radius import numbers, wire

__all__ = ["Line", "Refusal", "Session", "vendor_values"]

RATE_LIMIT = 8
KILOBITS = {"": 0.001, "k": 1.0, "m": 1000.0, "g": 1_000_000.0}


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """Where a subscriber is plugged in, and what he says who he is."""

    login: str
    password: str
    mac: str
    port_id: str = "ether2"


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """No session: rejected, or no answer at all (`message` None)."""

    message: str | None


@dataclass(kw_only=True, slots=True)
class Session:
    """One session; counters are seen from the subscriber and only grow."""

    acct_session_id: str
    line: Line
    started_at: float
    framed_ip: str | None = None
    class_cookies: list[bytes] = field(default_factory=list)
    interim_seconds: int = 0
    session_timeout_seconds: int | None = None
    rate_limit: str | None = None
    octets_up: int = 0
    octets_down: int = 0
    ended: bool = False

    def use(self, *, octets_up: int, octets_down: int) -> None:
        """Traffic happened."""
        self.octets_up += octets_up
        self.octets_down += octets_down

    def take(self, frame: wire.Frame) -> None:
        """Take over what an Access-Accept or a CoA-Request says."""
        cookies = [value for kind, value in frame.attributes if kind == numbers.CLASS]
        if cookies:
            self.class_cookies = cookies
        for kind, value in frame.attributes:
            if kind == numbers.ACCT_INTERIM_INTERVAL:
                self.interim_seconds = int.from_bytes(value, "big")
            elif kind == numbers.SESSION_TIMEOUT:
                self.session_timeout_seconds = int.from_bytes(value, "big")
            elif kind == numbers.FRAMED_IP_ADDRESS:
                self.framed_ip = ".".join(map(str, value))
        for (vendor, kind), value in vendor_values(frame):
            if (vendor, kind) == (numbers.VENDOR_MIKROTIK, RATE_LIMIT):
                self.rate_limit = value.decode()

    def rates_kbps(self) -> tuple[float | None, float | None]:
        """(up, down) that the rate limit allows; RouterOS names the subscriber's upload first."""
        if not self.rate_limit:
            return None, None
        up, _, down = self.rate_limit.split(" ")[0].partition("/")
        return rate_kbps(up), rate_kbps(down or up)


def rate_kbps(text: str) -> float:
    """`20M` is 20,000 kbit/s; a bare number is bits a second."""
    digits = text.rstrip("kKmMgG")
    return float(digits) * KILOBITS[text[len(digits) :].lower()]


def vendor_values(frame: wire.Frame) -> list[tuple[tuple[int, int], bytes]]:
    """Vendor-Specific values of the usual layout, as `((vendor, type), value)` (RFC 2865 §5.26)."""
    found = []
    for kind, value in frame.attributes:
        if kind == numbers.VENDOR_SPECIFIC and len(value) >= 6 and value[5] >= 2:
            vendor = int.from_bytes(value[:4], "big")
            found.append(((vendor, value[4]), value[6 : 4 + value[5]]))
    return found
