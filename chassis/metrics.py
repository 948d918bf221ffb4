"""Metrics: declared once in a room's `metrics.py`, cheap to count, right over several processes.

    requests = counter("turnpike_radius_requests_total", "Datagrams by code.", ("nas", "code"))
    requests.add("bras1", "Access-Request")

Counting is an addition in a dict, fit for 40,000 events a second; once a second, and before each
scrape, `flush` moves the sums into prometheus-client. Declarations make the list in
`docs/metrics.md`. A daemon of several processes calls `share` in each before it counts.
"""

import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar, Final, Literal, TypeAlias

import prometheus_client
from prometheus_client import values as prometheus_values
from prometheus_client.multiprocess import MultiProcessCollector

__all__ = [
    "Counter",
    "Gauge",
    "Histogram",
    "Metric",
    "counter",
    "declared",
    "exposition",
    "flush",
    "gauge",
    "histogram",
    "share",
]

PREFIX: Final = "turnpike_"
SECONDS_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""From a snapshot's answer to the last retransmission that a NAS waits for."""

Labels: TypeAlias = tuple[str, ...]
Across: TypeAlias = Literal["sum", "max", "min", "mostrecent"]
"""How the processes of a daemon make one gauge."""


class Metric:
    """What every metric declares: name with unit, one sentence, label names."""

    kind: ClassVar[str]

    def __init__(self, name: str, help_text: str, labels: Labels) -> None:
        if not name.startswith(PREFIX):
            raise ValueError(f"{name}: metric names begin with {PREFIX}")
        if name in _declared:
            raise ValueError(f"{name} is declared twice")
        self.name, self.help_text, self.labels = name, help_text, labels
        _declared[name] = self

    def flush(self) -> None:
        """Move what was counted since the last time into prometheus-client."""


class Counter(Metric):
    """Something that happens; the name ends in `_total`."""

    kind = "counter"

    def __init__(
        self, name: str, help_text: str, labels: Labels, initial: Iterable[Labels]
    ) -> None:
        if not name.endswith("_total"):
            raise ValueError(f"{name}: a counter's name ends in _total")
        super().__init__(name, help_text, labels)
        self._counted: defaultdict[Labels, float] = defaultdict(int)
        self._counted.update(dict.fromkeys(initial or [()] * (not labels), 0))
        self._exposed: prometheus_client.Counter | None = None

    def add(self, *labels: str, amount: float = 1) -> None:
        """Count `amount` more for these label values, in the declared order."""
        self._counted[labels] += amount

    def flush(self) -> None:
        """Move the sums since the last flush into prometheus-client."""
        if self._exposed is None:
            self._exposed = prometheus_client.Counter(
                self.name, self.help_text, self.labels, registry=_shared.registry
            )
        counted, self._counted = self._counted, defaultdict(int)
        for labels, amount in counted.items():
            (self._exposed.labels(*labels) if labels else self._exposed).inc(amount)


class Gauge(Metric):
    """Something that is, now."""

    kind = "gauge"

    def __init__(self, name: str, help_text: str, labels: Labels, across: Across) -> None:
        super().__init__(name, help_text, labels)
        self._across = across
        self._set: dict[Labels, float] = {}
        self._exposed: prometheus_client.Gauge | None = None

    def set(self, value: float, *labels: str) -> None:
        """It is `value` for these label values, in the declared order."""
        self._set[labels] = value

    def now(self, *labels: str) -> float:
        """Its value over all processes of the daemon, as a scrape would have it; 0 if never set."""
        flush()
        named = dict(zip(self.labels, labels, strict=True))
        return _shared.exposed().get_sample_value(self.name, named) or 0.0

    def flush(self) -> None:
        """Move the newest values into prometheus-client."""
        if self._exposed is None:
            self._exposed = prometheus_client.Gauge(
                self.name,
                self.help_text,
                self.labels,
                registry=_shared.registry,
                multiprocess_mode=self._across,
            )
        newest, self._set = self._set, {}
        for labels, value in newest.items():
            (self._exposed.labels(*labels) if labels else self._exposed).set(value)


class Histogram(Metric):
    """How long or how much: for what happens some hundred times a second, not for each packet."""

    kind = "histogram"

    def __init__(
        self, name: str, help_text: str, labels: Labels, buckets: tuple[float, ...]
    ) -> None:
        super().__init__(name, help_text, labels)
        self._buckets = buckets
        self._exposed: prometheus_client.Histogram | None = None

    def observe(self, value: float, *labels: str) -> None:
        """One more `value` for these label values, in the declared order."""
        exposed = self._known()
        (exposed.labels(*labels) if labels else exposed).observe(value)

    def flush(self) -> None:
        """Make the series known to prometheus-client."""
        self._known()

    def _known(self) -> prometheus_client.Histogram:
        if self._exposed is None:
            self._exposed = prometheus_client.Histogram(
                self.name,
                self.help_text,
                self.labels,
                registry=_shared.registry,
                buckets=self._buckets,
            )
        return self._exposed


def counter(
    name: str, help_text: str, labels: Labels = (), *, initial: Iterable[Labels] = ()
) -> Counter:
    """Declare a counter; `initial` label values are shown as 0 from the start."""
    return Counter(name, help_text, labels, initial)


def gauge(name: str, help_text: str, labels: Labels = (), *, across: Across = "sum") -> Gauge:
    """Declare a gauge; `across` says how the values of several processes become one."""
    return Gauge(name, help_text, labels, across)


def histogram(
    name: str,
    help_text: str,
    labels: Labels = (),
    *,
    buckets: tuple[float, ...] = SECONDS_BUCKETS,
) -> Histogram:
    """Declare a histogram of seconds, or of whatever `buckets` says."""
    return Histogram(name, help_text, labels, buckets)


def declared() -> tuple[Metric, ...]:
    """Every metric declared so far, by name."""
    return tuple(_declared[name] for name in sorted(_declared))


def flush() -> None:
    """Move everything counted into prometheus-client; every second, and before a scrape."""
    for metric in _declared.values():
        metric.flush()


def exposition() -> bytes:
    """The Prometheus text of this daemon, over all its processes."""
    flush()
    return prometheus_client.generate_latest(_shared.exposed())


def share(directory: Path, process: str, *, first: bool = False) -> None:
    """Count together with the daemon's other processes, through files in `directory` (on tmpfs).

    `process` is a fixed name (`keeper`, `0`, `1`…), without underscores: a successor goes on
    counting where its predecessor was killed. The `first` process empties the directory. Call it
    before anything is flushed.
    """
    if any(getattr(metric, "_exposed", None) is not None for metric in _declared.values()):
        raise RuntimeError("share the metrics before the first flush")
    if first:
        directory.mkdir(parents=True, exist_ok=True)
        for left_over in directory.glob("*.db"):
            left_over.unlink()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(directory)
    prometheus_values.ValueClass = prometheus_values.MultiProcessValue(lambda: process)
    _shared.directory = directory


class _Shared:
    """Where this process's series go."""

    def __init__(self) -> None:
        self.registry = prometheus_client.CollectorRegistry()
        self.directory: Path | None = None
        prometheus_client.ProcessCollector(registry=self.registry)

    def exposed(self) -> prometheus_client.CollectorRegistry:
        """What a scrape is answered from."""
        if self.directory is None:
            return self.registry
        registry = prometheus_client.CollectorRegistry()
        prometheus_client.ProcessCollector(registry=registry)
        MultiProcessCollector(registry, path=str(self.directory))
        return registry


prometheus_client.disable_created_metrics()
_declared: dict[str, Metric] = {}
_shared = _Shared()
