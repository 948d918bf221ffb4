"""What radiusd counts; declared here, counted where it happens."""

from chassis.metrics import counter, gauge

__all__ = [
    "accounting_away",
    "accounting_records",
    "accounting_spool",
    "answers",
    "attempts_waiting",
    "database_present",
    "drops",
    "duplicates",
    "internal_errors",
    "kernel_drops",
    "leases_given",
    "partition_days_ahead",
    "secrets_broken",
    "snapshot_age",
    "snapshot_rebuilds",
    "status_answers",
    "unknown_nas_packets",
]

accounting_away = gauge(
    "turnpike_radius_accounting_away",
    "1 while accounting goes to the spool, because Postgres is away or slow.",
    across="max",
)
accounting_records = counter(
    "turnpike_radius_accounting_records_total",
    "Accounting records: recorded; spooled, then replayed or overtaken by their late commit;"
    " refused, shed and not_kept are not acknowledged.",
    ("fate",),
)
accounting_spool = gauge(
    "turnpike_radius_accounting_spool_records", "Accounting records that wait in the spool."
)
answers = counter(
    "turnpike_radius_answers_total",
    "Access-Requests decided, by outcome.",
    ("nas", "outcome"),
)
drops = counter(
    "turnpike_radius_drops_total", "Datagrams dropped, by NAS and reason.", ("nas", "reason")
)
unknown_nas_packets = counter(
    "turnpike_radius_unknown_nas_packets_total", "Datagrams from addresses that no NAS has."
)
duplicates = counter(
    "turnpike_radius_duplicates_total", "Requests answered again with the same octets."
)
status_answers = counter("turnpike_radius_status_answers_total", "Status-Server requests answered.")
internal_errors = counter(
    "turnpike_radius_internal_errors_total", "Datagrams lost to a fault of ours."
)
secrets_broken = counter(
    "turnpike_radius_secrets_broken_total", "Sealed secrets that no key opens.", ("kind",)
)
leases_given = counter("turnpike_radius_leases_total", "Addresses leased, by how.", ("how",))
partition_days_ahead = gauge(
    "turnpike_radius_partition_days_ahead",
    "For how many days every big table has partitions.",
    across="max",
)
kernel_drops = gauge(
    "turnpike_radius_kernel_drops",
    "Datagrams that the kernel dropped for want of a reader, since the sockets were bound.",
    across="max",
)
attempts_waiting = gauge("turnpike_radius_attempts_waiting", "Folded attempts not yet recorded.")
database_present = gauge(
    "turnpike_radius_database_present", "1 while the database is followed.", across="max"
)
snapshot_age = gauge(
    "turnpike_radius_snapshot_age_seconds",
    "Seconds since the snapshot was last known to equal the database.",
    across="max",
)
snapshot_rebuilds = counter("turnpike_radius_snapshot_rebuilds_total", "Snapshots made anew.")
