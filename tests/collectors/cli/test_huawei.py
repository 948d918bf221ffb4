"""Huawei's command line, from transcripts."""

from datetime import UTC, datetime, timedelta, timezone

from collectors.cli.huawei import DIALECT
from collectors.driver import Part
from isp.access_network import DownCause, OnuReading, OnuState
from tests.collectors.cli.transcript import outputs

EVERYTHING = frozenset(Part)


def poll(*commands: str):
    return DIALECT.poll(DIALECT.understand(outputs("huawei", *commands)))


def test_the_device_says_what_it_is():
    device = poll("display version").device

    assert ("MA5800-X7", "MA5800V100R018C10 SPH116") == (device.model, device.firmware)


def test_only_pon_boards_are_asked_for_their_onus():
    answers = DIALECT.understand(outputs("huawei", "display board 0"))

    assert ("display ont info 0 1 all", "display ont info 0 2 all") == DIALECT.then(
        EVERYTHING, answers
    )


def test_onus_are_listed_with_their_states_and_descriptions():
    read = poll("display ont info 0 1 all")

    assert [
        ("HWTCA1B2C301", "0/1/0", 0, OnuState.ONLINE, "maple-street-4"),
        ("HWTCA1B2C302", "0/1/0", 1, OnuState.OFFLINE, None),
        ("HWTCA1B2C303", "0/1/0", 2, OnuState.DISABLED, "J. Perez, 2nd floor"),
        ("ZTEGC8123456", "0/1/13", 17, OnuState.ONLINE, "depot"),
    ] == [(each.serial, each.port, each.onu_id, each.state, each.description) for each in read.onus]
    assert [("0/1/0", 3, 1), ("0/1/13", 1, 1)] == [
        (each.port, each.onus, each.onus_online) for each in read.ports
    ]
    assert () == read.partial


def test_a_list_that_lost_a_line_is_partial():
    text = outputs("huawei", "display ont info 0 1 all")
    text = {command: each.replace("48575443A1B2C302", "4857####") for command, each in text.items()}
    read = DIALECT.poll(DIALECT.understand(text))

    assert (3, ("onus",)) == (len(read.onus), read.partial)


def test_a_board_without_onus_is_no_board_that_was_not_read():
    answers = DIALECT.understand(
        outputs("huawei", "display ont info 0 1 all", "display ont info 0 2 all")
    )

    assert () == DIALECT.poll(answers).partial


def test_a_busy_device_leaves_the_reading_partial():
    text = outputs("huawei", "display ont info 0 1 all")
    busy = {**text, "display ont info 0 2 all": "  System is busy, please retry after a while\n"}
    read = DIALECT.poll(DIALECT.understand(busy))

    assert ("display ont info 0 2 all",) == read.partial


def test_a_summary_has_light_distance_and_what_took_an_onu_down():
    read = poll("display ont info summary 0/1/0")
    first, second, third = read.onus

    assert (-21.37, 2.31, 1840, "EG8145V5", OnuState.ONLINE, DownCause.LOS) == (
        first.rx_dbm,
        first.tx_dbm,
        first.distance_m,
        first.model,
        first.state,
        first.last_down_cause,
    )
    assert (None, None, DownCause.DYING_GASP, datetime(2026, 11, 19, 2, 45, 51, tzinfo=UTC)) == (
        second.rx_dbm,
        second.distance_m,
        second.last_down_cause,
        second.last_down_at,
    )
    assert (None, None, None) == (third.model, third.last_down_cause, third.last_down_at)


def test_the_summary_of_an_onus_port_is_its_optics():
    onu = OnuReading(serial="HWTCA1B2C301", port="0/1/0", onu_id=0)

    assert ("display ont info summary 0/1/0",) == DIALECT.of_onu(onu, DIALECT.understand({}))


def test_who_waits_to_be_configured():
    zone = timezone(timedelta(hours=1))

    assert [
        ("HWTCA1B2C3FF", "0/1/3", "EG8145V5", datetime(2026, 11, 20, 9, 31, 7, tzinfo=zone)),
        ("ZTEGC8ABCDEF", "0/1/13", None, datetime(2026, 11, 20, 10, 2, 55, tzinfo=zone)),
    ] == [
        (each.serial, each.port, each.model, each.first_seen)
        for each in poll("display ont autofind all").unprovisioned
    ]
