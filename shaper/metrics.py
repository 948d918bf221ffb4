"""What the shaper measures."""

from chassis.metrics import counter, gauge, histogram

__all__ = [
    "apply_seconds",
    "held",
    "in_doubt",
    "queues_actual",
    "queues_drifted",
    "queues_wanted",
    "read_seconds",
    "router_cpu",
    "throughput",
    "unreachable",
    "writes",
]

queues_wanted = gauge(
    "turnpike_shaper_queues_wanted", "Services and nodes that a router should know.", ("router",)
)
queues_actual = gauge(
    "turnpike_shaper_rows_actual", "Rows of ours that were read on a router.", ("router",)
)
queues_drifted = gauge(
    "turnpike_shaper_queues_drifted",
    "Services and nodes that an enabled router does not have as they should be.",
    ("router",),
)
held = gauge(
    "turnpike_shaper_removals_held",
    "Removals that the guard holds back for want of a Stop or a termination: an alarm.",
    ("router",),
)
in_doubt = gauge(
    "turnpike_shaper_in_doubt",
    "Services left without a queue because their address or their queue's name is another's.",
    ("router",),
)
unreachable = gauge(
    "turnpike_shaper_unreachable",
    "1 while a router does not answer or lets us not in.",
    ("router",),
)
writes = counter(
    "turnpike_shaper_writes_total", "Rows written to a router, by outcome.", ("router", "outcome")
)
read_seconds = histogram("turnpike_shaper_read_seconds", "Reading a router in full.", ("router",))
apply_seconds = histogram(
    "turnpike_shaper_apply_seconds", "Writing a difference to a router.", ("router",)
)
router_cpu = gauge(
    "turnpike_shaper_router_cpu_percent",
    "A router's load, before and after writes.",
    ("router", "when"),
)
throughput = gauge(
    "turnpike_shaper_throughput_bps",
    "What flows through a parent queue, bits per second.",
    ("router", "queue", "direction"),
)
