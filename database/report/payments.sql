-- Money received; `allocated` is how much of it pays documents, the rest is credit.
SELECT tenant.name AS tenant, subscriber.reference AS subscriber, payment.method,
    payment.reference, payment.paid_on, payment.amount,
    coalesce((
        SELECT sum(payment_allocation.amount) FROM payment_allocation
        WHERE payment_allocation.payment_id = payment.payment_id
            AND NOT payment_allocation.released
    ), 0) AS allocated,
    payment.currency, payment.state, payment.collected_by, payment.recorded_at
FROM payment
JOIN tenant USING (tenant_id)
JOIN subscriber USING (subscriber_id)
