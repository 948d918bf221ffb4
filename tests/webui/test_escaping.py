"""Names come from networks and files: whatever they hold is shown as text."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.html import Page, page_of
from webui.rendering import environment

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
TEMPLATES = environment("UTC")
LIVE = TEMPLATES.from_string(
    '{% from "_macros.html" import live_sessions %}{{ live_sessions(rows) }}'
)
LIST = TEMPLATES.get_template("subscribers.html")
HOSTILE = st.one_of(
    st.text(min_size=1),
    st.lists(
        st.sampled_from(
            ["<", ">", '"', "'", "&", "/", "`", "=", "</td>", "<script>", "-->", "{{", "\u202e"]
        ),
        min_size=1,
    ).map("".join),
)


def live(name: str) -> Page:
    row = {
        "login": name,
        "subscriber": name,
        "nas": name,
        "enforcement": name,
        "framed_ip": name,
        "delegated_ipv6_prefix": None,
        "calling_station_id": name,
        "nas_port_id": name,
        "circuit_id": None,
        "started_at": NOW,
        "octets_down": 1,
        "octets_up": 1,
        "down_kbps": None,
        "up_kbps": None,
    }
    return page_of(LIVE.render(rows=[row]))


def listing(name: str) -> Page:
    row = {
        "subscriber": name,
        "name": name,
        "online": False,
        "balance": Decimal(0),
        "currency": "USD",
        "next_block_on": date(2026, 3, 10),
        "phone": name,
        "area": name,
        "states": {name: 2},
    }
    return page_of(
        LIST.render(
            rows=[row],
            search=name,
            after=name,
            next_after=name,
            services={"active": 1, "suspended": 0, "online": 0},
            owed=[],
            operator=None,
            path="/",
            navigation=(),
        )
    )


@pytest.mark.parametrize("rendered", [live, listing])
@given(name=HOSTILE)
@example(name='"><script>alert(1)</script>')
@example(name="' onmouseover=alert(1) x='")
@settings(deadline=None, max_examples=60)
def test_a_name_never_becomes_markup(rendered, name):
    usual, hostile = rendered("name"), rendered(name)

    assert [(tag, attributes.keys()) for tag, attributes in usual.elements] == [
        (tag, attributes.keys()) for tag, attributes in hostile.elements
    ]


@given(name=HOSTILE)
@settings(deadline=None, max_examples=60)
def test_a_name_in_a_link_stays_one_segment_of_its_path(name):
    for link in live(name).links():
        assert link.startswith("/subscribers/")
        assert link.isascii()
        assert not set(link.removeprefix("/subscribers/")) & set("/?#<>\"' ")
