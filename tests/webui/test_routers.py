"""Shaped routers and what flows through their sites."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from operations.queues import Flow, RouterSeen
from tests.support.html import page_of
from webui.flow_chart import HEIGHT, WIDTH, flow_charts
from webui.rendering import environment

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
SPAN = timedelta(minutes=30)
HOSTILE = "<script>r1</script>"


def flow(minutes: int, down_bps: int, up_bps: int, queue: str = "n1-North") -> Flow:
    at = NOON + timedelta(minutes=minutes)
    return Flow(router="r1", queue=queue, sampled_at=at, down_bps=down_bps, up_bps=up_bps)


async def test_where_no_router_is_shaped_it_says_how_to_begin(ann):
    answer = await ann.get("/routers?refresh=on")

    assert 200 == answer.status_code
    assert "turnpike shaper diff NAME" in page_of(answer.text).texts


def test_a_queue_is_two_lines_from_the_left_to_its_last_sample():
    first, second = flow_charts(
        [flow(0, 50, 0), flow(15, 100, 50), flow(3, 0, 0, queue="n2-South")], NOON, SPAN
    )

    assert f"0.0,{HEIGHT / 2:.1f} {WIDTH / 2:.1f},0.0" == first.down_points
    assert f"0.0,{HEIGHT:.1f} {WIDTH / 2:.1f},{HEIGHT / 2:.1f}" == first.up_points
    assert ("n2-South", 0) == (second.queue, second.most_kbps)


@given(st.lists(st.tuples(st.integers(0, 10**12), st.integers(0, 10**12)), min_size=1, max_size=30))
def test_lines_stay_in_the_picture(rates):
    flows = [flow(minute, down, up) for minute, (down, up) in enumerate(rates)]
    (chart,) = flow_charts(flows, NOON, SPAN)

    for point in f"{chart.down_points} {chart.up_points}".split():
        x, y = map(float, point.split(","))
        assert 0 <= x <= WIDTH
        assert 0 <= y <= HEIGHT


def test_a_routers_own_words_are_shown_as_text():
    seen = RouterSeen(
        router=HOSTILE,
        mode="enabled",
        method="simple",
        state="unreachable",
        problem=HOSTILE,
        warnings=(HOSTILE,),
        wanted=3,
        drifted=1,
        foreign_rows=2,
        held=0,
        version=HOSTILE,
        cpu_percent=12.4,
        checked_at=NOON,
    )
    charts = list(flow_charts([flow(0, 50_000_000, 1_000)], NOON, SPAN))
    template = environment("UTC").get_template("routers.html")
    values = {"routers": [seen], "charts": charts, "operator": None, "refresh_seconds": None}
    page = page_of(template.render(values))

    assert 4 == page.texts.count(HOSTILE)
    assert {"unreachable", "12 %", "r1 n1-North"} <= set(page.texts)
