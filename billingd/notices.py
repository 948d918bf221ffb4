"""What billingd writes to subscribers: pure text."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from billingd.store import Job, Recipient
from isp.outage import NoticeKind

__all__ = ["Message", "outage_notice", "warning"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """What a subscriber is told: `text` as a letter, `short` as a short message says it."""

    subject: str
    text: str
    short: str
    key: str


def outage_notice(job: Job, to: Recipient, provider: str) -> Message:
    """That the service is away, or back."""
    told = job.payload
    away = told["kind"] == NoticeKind.OUTAGE
    subject = "your service is interrupted" if away else "your service is back"
    words = told["text"] or (_away(told) if away else _back(told))
    return Message(
        subject=f"{provider}: {subject}",
        text=f"Dear {to.name or to.subscriber},\n\n{words}\n\n{provider}\n",
        short=f"{provider}: {words}",
        key=f"{job.kind}-{told['notice_id']}-{told['subscriber_id']}",
    )


def _away(told: dict[str, Any]) -> str:
    estimate = f" We expect it back by {_local(told, 'estimate')}." if told["estimate"] else ""
    return (
        f"your service has been interrupted since {_local(told, 'started_at')}. We know of it and "
        f"are at work.{estimate} There is nothing that you need do."
    )


def _back(told: dict[str, Any]) -> str:
    return (
        f"the interruption of your service that began at {_local(told, 'started_at')} is over"
        + (f" since {_local(told, 'restored_at')}" if told["restored_at"] else "")
        + ". If yours does not work yet, please switch your equipment off and on again."
    )


def _local(told: dict[str, Any], name: str) -> str:
    at = datetime.fromisoformat(told[name]).astimezone(ZoneInfo(told["zone"]))
    return f"{at:%Y-%m-%d %H:%M}"


def warning(job: Job, to: Recipient, provider: str) -> Message:
    """The warning before a block."""
    due = job.payload
    begins = f"from {due['block_on']} on" if due["block_on"] else "soon"
    missing = f"{due['missing']} {due['currency']}"
    return Message(
        subject=f"{provider}: {missing} overdue",
        text=(
            f"Dear {to.name or to.subscriber},\n\n"
            f"we have not yet received {missing} for document {due['number']}. Your service will "
            f"be interrupted {begins}. It returns by itself as soon as the sum is paid.\n\n"
            f"If you have paid in the last days, please take no notice of this message.\n\n"
            f"{provider}\n"
        ),
        short=(
            f"{provider}: {missing} of document {due['number']} are overdue; your service will be "
            f"interrupted {begins}."
        ),
        key=f"warning-{due['invoice_id']}",
    )
