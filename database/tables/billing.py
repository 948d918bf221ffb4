"""Money: policy, documents, the ledger, payments, dunning. Append-only where money moved."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

from database.tables.columns import identity, instant, metadata, tenant_id, words

__all__ = [
    "billing_policy",
    "billing_progress",
    "billing_run",
    "block_batch",
    "block_batch_service",
    "dunning_notice",
    "invoice",
    "invoice_line",
    "ledger_entry",
    "ledger_transaction",
    "number_series",
    "payment",
    "payment_allocation",
    "standing",
]

billing_policy = Table(
    "billing_policy",
    metadata,
    Column("tenant_id", BigInteger, ForeignKey("tenant.tenant_id"), primary_key=True),
    Column("settings", JSONB, nullable=False, server_default="{}"),
    instant("blocking_chosen_at"),
)
billing_policy.c.blocking_chosen_at.comment = "null: nobody is blocked unattended"

billing_progress = Table(
    "billing_progress",
    metadata,
    Column("tenant_id", BigInteger, ForeignKey("tenant.tenant_id"), primary_key=True),
    Column("billed_through", Date),
)

billing_run = Table(
    "billing_run",
    metadata,
    identity("billing_run_id"),
    tenant_id(),
    Column("through", Date, nullable=False),
    words("author", nullable=False),
    instant("started_at", nullable=False),
    instant("finished_at"),
    Column("counts", JSONB, nullable=False, server_default="{}"),
)

number_series = Table(
    "number_series",
    metadata,
    Column("tenant_id", BigInteger, ForeignKey("tenant.tenant_id"), primary_key=True),
    Column("series", Text, primary_key=True),
    Column("next_number", BigInteger, nullable=False, server_default="1"),
)

invoice = Table(
    "invoice",
    metadata,
    identity("invoice_id"),
    tenant_id(),
    Column("subscriber_id", BigInteger, ForeignKey("subscriber.subscriber_id"), nullable=False),
    words("number"),
    words("kind", nullable=False, default="invoice"),
    words("state", nullable=False, default="final"),
    Column("issued_on", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("period_from", Date),
    Column("period_to", Date),
    Column("net", Numeric, nullable=False),
    Column("tax", Numeric, nullable=False),
    Column("total", Numeric, nullable=False),
    words("currency", nullable=False),
    Column("snapshot", JSONB, nullable=False, server_default="{}"),
    instant("finalised_at", nullable=False),
    UniqueConstraint("tenant_id", "number"),
    CheckConstraint("kind IN ('invoice', 'credit_note', 'opening_balance')", name="kind"),
    CheckConstraint("state IN ('final', 'void')", name="state"),
)
invoice.c.snapshot.comment = "supplier and customer as they stood at issue"
Index("invoice_subscriber_id_index", invoice.c.subscriber_id, invoice.c.due_on)

invoice_line = Table(
    "invoice_line",
    metadata,
    Column("invoice_id", BigInteger, ForeignKey("invoice.invoice_id"), nullable=False),
    Column("position", Integer, nullable=False),
    tenant_id(),
    Column("subscriber_id", BigInteger, nullable=False),
    Column("service_id", BigInteger),
    words("kind", nullable=False),
    words("description", nullable=False),
    Column("period_from", Date),
    Column("period_to", Date),
    Column("quantity", Numeric, nullable=False, server_default="1"),
    Column("unit_price", Numeric, nullable=False),
    Column("net", Numeric, nullable=False),
    words("tax_code"),
    Column("tax_percent", Numeric, nullable=False, server_default="0"),
    Column("tax", Numeric, nullable=False, server_default="0"),
    Column("total", Numeric, nullable=False),
    words("charge_key", nullable=False),
    Column("trace", JSONB, nullable=False, server_default="{}"),
    PrimaryKeyConstraint("invoice_id", "position"),
    UniqueConstraint("subscriber_id", "charge_key"),
)
invoice_line.c.charge_key.comment = "what is charged, once ever (see billing/documents.py)"
invoice_line.c.trace.comment = "how the amount came about, and the charge that it corrects"

ledger_transaction = Table(
    "ledger_transaction",
    metadata,
    identity("ledger_transaction_id"),
    tenant_id(),
    Column("subscriber_id", BigInteger, nullable=False),
    words("kind", nullable=False),
    words("source_key", nullable=False),
    Column("on_date", Date, nullable=False),
    instant("at", nullable=False),
    words("description", nullable=False, default=""),
    words("actor", nullable=False),
    UniqueConstraint("tenant_id", "source_key"),
)
ledger_transaction.c.source_key.comment = "what moved the money (`invoice:7`), so it moves once"

ledger_entry = Table(
    "ledger_entry",
    metadata,
    Column(
        "ledger_transaction_id",
        BigInteger,
        ForeignKey("ledger_transaction.ledger_transaction_id"),
        nullable=False,
    ),
    Column("position", Integer, nullable=False),
    tenant_id(),
    Column("subscriber_id", BigInteger, nullable=False),
    words("account", nullable=False),
    Column("amount", Numeric, nullable=False),
    words("currency", nullable=False),
    PrimaryKeyConstraint("ledger_transaction_id", "position"),
)
ledger_entry.comment = "a deferred constraint holds the sum of each transaction at zero"
ledger_entry.c.amount.comment = "debit positive, credit negative"
Index("ledger_entry_subscriber_id_index", ledger_entry.c.subscriber_id, ledger_entry.c.account)

payment = Table(
    "payment",
    metadata,
    identity("payment_id"),
    tenant_id(),
    Column("subscriber_id", BigInteger, ForeignKey("subscriber.subscriber_id"), nullable=False),
    words("method", nullable=False),
    words("reference", nullable=False),
    Column("paid_on", Date, nullable=False),
    Column("amount", Numeric, nullable=False),
    words("currency", nullable=False),
    words("state", nullable=False, default="received"),
    words("collected_by", nullable=False),
    instant("recorded_at", nullable=False),
    UniqueConstraint("tenant_id", "method", "reference"),
    CheckConstraint("amount > 0", name="amount"),
    CheckConstraint("state IN ('received', 'reversed')", name="state"),
)
Index("payment_subscriber_id_index", payment.c.subscriber_id)

payment_allocation = Table(
    "payment_allocation",
    metadata,
    identity("payment_allocation_id"),
    tenant_id(),
    Column("subscriber_id", BigInteger, nullable=False),
    Column("payment_id", BigInteger, ForeignKey("payment.payment_id")),
    Column("credit_invoice_id", BigInteger, ForeignKey("invoice.invoice_id")),
    Column("invoice_id", BigInteger, ForeignKey("invoice.invoice_id"), nullable=False),
    Column("amount", Numeric, nullable=False),
    instant("allocated_at", nullable=False),
    Column("released", Boolean, nullable=False, server_default="false"),
    CheckConstraint("num_nonnulls(payment_id, credit_invoice_id) = 1", name="source"),
)
Index("payment_allocation_invoice_id_index", payment_allocation.c.invoice_id)
Index("payment_allocation_payment_id_index", payment_allocation.c.payment_id)
Index("payment_allocation_subscriber_id_index", payment_allocation.c.subscriber_id)

standing = Table(
    "standing",
    metadata,
    Column("subscriber_id", BigInteger, ForeignKey("subscriber.subscriber_id"), primary_key=True),
    tenant_id(),
    Column("as_of", Date, nullable=False),
    words("state", nullable=False),
    Column("since", Date),
    Column("balance", Numeric, nullable=False),
    Column("overdue", Numeric, nullable=False),
    Column("missing", Numeric, nullable=False),
    Column("next_block_on", Date),
    Column("deactivate_on", Date),
)
standing.comment = "a projection of billing.dunning, rewritten with each document and payment"

dunning_notice = Table(
    "dunning_notice",
    metadata,
    identity("dunning_notice_id"),
    tenant_id(),
    Column("subscriber_id", BigInteger, nullable=False),
    Column("invoice_id", BigInteger, ForeignKey("invoice.invoice_id"), nullable=False),
    words("kind", nullable=False),
    instant("sent_at", nullable=False),
    UniqueConstraint("invoice_id", "kind"),
)

block_batch = Table(
    "block_batch",
    metadata,
    identity("block_batch_id"),
    tenant_id(),
    instant("made_at", nullable=False),
    words("state", nullable=False),
    words("reason", nullable=False, default=""),
    words("decided_by"),
    instant("decided_at"),
    CheckConstraint("state IN ('awaiting', 'approved', 'executed', 'declined')", name="state"),
)

block_batch_service = Table(
    "block_batch_service",
    metadata,
    Column("block_batch_id", BigInteger, ForeignKey("block_batch.block_batch_id"), nullable=False),
    Column("service_id", BigInteger, nullable=False),
    tenant_id(),
    Column("subscriber_id", BigInteger, nullable=False),
    Column("owed", Numeric, nullable=False),
    words("currency", nullable=False),
    PrimaryKeyConstraint("block_batch_id", "service_id"),
)
