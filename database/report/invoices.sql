-- Documents. `open` is what is still to be paid of one; a void document and a credit have none.
SELECT tenant.name AS tenant, subscriber.reference AS subscriber, invoice.number, invoice.kind,
    invoice.state, invoice.issued_on, invoice.due_on, invoice.period_from, invoice.period_to,
    invoice.net, invoice.tax, invoice.total,
    CASE WHEN invoice.state = 'final' AND invoice.total > 0 THEN invoice.total - paid.amount
        ELSE 0 END AS open,
    invoice.currency
FROM invoice
JOIN tenant USING (tenant_id)
JOIN subscriber USING (subscriber_id)
CROSS JOIN LATERAL (
    SELECT coalesce(sum(payment_allocation.amount), 0) AS amount FROM payment_allocation
    WHERE payment_allocation.invoice_id = invoice.invoice_id AND NOT payment_allocation.released
) AS paid
