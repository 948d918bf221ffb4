"""One subscriber: money, services, why, sessions, usage, documents."""

from tests.support.html import page_of
from tests.support.web_provider import DEBTOR, PAYER


async def texts(ann, reference: str) -> list[str]:
    return page_of((await ann.get(f"/subscribers/{reference}")).text).texts


async def test_who_is_unknown_is_not_found(ann):
    answer = await ann.get("/subscribers/S99999")

    assert 404 == answer.status_code
    assert "There is no subscriber S99999." in answer.text


async def test_a_suspended_service_says_why(ann):
    seen = await texts(ann, DEBTOR)
    because = seen.index("at 100M / 20M, because")

    assert "none" == seen[because - 1]
    assert seen[because + 1].startswith("held (unpaid) by ann since ")
    assert "oldest open document INV-" in seen[because + 1]
    assert "reject" in seen
    assert "hold unpaid" in seen
    assert "proven" in seen


async def test_a_service_in_order_says_so(ann):
    seen = await texts(ann, PAYER)
    because = seen.index("at 1G / 200M, because")

    assert ("full", "plan fibre-1000 is in force") == (seen[because - 1], seen[because + 1])
    assert "Blocked on, unless paid" in seen


async def test_documents_are_paid_open_or_overdue(ann):
    assert {"open", "paid"} <= set(await texts(ann, PAYER))
    assert {"open", "overdue"} <= set(await texts(ann, DEBTOR))


async def test_live_and_closed_sessions_and_usage_are_there(ann):
    seen = await texts(ann, PAYER)

    assert "confirmed" in seen
    assert {"Admin-Reset", "Lost-Carrier", "User-Request"} <= set(seen)
    assert "211 GB" in seen
    assert "100.64.0.1" in seen


async def test_who_is_offline_is_said_to_be(ann):
    assert "Not online." in await texts(ann, DEBTOR)
