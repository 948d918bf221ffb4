"""What SNMP sessions measure."""

from chassis.metrics import counter

__all__ = ["answers_dropped", "requests", "timeouts"]

requests = counter("turnpike_snmp_requests_total", "Datagrams sent to devices.", ("device",))
timeouts = counter("turnpike_snmp_timeouts_total", "Requests without an answer.", ("device",))
answers_dropped = counter(
    "turnpike_snmp_answers_dropped_total",
    "Datagrams that were no answer to what was asked: foreign address, late, malformed.",
    ("reason",),
)
