-- Who pays. `balance` is what is owed, below zero it is credit; `online` is any of the services.
SELECT tenant.name AS tenant, subscriber.reference AS subscriber, subscriber.name,
    subscriber.email, subscriber.phone, subscriber.area,
    (SELECT count(*) FROM service
     WHERE service.subscriber_id = subscriber.subscriber_id AND service.state <> 'terminated'
    ) AS services,
    EXISTS (
        SELECT FROM session_live JOIN service USING (service_id)
        WHERE service.subscriber_id = subscriber.subscriber_id AND session_live.ended_at IS NULL
    ) AS online,
    coalesce(owed.balance, 0) AS balance, subscriber.currency, standing.next_block_on,
    subscriber.created_at, subscriber.closed_at
FROM subscriber
JOIN tenant USING (tenant_id)
LEFT JOIN standing USING (subscriber_id)
LEFT JOIN LATERAL (
    SELECT sum(ledger_entry.amount) AS balance FROM ledger_entry
    WHERE ledger_entry.subscriber_id = subscriber.subscriber_id
        AND ledger_entry.account = 'receivable' AND ledger_entry.currency = subscriber.currency
) AS owed ON true
