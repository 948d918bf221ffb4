"""`turnpike billing simulate`: the real engine over a story, touching no database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billing.allocation import Position, position
from billing.documents import Document, DocumentState, Line
from billing.money import rounded
from billing.story import parse_story
from billing.telling import StateChange, Telling

__all__ = ["Result", "as_json", "simulate"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What a story came to, at the end of its last day."""

    currency: str
    documents: tuple[Document, ...]
    states: tuple[StateChange, ...]
    position: Position


def simulate(document: Mapping[str, object]) -> Result:
    """The documents and states of a story; `document` is the parsed TOML.

    Refused names the table and key of the first fault, or the correction that is impossible.
    """
    story = parse_story(document)
    telling = Telling(story)
    for event in story.events:
        telling.tell(event)
    last_day = max((event.on for event in story.events), default=date.min)
    telling.close(last_day)
    return Result(
        currency=story.currency,
        documents=telling.account.documents,
        states=tuple(telling.states),
        position=position(telling.account, last_day),
    )


def as_json(result: Result) -> dict[str, object]:
    """The result in the form that `--json` prints; amounts are text in the currency's digits."""
    return {
        "documents": [_document(each, result) for each in result.documents],
        "states": [
            {"on": str(each.on), "service": each.service, "state": each.state, "why": each.why}
            for each in result.states
        ],
        "balance": _text(result.position.balance, result.currency),
        "credit": _text(result.position.credit, result.currency),
    }


def _document(document: Document, result: Result) -> dict[str, object]:
    currency = document.currency
    return {
        "number": document.number,
        "kind": document.kind.value,
        "state": document.state.value,
        "issued_on": str(document.issued_on),
        "due_on": str(document.due_on),
        "lines": [_line(line, currency) for line in document.lines],
        "net": _text(document.net, currency),
        "tax": _text(document.tax, currency),
        "total": _text(document.total, currency),
        "open": _text(result.position.open_of(document.key), currency)
        if document.state is DocumentState.FINAL
        else _text(Decimal(0), currency),
    }


def _line(line: Line, currency: str) -> dict[str, object]:
    return {
        "service": line.service,
        "kind": line.kind.value,
        "description": line.description,
        "from": str(line.period.start) if line.period else None,
        "to": str(line.period.end) if line.period else None,
        "quantity": str(line.quantity),
        "net": _text(line.net, currency),
        "tax": _text(line.tax, currency),
        "charge_key": line.charge_key,
    }


def _text(amount: Decimal, currency: str) -> str:
    exact = rounded(amount, currency)
    return str(exact if exact else abs(exact))
