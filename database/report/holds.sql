-- Why services are or were held; `in_force` at this moment.
SELECT tenant.name AS tenant, subscriber.reference AS subscriber, service.name AS service,
    hold.kind, hold.author, hold.reason, hold.placed_at, hold.until, hold.released_at,
    hold.released_by,
    hold.released_at IS NULL AND hold.placed_at <= now()
        AND (hold.until IS NULL OR hold.until > now()) AS in_force
FROM hold
JOIN tenant USING (tenant_id)
JOIN service USING (service_id)
JOIN subscriber ON subscriber.subscriber_id = service.subscriber_id
