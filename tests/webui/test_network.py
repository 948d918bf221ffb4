"""The access network: what is out, the OLTs, what is wrong, and the ONUs by place."""

import pytest

from tests.support.html import page_of
from tests.support.web_provider import HOSTILE, OLT, ONU, ONU_IN_THE_DARK, PAYER
from webui.store import onus as store


async def texts(ann, path: str) -> list[str]:
    answer = await ann.get(path)

    assert 200 == answer.status_code
    return page_of(answer.text).texts


async def test_the_network_at_a_glance(ann):
    seen = await texts(ann, "/network")

    assert ["1", "1", "3"] == [seen[seen.index(word) - 1] for word in ("OLTs", "unlinked", "ONUs")]
    assert {"olt1 0/1/3", "fibre cut", "reachable", "MA5800-X7", "onu rx low", "-28.0"} <= set(seen)
    assert f"/network/onus?device={OLT}" in page_of((await ann.get("/network")).text).links()


@pytest.mark.parametrize(
    ("query", "serials"),
    [
        ("", [ONU, ONU_IN_THE_DARK, "HWTC00000003"]),
        (f"?device={OLT}&state=los", [ONU_IN_THE_DARK]),
        ("?device=olt9", []),
        ("?state=nonsense", []),
    ],
)
async def test_onus_are_chosen_by_olt_and_state(ann, query, serials):
    seen = await texts(ann, f"/network/onus{query}")

    assert serials == [text for text in seen if text.startswith("HWTC")]


async def test_an_onu_leads_to_its_subscriber_and_shows_what_it_is_called(ann):
    page = page_of((await ann.get("/network/onus")).text)

    assert f"/subscribers/{PAYER}" in page.links()
    assert HOSTILE in page.texts


async def test_pages_of_onus_go_on_by_key(ann, monkeypatch):
    monkeypatch.setattr(store, "PAGE_ROWS", 2)
    monkeypatch.setattr(store.page, "__kwdefaults__", {"rows": 2})
    first = page_of((await ann.get("/network/onus")).text)
    (onward,) = [link for link in first.links() if "after=" in link]
    second = await texts(ann, onward)

    assert ["HWTC00000003"] == [text for text in second if text.startswith("HWTC")]


async def test_too_many_keys_are_no_failure(ann):
    assert 200 == (await ann.get("/network/onus?after=a&after=b&after=c&after=d")).status_code
