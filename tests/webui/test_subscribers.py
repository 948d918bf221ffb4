"""The list of subscribers: totals, search, paging by key."""

from urllib.parse import urlencode

import pytest

from tests.support.html import page_of
from tests.support.web_provider import CROWD, DEBTOR, HOSTILE, PAYER
from webui.store.subscribers import PAGE_ROWS


async def listed(ann, **query: str) -> list[str]:
    """The references on a page of the list."""
    page = page_of((await ann.get(f"/subscribers?{urlencode(query)}")).text)
    return [link.removeprefix("/subscribers/") for link in page.links() if "/subscribers/" in link]


@pytest.mark.parametrize(
    "search",
    [
        PAYER,
        PAYER.lower(),
        "Ana Kova",
        "ana kova",
        "ANA KOVAČ",
        "ana.kov",
        "ANA.KOVAC@example.net",
        "+381115550001",
        "mail0001@",
        "02:00:5e:00:53:01",
        "0200.5e00.5301",
        "  S00001  ",
    ],
)
async def test_a_subscriber_is_found_by_what_callers_say(ann, search):
    assert PAYER in await listed(ann, q=search)


async def test_an_address_finds_who_has_it(ann):
    assert [PAYER] == await listed(ann, q="100.64.0.1")


async def test_an_invoice_number_finds_who_got_it(ann):
    assert [PAYER] == await listed(ann, q="INV-000001")


@pytest.mark.parametrize("search", ["zzz", "ana kova%", "S0000_", "'", "\U0010ffff", "%"])
async def test_what_nobody_has_finds_nobody(ann, search):
    assert [] == await listed(ann, q=search)


async def test_a_search_finds_beginnings_not_middles(ann):
    assert [] == await listed(ann, q="example.net")
    assert PAGE_ROWS == len(await listed(ann, q="S001"))


async def test_pages_go_on_by_key_and_show_everybody_once(ann):
    first = await ann.get("/subscribers")
    [onward] = [link for link in page_of(first.text).links() if "after=" in link]
    second = await listed(ann, after=(await listed(ann))[-1])

    assert onward.endswith("after=S00146")
    assert CROWD + 3 - PAGE_ROWS == len(second)
    assert not set(second) & set(await listed(ann))
    assert [] == await listed(ann, after=second[-1])


async def test_a_search_is_paged_too(ann):
    answer = await ann.get("/subscribers?q=S001")
    [onward] = [link for link in page_of(answer.text).links() if "after=" in link]

    assert onward == "/subscribers?q=S001&after=S00149"
    assert CROWD - PAGE_ROWS == len(await listed(ann, q="S001", after="S00149"))


async def test_who_owes_is_seen(ann):
    texts = page_of((await ann.get(f"/subscribers?q={DEBTOR}")).text).texts
    owed = [each for each in texts if each.endswith(" owed")]

    assert 1 == len(owed)
    assert "suspended" in texts
    assert "offline" in texts


async def test_the_totals_count_services_and_debts(ann):
    texts = page_of((await ann.get("/subscribers")).text).texts

    assert str(CROWD + 3 - 5) == texts[texts.index("active services") - 1]
    assert "5" == texts[texts.index("suspended") - 1]
    assert "owed by 6" in texts


async def test_a_reference_of_any_characters_is_a_link_that_leads_there(ann):
    [link] = [
        link
        for link in page_of((await ann.get("/subscribers?q=S/0")).text).links()
        if link.startswith("/subscribers/")
    ]
    answer = await ann.get(link)

    assert 200 == answer.status_code
    assert HOSTILE in page_of(answer.text).texts
