"""What is true of every answer: headers, no inline style or script, failures in words."""

from contextlib import asynccontextmanager
from itertools import pairwise

import pytest
from sqlalchemy.exc import OperationalError

from tests.support.html import page_of
from tests.support.web_provider import DEBTOR, PAYER
from webui.edge import HEADERS
from webui.rendering import HERE

PAGES = [
    *("/subscribers", f"/subscribers/{PAYER}", f"/subscribers/{DEBTOR}", "/sessions?refresh=on"),
    *("/network?refresh=on", "/network/onus?state=los"),
]


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_is_there_and_holds_to_its_policy(ann, path):
    answer = await ann.get(path)
    page = page_of(answer.text)

    assert 200 == answer.status_code
    assert not page.names() & {"script", "style", "iframe", "object", "base"}
    assert not [name for name in page.attributes() if name == "style" or name.startswith("on")]
    assert not [link for link in page.links() if ":" in link.partition("?")[0]]


@pytest.mark.parametrize("path", [*PAGES, "/sign-in"])
async def test_every_page_can_be_walked_by_headings_and_labels(ann, path):
    page = page_of((await ann.get(path)).text)
    levels = page.headings()
    labelled = {attributes["for"] for attributes in page.having("label") if "for" in attributes}
    fields = [*page.having("input"), *page.having("select")]

    assert [1] == [level for level in levels if level == 1]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert [{"lang": "en"}] == list(page.having("html"))
    assert {each["id"] for each in fields if "id" in each} <= labelled
    assert all(
        {"aria-label", "tabindex"} <= each.keys() for each in page.having("div", role="region")
    )


@pytest.mark.parametrize(
    ("path", "status"),
    [
        *((path, 200) for path in PAGES),
        ("/", 303),
        ("/sign-in", 200),
        ("/none", 404),
        ("/subscribers/none", 404),
        ("/static/none.css", 404),
        ("/static/turnpike.css", 200),
    ],
)
async def test_every_answer_has_the_headers(ann, path, status):
    answer = await ann.get(path)
    kept = "no-cache" if path.startswith("/static/") else "no-store"

    assert status == answer.status_code
    assert set(HEADERS.items()) <= set(answer.headers.raw)
    assert kept == answer.headers["cache-control"]


@pytest.mark.parametrize("path", ["/subscribers", "/sessions", "/none", "/static-not"])
async def test_nothing_is_shown_to_who_is_not_signed_in(visitor, path):
    answer = await visitor.get(path)

    assert 303 == answer.status_code
    assert answer.headers["location"].startswith("/sign-in")


async def test_a_page_is_read_not_posted_to(ann):
    assert 405 == (await ann.post("/subscribers")).status_code


async def test_head_is_answered_as_get(ann):
    answer = await ann.head("/subscribers")

    assert (200, "") == (answer.status_code, answer.text)


@pytest.mark.parametrize("path", ["/subscribers/%00", "/subscribers?q=%00", "/sessions?nas=%00"])
async def test_what_no_database_can_hold_is_not_found(ann, path):
    assert (await ann.get(path)).status_code in (200, 404)


@pytest.mark.parametrize("path", ["/subscribers/%FF", "/subscribers?q=%ED%A0%80&after=%FF"])
async def test_what_is_no_text_is_not_found(ann, path):
    assert (await ann.get(path)).status_code in (200, 404)


async def test_an_unexpected_failure_is_told_in_words_and_not_in_detail(ann, site, monkeypatch):
    async def broken(*_, **__):
        raise RuntimeError("a detail")

    monkeypatch.setattr("webui.store.subscribers.page", broken)
    answer = await ann.get("/subscribers")

    assert 500 == answer.status_code
    assert "Something failed on our side." in answer.text
    assert "a detail" not in answer.text
    assert answer.headers["content-security-policy"]


async def test_a_database_that_is_away_is_told_with_a_remedy(ann, site, monkeypatch):
    @asynccontextmanager
    async def away(*_, **__):
        raise OperationalError("SELECT 1", {}, Exception("connection refused"))
        yield

    monkeypatch.setattr(site.database, "snapshot", away)
    answer = await ann.get("/subscribers")

    assert 503 == answer.status_code
    assert "The database is away" in answer.text
    assert "turnpike up" in answer.text


def test_no_template_marks_anything_as_safe():
    offending = [
        path.name
        for path in (HERE / "templates").iterdir()
        for word in ("|safe", "| safe", "autoescape", "style=", "<script", "javascript:")
        if word in path.read_text("utf-8")
    ]

    assert [] == offending
