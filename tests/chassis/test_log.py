"""Logs: one line an event, no secrets, no control characters, no floods."""

import io
import json
import logging
import os
import re
from datetime import UTC, datetime

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.clock import ManualClock
from chassis.log import configure_logging, get_logger, masked
from chassis.secrets import Secret

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CANARY = "canary-5f1d"


@pytest.fixture
def clock():
    """A clock that stands at noon."""
    return ManualClock(NOON)


@pytest.fixture
def stream(clock):
    """What the logs wrote, as JSON lines; the set-up before is put back."""
    handlers, level = logging.getLogger().handlers, logging.getLogger().level
    written = io.StringIO()
    configure_logging(style="json", stream=written, clock=clock)
    yield written
    structlog.reset_defaults()
    logging.getLogger().handlers = handlers
    logging.getLogger().setLevel(level)


def events(stream):
    """Every event written."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_json_line_with_its_time_and_source(stream):
    get_logger("coa").info("disconnect_sent", nas="bras1", tries=2)

    assert [
        {
            "timestamp": "2026-03-01T12:00:00.000+00:00",
            "level": "info",
            "event": "disconnect_sent",
            "source": "coa",
            "nas": "bras1",
            "tries": 2,
        }
    ] == events(stream)


def test_what_is_bound_to_a_unit_of_work_is_in_its_lines(stream):
    with structlog.contextvars.bound_contextvars(run_id=7):
        get_logger("billingd").info("run_started")

    assert 7 == events(stream)[0]["run_id"]


@pytest.mark.parametrize(
    "fields",
    [
        {"value": Secret(CANARY)},
        {"nested": {"deeper": [Secret(CANARY)]}},
        {"password": CANARY},
        {"User_Password": CANARY},
        {"shared_secret": CANARY.encode()},
        {"headers": {"Authorization": f"Bearer {CANARY}"}},
        {"snmp_community": CANARY},
        {"url": f"postgresql://turnpike:{CANARY}@h/d"},
        {"payload": CANARY.encode()},
    ],
)
def test_no_secret_reaches_the_log(stream, fields):
    get_logger("radiusd").error("nas_refused", **fields)

    assert 1 == len(events(stream))
    assert CANARY not in stream.getvalue()


def test_a_traceback_is_logged_without_the_password_of_an_address(stream):
    try:
        raise ConnectionError(f"cannot reach postgresql://u:{CANARY}@h/d")
    except ConnectionError:
        get_logger("radiusd").exception("database_away")

    assert "ConnectionError" in events(stream)[0]["exception"]
    assert CANARY not in stream.getvalue()


def test_a_library_that_logs_is_heard(stream):
    logging.getLogger("psycopg.pool").warning("connection lost: %s", "a\x1bb")

    assert ("library_message", "connection lost: a\\x1bb", "psycopg.pool") == tuple(
        events(stream)[0][key] for key in ("event", "message", "source")
    )


@settings(max_examples=100)
@given(text=st.text(max_size=60))
def test_no_value_can_break_a_line_or_a_terminal(text):
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", masked(text))
    assert not re.search(r"[\x00-\x1f\x7f]", next(iter(masked({text: 1}))))


def test_columns_are_for_people_and_equally_safe(clock, stream):
    written = io.StringIO()
    configure_logging(style="columns", stream=written, clock=clock)
    get_logger("radiusd").info("login", login="a\x1b[2Jb\nforged line", password=CANARY)

    assert 1 == written.getvalue().count("\n")
    assert "\x1b[2J" not in written.getvalue()
    assert CANARY not in written.getvalue()


def test_repeats_beyond_ten_a_second_are_counted_not_written(stream, clock):
    log = get_logger("radiusd")
    for _ in range(25):
        log.warning("datagram_dropped", reason="unknown_nas")
    log.warning("datagram_dropped", reason="malformed")
    clock.advance(1.5)
    log.warning("datagram_dropped", reason="unknown_nas")
    written = events(stream)

    assert 12 == len(written)
    assert "malformed" == written[10]["reason"]
    assert 15 == written[11]["suppressed"]


def test_lines_to_the_journal_carry_their_priority(monkeypatch, tmp_path, stream):
    with (tmp_path / "journal").open("w+") as journal:
        status = os.fstat(journal.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
        configure_logging(style="json", stream=journal)
        get_logger("radiusd").error("spool_failed")
        journal.seek(0)

        assert journal.read().startswith("<3>{")


def test_less_severe_events_are_left_out(stream):
    configure_logging(level="warning", style="json", stream=stream)
    get_logger("radiusd").info("too_small")

    assert [] == events(stream)


def test_a_log_that_nobody_reads_stops_nothing(stream):
    read_end, write_end = os.pipe()
    os.close(read_end)
    unread = os.fdopen(write_end, "w")
    configure_logging(style="json", stream=unread)

    get_logger("radiusd").error("daemon_failed", problem="no keeper has come back")

    with pytest.raises(BrokenPipeError):
        unread.close()
