"""The suite's own running: who is alive, and side effects waiting to be done."""

from sqlalchemy import Column, Index, Integer, Table, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB

from database.tables.columns import identity, instant, metadata, tenant_id, words

__all__ = ["daemon_status", "job"]

daemon_status = Table(
    "daemon_status",
    metadata,
    Column("node", Text, primary_key=True),
    Column("daemon", Text, primary_key=True),
    words("version", nullable=False),
    instant("started_at", nullable=False),
    instant("seen_at", nullable=False),
    words("state", nullable=False),
    Column("detail", JSONB, nullable=False, server_default="{}"),
)

job = Table(
    "job",
    metadata,
    identity("job_id"),
    tenant_id(),
    words("kind", nullable=False),
    words("idempotency_key", nullable=False),
    Column("payload", JSONB, nullable=False, server_default="{}"),
    words("state", nullable=False, default="waiting"),
    Column("tries", Integer, nullable=False, server_default="0"),
    instant("created_at", nullable=False, now=True),
    instant("next_try_at"),
    instant("done_at"),
    words("last_error"),
    UniqueConstraint("tenant_id", "idempotency_key"),
)
job.comment = "the truth about a side effect; enqueued in the transaction of its cause"
Index("job_waiting_index", job.c.next_try_at, postgresql_where=job.c.state == "waiting")
