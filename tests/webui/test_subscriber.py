"""One subscriber: money, services, why, sessions, usage, documents."""

from tests.support.html import page_of
from tests.support.web_provider import DEBTOR, ONU, ONU_IN_THE_DARK, PAYER


async def texts(ann, reference: str) -> list[str]:
    return page_of((await ann.get(f"/subscribers/{reference}")).text).texts


async def test_who_is_unknown_is_not_found(ann):
    answer = await ann.get("/subscribers/S99999")

    assert 404 == answer.status_code
    assert "There is no subscriber S99999." in answer.text


async def test_a_suspended_service_says_why(ann):
    seen = await texts(ann, DEBTOR)
    because = seen.index(", because")

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
    assert "Blocked from, unless paid" in seen


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


async def test_the_line_tells_its_light_and_its_place(ann):
    seen = await texts(ann, PAYER)

    assert [ONU, "online"] == seen[seen.index(ONU) :][:2]
    assert ("-21.40 dBm", "-25.60 dBm") == (
        seen[seen.index("ONU receives") + 1], seen[seen.index("OLT receives") + 1],
    )  # fmt: skip
    assert {"olt1 0/1/3 : 1", "1870 m"} <= set(seen)


async def test_who_is_in_an_outage_is_told_so(ann):
    seen = await texts(ann, DEBTOR)
    at = seen.index("outage")

    assert [ONU_IN_THE_DARK, "los"] == seen[seen.index(ONU_IN_THE_DARK) :][:2]
    assert "olt1 0/1/3 since" == seen[at + 1]
    assert ": fibre cut, over by" == seen[at + 3]
    assert "dying gasp" in seen
