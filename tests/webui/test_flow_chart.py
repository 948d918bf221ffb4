"""What flows through a parent queue, as the page of routers says it."""

import pytest

from webui.flow_chart import measured_kbps


@pytest.mark.parametrize(
    ("bps", "kbps"),
    [(0, 0), (999, 0), (9_399_282_000, 9_400_000), (123_456_789, 123_000), (87_000, 87)],
)
def test_a_measured_rate_is_told_to_three_digits(bps: int, kbps: int):
    assert kbps == measured_kbps(bps)
