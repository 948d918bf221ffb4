-- The books: every transaction sums to zero in its currency; a debit is positive.
SELECT tenant.name AS tenant, booked.ledger_transaction_id AS transaction, booked.at,
    booked.on_date, entry.account, subscriber.reference AS subscriber, entry.amount,
    entry.currency, booked.kind, booked.source_key AS source, booked.description, booked.actor
FROM ledger_entry AS entry
JOIN ledger_transaction AS booked USING (ledger_transaction_id)
JOIN tenant ON tenant.tenant_id = entry.tenant_id
LEFT JOIN subscriber ON subscriber.subscriber_id = entry.subscriber_id
