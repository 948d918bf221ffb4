"""What holds for every history and every policy."""

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from billing.account import Account
from billing.allocation import position
from billing.coverage import coverage_of
from billing.documents import DocumentKind
from billing.events import Pay, Refund
from billing.intervals import Interval
from billing.invoicing import bill
from billing.ledger import RECEIVABLE, posting_of_document, posting_of_payment
from billing.money import ZERO, digits
from billing.policy import WHOLE, Policy, Timing
from billing.proration import day_count, share
from billing.recurring import slices
from billing.timeline import timeline
from tests.billing.histories import LAST, accounts, policies

modest = settings(max_examples=60, deadline=None)
few = settings(max_examples=12, deadline=None)


def billed_to(account: Account, through: date, policy: Policy) -> Account:
    made = bill(account, through, policy)
    return replace(account, documents=(*account.documents, *made), billed_through=through)


@modest
@given(accounts(), policies)
def test_running_again_gives_nothing(account, policy):
    after = billed_to(account, LAST, policy)

    assert () == bill(after, LAST, policy)
    assert () == bill(replace(after, billed_through=None), LAST, policy)


@modest
@given(accounts(), policies, st.lists(st.integers(0, 540), max_size=4))
def test_a_catch_up_gives_the_documents_of_many_runs(account, policy, stops):
    first = min(event.on for event in account.services[0].events)
    many = account
    for stop in sorted(stops):
        many = billed_to(many, max(first, min(LAST, date(2023, 1, 1) + timedelta(stop))), policy)

    assert billed_to(account, LAST, policy).documents == billed_to(many, LAST, policy).documents


@modest
@given(accounts(), policies)
def test_every_wanted_day_is_charged_once_and_no_other_day(account, policy):
    after = billed_to(account, LAST, policy)
    segments = timeline(after, after.services[0], policy)
    coverage = coverage_of(after, "s1")
    covered = sorted(days for charged in coverage.charged for days in charged.covers)
    assert all(one.end <= other.start for one, other in pairwise(covered))
    for charged, days in coverage.unwanted(segments):
        basis = charged.basis
        price = basis.price * basis.percent / WHOLE
        worth = _worth(price, days, basis.of_days, policy, after.currency)
        assert worth <= 1, "a day charged that nobody wanted"
    for segment in segments:
        price = segment.plan.price * segment.percent / WHOLE
        for free in coverage.uncovered(segment):
            for due in slices(segment, free, LAST, policy.timing):
                of_days = day_count(due.cycle, policy.day_count)
                worth = _worth(price, due.days, of_days, policy, after.currency)
                assert worth <= 1, "a day without its charge"


def _worth(price: Decimal, days: Interval, of_days: int, policy: Policy, currency: str) -> Decimal:
    """What days without a line of their own come to, in minor units: rounding leaves nothing."""
    return (price * day_count(days, policy.day_count) / of_days).scaleb(digits(currency))


@modest
@given(accounts(), policies)
def test_what_is_charged_for_a_cycle_is_the_share_of_its_days(account, policy):
    """The parts sum to the whole: no history drifts by more than what a clamp left."""
    after = billed_to(account, LAST, policy)
    coverage = coverage_of(after, "s1")
    for charged in coverage.charged:
        basis = charged.basis
        days, net = coverage.in_cycle(basis, policy.day_count)
        expected = share(basis.price * basis.percent / WHOLE, days, basis.of_days, after.currency)

        assert expected == net


@modest
@given(accounts(), policies)
def test_no_more_is_given_back_than_was_charged(account, policy):
    after = billed_to(account, LAST, policy)
    corrected = defaultdict(lambda: ZERO)
    charge_tax = defaultdict(lambda: ZERO)
    for document in after.documents:
        for line in document.lines:
            corrected[line.corrects or line.charge_key] += line.net
            charge_tax[document.key] += line.tax

    assert all(left >= ZERO for left in corrected.values())
    for document in after.documents:
        assert (document.kind is DocumentKind.CREDIT_NOTE) == (document.total < ZERO)


@modest
@given(accounts(), policies)
def test_charge_keys_are_unique_and_documents_in_order(account, policy):
    after = billed_to(account, LAST, policy)
    issued = [document.issued_on for document in after.documents]

    assert len(after.keys()) == len(set(after.keys()))
    assert sorted(issued) == issued


@modest
@given(
    accounts(),
    policies,
    st.lists(st.tuples(st.integers(0, 500), st.integers(1, 2000)), max_size=6),
)
def test_the_ledger_sums_to_zero_and_tells_the_balance(account, policy, payments):
    after = billed_to(account, LAST, policy)
    paid = tuple(
        Pay(on=date(2023, 1, 1) + timedelta(at), reference=str(n), amount=Decimal(amount))
        for n, (at, amount) in enumerate(payments)
    )
    refund = tuple(
        Refund(on=LAST, reference=f"r{each.reference}", amount=each.amount) for each in paid[:1]
    )
    after = replace(after, payments=(*paid, *refund))
    postings = [posting_of_document(document) for document in after.documents]
    postings += [posting_of_payment(each, after.currency) for each in after.payments]
    receivable = sum(
        (entry.amount for posting in postings for entry in posting if entry.account == RECEIVABLE),
        ZERO,
    )
    standing = position(after, LAST)

    assert all(sum((e.amount for e in posting), ZERO) == ZERO for posting in postings)
    assert receivable == standing.balance
    assert standing.credit >= ZERO
    assert standing.balance == sum((d.open for d in standing.debts), ZERO) - standing.credit


@few
@given(accounts(), policies, st.integers(1, 300))
def test_prepaid_never_spends_more_than_the_credit(account, policy, deposit):
    policy = replace(policy, timing=Timing.PREPAID)
    first = account.services[0].events[0].on
    account = replace(account, payments=(Pay(on=first, reference="p", amount=Decimal(deposit)),))
    services = tuple(
        replace(
            service,
            events=tuple(
                replace(e, plan=replace(e.plan, setup_fee=ZERO)) if hasattr(e, "plan") else e
                for e in service.events
            ),
        )
        for service in account.services
    )
    after = billed_to(replace(account, services=services), LAST, policy)

    assert position(after, LAST).balance <= ZERO
