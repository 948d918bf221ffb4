"""Tax, corrections, allocation and postings of documents."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from billing.account import Account
from billing.allocation import Credit, allocate, position
from billing.corrections import adjustment, credit_note, opening_balance, voided
from billing.documents import DocumentKind
from billing.events import Adjust, CreditNote, FutureItem, Subscribe, Void
from billing.ledger import posting_of_document, reversed_posting
from billing.money import money, rounded
from isp.errors import Refused
from tests.billing.accounts import NEUTRAL, account, billed, charges, day, paid, plan

FIRST = day("2024-05-01")


def monthly(price: str, tax: str = "0", **more: object) -> Account:
    return account(Subscribe(service="s1", on=FIRST, plan=plan(price, tax=tax)), **more)


def with_document(before: Account, document) -> Account:
    numbered = replace(document, number=str(len(before.documents) + 1))
    return replace(before, documents=(*before.documents, numbered))


def invoiced(price: str, tax: str = "0") -> Account:
    before = monthly(price, tax)
    return with_document(before, billed(before, "2024-05-01").documents[0])


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("2.675", "EUR", "2.68"),
        ("-2.675", "EUR", "-2.68"),
        ("0.5", "JPY", "1"),
        ("1.0005", "KWD", "1.001"),
    ],
)
def test_ties_are_rounded_away_from_zero_on_both_sides(amount, currency, expected):
    assert expected == str(rounded(Decimal(amount), currency))


@pytest.mark.parametrize("text", ["", "abc", "NaN", "Infinity", "1.005", "1e-9", "1e40"])
def test_an_amount_that_the_currency_cannot_hold_is_refused(text):
    with pytest.raises(Refused, match="amount"):
        money(text, "EUR", "amount")


def test_tax_is_rounded_half_up_and_a_credit_mirrors_it():
    """T43: 33.33 at 21 % is 6.9993."""
    story = invoiced("33.33", "21")
    credit = credit_note(story, CreditNote(on=FIRST, reference="c"), NEUTRAL)

    assert Decimal("7.00") == story.documents[0].tax
    assert (Decimal("-7.00"), Decimal("-40.33")) == (credit.tax, credit.total)


def test_tax_is_taken_on_the_summed_base_and_told_to_the_lines_without_residue():
    services = [
        Subscribe(service=name, on=FIRST, plan=plan("0.33", name=name, tax="20"))
        for name in ("a", "b", "c")
    ]
    document = billed(account(*services), "2024-05-01").documents[0]

    assert Decimal("0.20") == document.tax
    assert ["0.07", "0.06", "0.07"] == [str(line.tax) for line in document.lines]


def test_no_more_than_what_is_left_can_be_credited():
    story = invoiced("100.00")
    part = credit_note(story, CreditNote(on=FIRST, reference="c", amount=Decimal("60.00")), NEUTRAL)
    story = with_document(story, part)

    with pytest.raises(Refused, match=r"20\.00 more than is left"):
        credit_note(
            story, CreditNote(on=FIRST, reference="d", number="1", amount=Decimal(60)), NEUTRAL
        )


def test_a_document_that_was_corrected_is_not_voided():
    story = invoiced("100.00")
    story = with_document(story, credit_note(story, CreditNote(on=FIRST, reference="c"), NEUTRAL))

    with pytest.raises(Refused, match="document 1 was corrected by 2"):
        voided(story, Void(on=FIRST, reference="v", number="1"))


def test_a_document_that_does_not_exist_is_refused():
    with pytest.raises(Refused, match="no document 7"):
        voided(invoiced("1.00"), Void(on=FIRST, reference="v", number="7"))


@pytest.mark.parametrize(
    ("amount", "kind"), [("5.00", DocumentKind.INVOICE), ("-5.00", DocumentKind.CREDIT_NOTE)]
)
def test_an_adjustment_is_a_document_of_its_own(amount, kind):
    event = Adjust(on=FIRST, reference="a", amount=Decimal(amount), description="Router lost")
    document = adjustment(monthly("30.00"), event, NEUTRAL)

    assert (kind, Decimal(amount)) == (document.kind, document.total)


def test_an_opening_balance_is_owed_or_is_credit_and_posts_against_the_old_books():
    due = opening_balance(monthly("30.00"), Decimal("12.50"), FIRST, FIRST)
    credit = opening_balance(monthly("30.00"), Decimal("-12.50"), FIRST, FIRST)

    assert [("receivable", "12.50"), ("opening", "-12.50")] == [
        (entry.account, str(entry.amount)) for entry in posting_of_document(due)
    ]
    assert Decimal("12.50") == position(with_document(monthly("1.00"), credit), FIRST).credit


def test_an_invoice_debits_the_subscriber_and_credits_revenue_and_tax_and_a_void_undoes_it():
    posting = posting_of_document(invoiced("100.00", "20").documents[0])

    assert [("receivable", "120.00"), ("revenue", "-100.00"), ("tax:20", "-20.00")] == [
        (entry.account, str(entry.amount)) for entry in posting
    ]
    assert [-entry.amount for entry in posting] == [
        entry.amount for entry in reversed_posting(posting)
    ]


def test_payments_fill_the_oldest_document_first_and_the_rest_is_credit():
    """T47: debit 100 and invoice 50, pay 100: the invoice is unpaid; pay 50: paid."""
    story = monthly("50.00")
    debit = Adjust(on=day("2024-04-30"), reference="a", amount=Decimal(100), description="Debit")
    story = billed(with_document(story, adjustment(story, debit, NEUTRAL)), "2024-05-01")
    after_100 = position(paid(story, "2024-05-02", "100.00"), day("2024-05-02"))
    after_170 = position(paid(story, "2024-05-02", "170.00"), day("2024-05-02"))

    assert ["0.00", "50.00"] == [str(debt.open) for debt in after_100.debts]
    assert ["0.00", "0.00"] == [str(debt.open) for debt in after_170.debts]
    assert (Decimal(20), Decimal(-20)) == (after_170.credit, after_170.balance)


def test_allocations_split_credits_over_documents_in_order():
    story = billed(monthly("50.00"), "2024-06-01")
    debts = position(story, day("2024-06-01")).debts
    sources = [
        Credit(reference="late", on=day("2024-05-20"), amount=Decimal(30)),
        Credit(reference="early", on=day("2024-05-02"), amount=Decimal(60)),
    ]
    made = allocate(sources, debts)

    assert [("early", "50.00"), ("early", "10.00"), ("late", "30")] == [
        (each.credit, str(each.amount)) for each in made
    ]
    assert [debts[0].document.key, debts[1].document.key, debts[1].document.key] == [
        each.document for each in made
    ]


def test_an_item_waits_for_the_next_document_or_comes_alone_when_there_will_be_none():
    item = FutureItem(on=day("2024-05-10"), reference="i", amount=Decimal(7), description="Cable")
    waiting = billed(monthly("30.00", items=(item,)), "2024-06-01")
    alone = billed(Account(subscriber="ann", currency="USD", items=(item,)), "2024-06-01")

    assert [("2024-05-01", ["30.00"]), ("2024-06-01", ["30.00", "7"])] == [
        (str(each.issued_on), [str(line.net) for line in each.lines]) for each in waiting.documents
    ]
    assert [("", "", "7")] == charges(alone.documents)
    assert date(2024, 5, 10) == alone.documents[0].issued_on
