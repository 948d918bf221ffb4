"""What billingd writes to subscribers: pure text."""

from billingd.store import Job, Recipient
from gateways.mail import Mail

__all__ = ["warning"]


def warning(job: Job, to: Recipient, *, provider: str) -> Mail | None:
    """The warning before a block; None where the subscriber has no mail address."""
    if not to.email:
        return None
    due = job.payload
    consequence = (
        f"Your service will be interrupted from {due['block_on']} on."
        if due["block_on"]
        else "Your service will be interrupted soon."
    )
    return Mail(
        to=to.email,
        subject=f"{provider}: {due['missing']} {due['currency']} overdue",
        text=(
            f"Dear {to.name or to.subscriber},\n\n"
            f"we have not yet received {due['missing']} {due['currency']} for document "
            f"{due['number']}. {consequence} It returns by itself as soon as the sum is paid.\n\n"
            f"If you have paid in the last days, please take no notice of this message.\n\n"
            f"{provider}\n"
        ),
        key=f"warning-{due['invoice_id']}",
    )
