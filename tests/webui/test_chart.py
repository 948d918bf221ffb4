"""The picture of a month."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from webui.chart import DAY_WIDTH, HEIGHT, usage_chart
from webui.store.subscriber import Volumes

TODAY = date(2026, 3, 10)
octets = st.integers(0, 10**15)
days = st.integers(0, 31).map(lambda back: TODAY - timedelta(days=back))
volumes = st.builds(Volumes, octets_down=octets, octets_up=octets)


def test_days_without_usage_are_there():
    chart = usage_chart({TODAY: Volumes(octets_down=100, octets_up=50)}, TODAY)

    assert [TODAY - timedelta(days=back) for back in range(31, -1, -1)] == [
        bar.day for bar in chart.bars
    ]
    assert (HEIGHT, HEIGHT // 2) == (chart.bars[-1].down_height, chart.bars[-1].up_height)
    assert 0 == chart.bars[0].down_height


@given(st.dictionaries(days, volumes))
def test_bars_stay_in_the_picture_and_nothing_used_is_invisible(usage):
    chart = usage_chart(usage, TODAY)

    for bar in chart.bars:
        assert 0 <= bar.x <= chart.width - DAY_WIDTH
        assert 0 <= bar.down_height <= HEIGHT
        assert 0 <= bar.up_height <= HEIGHT
        assert (bar.volumes.octets_down > 0) == (bar.down_height > 0)
    assert sum(each.octets_down for each in usage.values()) == chart.total.octets_down
