"""Traps and syslog as they come: decoded, or one named error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.secrets import Secret
from collectors.syslog import MalformedSyslog, SyslogMessage, decode_syslog
from collectors.traps import MalformedMessage, decode_trap
from devices.credentials import SnmpAccess
from devices.snmp.ber import SEQUENCE, enclose, integer
from devices.snmp.usm_keys import master_keys

USER = SnmpAccess(
    version="3", user="ops", auth_protocol="sha256", auth_secret=Secret("auth-secret-1"),
    priv_protocol="aes", priv_secret=Secret("priv-secret-1"),
)  # fmt: skip
USERS = {b"ops": master_keys(USER)}


@given(st.binary(max_size=200))
def test_any_octets_are_a_trap_or_one_named_error(datagram):
    try:
        decode_trap(datagram, USERS)
    except MalformedMessage:
        return


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        enclose(SEQUENCE, integer(9)),
        enclose(SEQUENCE, integer(1), enclose(0x04, b"public"), enclose(0xA0)),
        enclose(SEQUENCE, integer(0), enclose(0x04, b"public"), enclose(0xA7)),
    ],
)
def test_what_is_no_trap_is_malformed(datagram):
    with pytest.raises(MalformedMessage):
        decode_trap(datagram, {})


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            "<134>Mar  1 12:00:00 olt1 ONU 0/1/3:7 dying-gasp",
            SyslogMessage(
                facility=16, severity=6, text="Mar  1 12:00:00 olt1 ONU 0/1/3:7 dying-gasp"
            ),
            False,
        ),
        (
            "<132>1 2026-03-01T12:00:00Z olt1 pon - - - PON port 0/1/3 LOS",
            SyslogMessage(
                facility=16,
                severity=4,
                text="2026-03-01T12:00:00Z olt1 pon - - - PON port 0/1/3 LOS",
            ),
            True,
        ),
        ("<4>user logged in", SyslogMessage(facility=0, severity=4, text="user logged in"), False),
        ("<0>", SyslogMessage(facility=0, severity=0, text=""), False),
    ],
)
def test_syslog_in_both_forms(text, message, hint):
    decoded = decode_syslog(text.encode())

    assert (message, hint) == (decoded, decoded.is_hint)


@pytest.mark.parametrize("datagram", [b"", b"hello", b"<999>x", b"<a>x", b"\xff\xfe"])
def test_what_is_no_syslog_is_malformed(datagram):
    with pytest.raises(MalformedSyslog):
        decode_syslog(datagram)
