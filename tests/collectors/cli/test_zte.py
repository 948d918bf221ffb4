"""ZTE's command line, from transcripts."""

from datetime import UTC, datetime

from collectors.cli.zte import DIALECT
from collectors.driver import Part
from isp.access_network import DownCause, OnuReading, OnuState
from tests.collectors.cli.transcript import outputs

STATE = frozenset({Part.STATE})
LISTS = (
    "show gpon onu state",
    "show gpon onu baseinfo gpon-olt_1/2/1",
    "show gpon onu baseinfo gpon-olt_1/2/4",
)
TITAN = {"show system-group": "System Description:  C650 Version V1.2.2, ZTE C650 Software\n"}


def poll(*commands: str):
    return DIALECT.poll(DIALECT.understand(outputs("zte", *commands)))


def test_the_device_says_what_it_is():
    device = poll("show system-group").device

    assert ("C320", "V2.1.0") == (device.model, device.firmware)


def test_each_port_that_has_onus_is_asked_for_their_serials():
    answers = DIALECT.understand(outputs("zte", "show system-group", "show gpon onu state"))
    titan = DIALECT.understand(TITAN | outputs("zte", "show gpon onu state"))

    assert LISTS[1:] == DIALECT.then(STATE, answers)
    assert "show gpon onu baseinfo gpon_olt-1/2/1" == DIALECT.then(STATE, titan)[0]


def test_phases_become_states_of_serials():
    read = poll(*LISTS)

    assert [
        ("ZTEGC8A00001", "1/2/1", 1, OnuState.ONLINE),
        ("ZTEGC8A00002", "1/2/1", 2, OnuState.DYING_GASP),
        ("HWTC1A2B3C4D", "1/2/1", 3, OnuState.LOS),
        ("ZTEGC8A00004", "1/2/1", 4, OnuState.DISABLED),
        ("ZTEGC8A00041", "1/2/4", 1, OnuState.LOGGING),
    ] == [(each.serial, each.port, each.onu_id, each.state) for each in read.onus]
    assert () == read.partial


def test_a_port_whose_serials_are_missing_leaves_the_reading_partial():
    read = poll(*LISTS[:2])

    assert (4, ("onus",)) == (len(read.onus), read.partial)


def test_titans_spelling_is_read_alike():
    text = {
        "show gpon onu state": "gpon_onu-1/3/2:7 enable enable working 10G\nONU Number: 1/1\n",
        "show gpon onu baseinfo gpon_olt-1/3/2": "gpon_onu-1/3/2:7 F6600 sn SN:ZTEGD0000007 x\n",
    }
    [read] = DIALECT.poll(DIALECT.understand(text)).onus

    assert ("ZTEGD0000007", "1/3/2", OnuState.ONLINE) == (read.serial, read.port, read.state)


def test_an_onus_light_at_both_ends_its_distance_and_its_history():
    onu = OnuReading(serial="ZTEGC8A00001", port="1/2/1", onu_id=1)
    commands = DIALECT.of_onu(onu, DIALECT.understand(outputs("zte", "show system-group")))
    [read] = poll(*commands).onus

    assert (-21.739, 2.178, -24.685, 6.511, 1033) == (
        read.rx_dbm,
        read.tx_dbm,
        read.olt_rx_dbm,
        read.olt_tx_dbm,
        read.distance_m,
    )
    assert (DownCause.LOS, datetime(2026, 11, 7, 10, 59, 52, tzinfo=UTC)) == (
        read.last_down_cause,
        read.last_down_at,
    )
    assert "ZTEGC8A00001" == read.serial


def test_a_light_that_is_not_there_is_none():
    onu = OnuReading(serial="ZTEGC8A00001", port="1/2/1", onu_id=1)
    detail, power = DIALECT.of_onu(onu, DIALECT.understand({}))
    dark = " up      Rx :no signal     Tx:N/A   N/A\n\n down    Tx :6.5(dbm)  Rx:N/A  N/A\n"
    read = DIALECT.poll(DIALECT.understand(outputs("zte", detail) | {power: dark}))

    assert (None, None, None, 6.5) == (
        read.onus[0].rx_dbm,
        read.onus[0].tx_dbm,
        read.onus[0].olt_rx_dbm,
        read.onus[0].olt_tx_dbm,
    )


def test_a_command_that_this_release_does_not_know_is_partial():
    text = outputs("zte", *LISTS)
    read = DIALECT.poll(
        DIALECT.understand({**text, "show gpon onu uncfg": "%Error 20202: Invalid input\n"})
    )

    assert (5, ("show gpon onu uncfg",)) == (len(read.onus), read.partial)


def test_who_waits_to_be_configured():
    assert [("ZTEGC8AFFFF1", "1/2/4")] == [
        (each.serial, each.port) for each in poll("show gpon onu uncfg").unprovisioned
    ]
