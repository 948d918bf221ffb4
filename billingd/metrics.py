"""What billingd counts."""

from chassis.metrics import counter, gauge

__all__ = [
    "awaiting_approval",
    "billed_through_age_days",
    "blocked",
    "documents",
    "due_entitlements",
    "ended",
    "jobs",
    "warned",
]

documents = counter("turnpike_billingd_documents_total", "Documents finalised by daily runs.")
blocked = counter("turnpike_billingd_blocked_total", "Services blocked unattended.")
ended = counter(
    "turnpike_billingd_ended_total", "Services ended unattended, for a debt they were held for."
)
warned = counter("turnpike_billingd_warnings_total", "Warnings enqueued.")
jobs = counter(
    "turnpike_billingd_jobs_total",
    "Side effects by kind and outcome.",
    ("kind", "outcome"),
)
awaiting_approval = gauge(
    "turnpike_billingd_blocks_awaiting_approval",
    "Blocks that wait for a person, by tenant.",
    ("tenant",),
)
billed_through_age_days = gauge(
    "turnpike_billingd_billed_through_age_days",
    "Days since the last billed day, by tenant; 0 or 1 is well.",
    ("tenant",),
)
due_entitlements = counter(
    "turnpike_billingd_entitlements_decided_total",
    "Entitlements decided again, by cause.",
    ("cause",),
    initial=(("asked",), ("expired",)),
)
