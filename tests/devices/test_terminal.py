"""What a screen shows of what a device sends."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.terminal import rendered

HUAWEI_PAGER = "---- More ( Press 'Q' to break ) ----\x1b[37D" + " " * 37 + "\x1b[37D"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("one\r\ntwo\r\n", "one\ntwo\n"),
        ("one\r\r\ntwo", "one\ntwo"),
        ("one\r\n" + HUAWEI_PAGER + "  two\r\n", "one\n  two\n"),
        ("a\r\n --More--" + "\b" * 9 + " " * 9 + "\b" * 9 + "1/2/1:2 b\r\n", "a\n1/2/1:2 b\n"),
        ("wait...\rdone", "done..."),
        ("\x1b[1mbold\x1b[0m\x07", "bold"),
        ("ab\x1b[9Dx", "xb"),
    ],
)
def test_a_screen_shows_what_was_written_last(sent, shown):
    assert shown == rendered(sent)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab \b\r\n\x1b[D7", max_size=60))
def test_no_control_survives(sent):
    assert not set("\b\r") & set(rendered(sent))
