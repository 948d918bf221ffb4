"""What the collectors measure."""

from chassis.metrics import counter, gauge, histogram

__all__ = [
    "alarms",
    "alarms_standing",
    "breaker_open",
    "counters_broken",
    "devices_polled",
    "doubts",
    "hints",
    "hints_malformed",
    "mqtt_connected",
    "mqtt_dropped",
    "mqtt_published",
    "notices",
    "onus",
    "onus_silent",
    "outages",
    "outages_standing",
    "partial",
    "ping_loss_ratio",
    "poll_seconds",
    "polls",
    "sla_breaches",
    "usage_difference_ratio",
    "voltha_events",
]

alarms = counter(
    "turnpike_collectors_alarms_total",
    "Alarms raised and cleared, and flaps of standing ones.",
    ("kind", "what"),
)
alarms_standing = gauge(
    "turnpike_collectors_alarms_standing",
    "Alarms that stand, by severity.",
    ("severity",),
    across="max",
)
counters_broken = counter(
    "turnpike_collectors_counters_broken_total",
    "Readings of counters that nothing was counted from, by reason.",
    ("reason",),
)
outages = counter(
    "turnpike_collectors_outages_total",
    "Outages by reach and by the state that they came to.",
    ("scope", "state"),
)
outages_standing = gauge(
    "turnpike_collectors_outages_standing",
    "Outages that are not over, by reach.",
    ("scope",),
    across="max",
)
notices = counter(
    "turnpike_collectors_notices_total",
    "Approved messages about outages by what became of them.",
    ("fate",),
)
hints = counter(
    "turnpike_collectors_hints_total",
    "Traps and syslog messages by kind: from a known device, from nobody known.",
    ("by", "source"),
)
hints_malformed = counter(
    "turnpike_collectors_hints_malformed_total",
    "Traps and syslog messages that were cut short, no such thing, or not authentic.",
    ("by",),
)
ping_loss_ratio = gauge(
    "turnpike_collectors_ping_loss_ratio",
    "Echo requests without an answer among a device's last ones.",
    ("device",),
    across="mostrecent",
)
mqtt_connected = gauge(
    "turnpike_collectors_mqtt_connected",
    "1 while the broker that is configured is connected.",
    ("broker",),
    across="min",
)
mqtt_published = counter(
    "turnpike_collectors_mqtt_published_total", "Retained states written and deleted.", ("what",)
)
mqtt_dropped = counter(
    "turnpike_collectors_mqtt_dropped_total",
    "States that did not fit the outbox; all states follow after them.",
)
sla_breaches = counter(
    "turnpike_collectors_sla_breaches_total", "Promised uptimes found broken, by scope.", ("scope",)
)
usage_difference_ratio = gauge(
    "turnpike_collectors_usage_difference_ratio",
    "Yesterday's usage by devices over that by RADIUS accounting, minus 1, where both counted.",
    ("tenant",),
    across="mostrecent",
)

devices_polled = gauge("turnpike_collectors_devices", "Devices that this process polls.")
polls = counter(
    "turnpike_collectors_polls_total",
    "Readings of devices: answered, partial, lost, refused, left (by an open breaker), failed.",
    ("device", "outcome"),
)
poll_seconds = histogram(
    "turnpike_collectors_poll_seconds",
    "How long a reading of some parts took, until it was written down.",
    ("device",),
    buckets=(0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0),
)
partial = counter(
    "turnpike_collectors_partial_total",
    "Tables that were not read in full.",
    ("device", "table"),
)
doubts = counter(
    "turnpike_collectors_doubts_total",
    "Numbers left out because they cannot be true, by what they would have been.",
    ("device", "what"),
)
onus = gauge("turnpike_collectors_onus", "ONUs of a device by state.", ("device", "state"))
onus_silent = counter(
    "turnpike_collectors_onus_silent_total",
    "ONUs that were asked for their light and whose device gave no answer.",
    ("device",),
)
breaker_open = gauge(
    "turnpike_collectors_breaker_open",
    "1 while a device that does not answer is left alone.",
    ("device",),
)
voltha_events = counter(
    "turnpike_collectors_voltha_events_total",
    "Messages of the topic of VOLTHA cores: about a device, and others.",
    ("about",),
)
