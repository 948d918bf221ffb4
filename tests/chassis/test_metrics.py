"""Metrics: counted cheaply, declared once, right over several processes."""

import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from chassis.metrics import counter, declared, exposition, gauge, histogram

HOUSE = Path(__file__).resolve().parents[2]
numbers = count()


def name(suffix: str = "") -> str:
    """A name that no other test declares."""
    return f"turnpike_test_{next(numbers)}{suffix}"


def samples(text: bytes) -> dict[tuple[str, tuple[str, ...]], float]:
    """Every sample by name and label values."""
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_what_was_counted_is_exposed_once():
    drops = counter(name("_total"), "Drops.", ("nas", "reason"))
    drops.add("bras1", "malformed")
    drops.add("bras1", "malformed", amount=2)
    first, second = samples(exposition()), samples(exposition())

    assert 3 == first[drops.name, ("bras1", "malformed")]
    assert first[drops.name, ("bras1", "malformed")] == second[drops.name, ("bras1", "malformed")]


def test_known_series_are_shown_as_zero_from_the_start():
    plain = counter(name("_total"), "Plain.")
    outcomes = counter(name("_total"), "Outcomes.", ("outcome",), initial=[("ok",), ("failed",)])
    shown = samples(exposition())

    assert 0 == shown[plain.name, ()]
    assert (0, 0) == (shown[outcomes.name, ("ok",)], shown[outcomes.name, ("failed",)])


def test_a_gauge_shows_its_newest_value():
    depth = gauge(name(), "Depth.", ("queue",))
    depth.set(5, "spool")
    depth.set(3, "spool")

    assert 3 == samples(exposition())[depth.name, ("spool",)]


def test_a_histogram_counts_what_it_observed():
    seconds = histogram(name("_seconds"), "Seconds.", buckets=(0.1, 1.0))
    for value in (0.05, 0.5, 5.0):
        seconds.observe(value)
    shown = samples(exposition())

    assert (1, 2, 3) == tuple(
        shown[f"{seconds.name}_bucket", (le,)] for le in ("0.1", "1.0", "+Inf")
    )


def test_declarations_list_name_kind_help_and_labels():
    drops = counter(name("_total"), "Drops.", ("nas",))

    assert [("counter", "Drops.", ("nas",))] == [
        (metric.kind, metric.help_text, metric.labels)
        for metric in declared()
        if metric.name == drops.name
    ]


def test_a_wrong_declaration_is_refused():
    with pytest.raises(ValueError, match="begin with turnpike_"):
        gauge("depth", "Depth.")
    with pytest.raises(ValueError, match="_total"):
        counter("turnpike_drops", "Drops.")
    again = gauge(name(), "Once.")
    with pytest.raises(ValueError, match="twice"):
        gauge(again.name, "Twice.")


PROCESS = """
import sys
from pathlib import Path
from chassis.metrics import counter, exposition, flush, gauge, share
requests = counter("turnpike_requests_total", "Requests.", ("code",))
newest = gauge("turnpike_newest", "Newest.", across="max")
share(Path(sys.argv[1]), sys.argv[2], first=sys.argv[2] == "keeper")
if sys.argv[3] == "show":
    sys.stdout.buffer.write(exposition())
elif sys.argv[3] == "now":
    print(newest.now())
else:
    requests.add("Access-Request", amount=int(sys.argv[3]))
    newest.set(int(sys.argv[3]))
    flush()
"""


def run_process(directory: Path, process: str, amount: str) -> bytes:
    """One process of a daemon, from start to end."""
    command = [sys.executable, "-c", PROCESS, str(directory), process, amount]
    return subprocess.run(command, cwd=HOUSE, check=True, capture_output=True).stdout


def test_processes_add_up_and_a_successor_goes_on(tmp_path):
    run_process(tmp_path, "keeper", "0")
    run_process(tmp_path, "0", "5")
    run_process(tmp_path, "1", "7")
    run_process(tmp_path, "0", "1")
    shown = samples(run_process(tmp_path, "2", "show"))

    assert 13 == shown["turnpike_requests_total", ("Access-Request",)]
    assert 7 == shown["turnpike_newest", ()]


def test_a_process_knows_what_a_gauge_is_over_all_of_them(tmp_path):
    run_process(tmp_path, "keeper", "0")
    run_process(tmp_path, "0", "5")

    assert b"5.0" == run_process(tmp_path, "1", "now").strip()


def test_a_gauge_that_was_never_set_is_zero_and_has_its_newest_value_then():
    depth = gauge(name(), "Depth.", ("queue",))
    before = depth.now("spool")
    depth.set(3, "spool")

    assert (0, 3) == (before, depth.now("spool"))


def test_a_new_start_begins_at_zero(tmp_path):
    run_process(tmp_path, "0", "5")
    shown = samples(run_process(tmp_path, "keeper", "show"))

    assert ("turnpike_requests_total", ("Access-Request",)) not in shown
