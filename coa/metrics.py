"""What coa measures."""

from chassis.metrics import counter, gauge, histogram

__all__ = [
    "actions",
    "answer_seconds",
    "breaker_open",
    "destinations_missing",
    "guard_halted",
    "replies_dropped",
    "retransmissions",
    "waiting",
]

actions = counter(
    "turnpike_coa_actions_total",
    "CoA- and Disconnect-Requests by kind, cause and outcome.",
    ("nas", "kind", "cause", "outcome"),
)
retransmissions = counter(
    "turnpike_coa_retransmissions_total", "Requests sent again for want of an answer.", ("nas",)
)
replies_dropped = counter(
    "turnpike_coa_replies_dropped_total",
    "Datagrams that were no valid answer to anything outstanding, by reason.",
    ("reason",),
)
answer_seconds = histogram(
    "turnpike_coa_answer_seconds", "From the first sending to the answer.", ("nas",)
)
waiting = gauge(
    "turnpike_coa_sessions_waiting", "Sessions to be looked at, not sent for yet.", ("nas",)
)
breaker_open = gauge(
    "turnpike_coa_breaker_open", "1 while a NAS that does not answer is left alone.", ("nas",)
)
guard_halted = gauge(
    "turnpike_coa_guard_halted",
    "1 while automatic Disconnects of a NAS are halted: an alarm.",
    ("nas",),
)
destinations_missing = counter(
    "turnpike_coa_destinations_missing_total",
    "NASes met without one address, or with a secret that the key ring does not open.",
    ("nas",),
)
