-- Login attempts, repeats of ten minutes folded into one row with their count.
SELECT tenant.name AS tenant, attempt.first_at, attempt.last_at, attempt.count, nas.name AS nas,
    attempt.login, attempt.outcome, attempt.reason,
    nullif(attempt.calling_station_id, '') AS calling_station_id,
    subscriber.reference AS subscriber, service.name AS service
FROM auth_attempt AS attempt
JOIN tenant USING (tenant_id)
LEFT JOIN nas USING (nas_id)
LEFT JOIN service USING (service_id)
LEFT JOIN subscriber ON subscriber.subscriber_id = service.subscriber_id
