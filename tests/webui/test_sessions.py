"""Live sessions: states, one NAS, paging by key, refreshing."""

from urllib.parse import quote

import pytest

from tests.support.html import page_of
from tests.support.web_provider import NAS_OF_A_HOSTILE_NAME, PAYER
from webui.store import sessions as store

ONLINE = 42


async def logins(ann, query: str = "") -> list[str]:
    page = page_of((await ann.get(f"/sessions{query}")).text)
    return [link for link in page.links() if link.startswith("/subscribers/")]


async def test_everybody_online_is_listed_with_a_link(ann):
    assert ONLINE == len(await logins(ann))
    assert f"/subscribers/{PAYER}" in await logins(ann)


async def test_the_states_are_counted(ann):
    texts = page_of((await ann.get("/sessions")).text).texts

    assert str(ONLINE) == texts[texts.index("live sessions") - 1]
    assert ONLINE == sum(int(texts[texts.index(word) - 1]) for word in ("confirmed", "pending"))


@pytest.mark.parametrize(("nas", "online"), [(NAS_OF_A_HOSTILE_NAME, 21), ("none", 0)])
async def test_one_nas_is_chosen(ann, nas, online):
    answer = await ann.get(f"/sessions?nas={quote(nas)}")

    assert online == len(
        [link for link in page_of(answer.text).links() if link.startswith("/subscribers/")]
    )
    assert bool(online) == bool([*page_of(answer.text).having("option", value=nas, selected="")])


async def test_pages_go_on_by_key(ann, monkeypatch):
    monkeypatch.setattr(store, "PAGE_ROWS", 20)
    monkeypatch.setattr(store.page, "__kwdefaults__", {"rows": 20})
    seen, onward = [], [""]
    while onward:
        page = page_of((await ann.get(f"/sessions{onward[0]}")).text)
        seen += [link for link in page.links() if link.startswith("/subscribers/")]
        onward = [link.removeprefix("/sessions") for link in page.links() if "after=" in link]

    assert ONLINE == len(seen) == len(set(seen))


async def test_it_refreshes_itself_where_that_is_asked_for(ann):
    still = page_of((await ann.get("/sessions")).text)
    moving = page_of((await ann.get("/sessions?refresh=on")).text)

    assert [] == [*still.having("meta", **{"http-equiv": "refresh"})]
    assert ["10"] == [
        each["content"] for each in moving.having("meta", **{"http-equiv": "refresh"})
    ]


async def test_too_many_keys_are_no_failure(ann):
    assert 200 == (await ann.get("/sessions?after=a&after=b&after=c&after=d")).status_code
