-- Usage by day of the tenant's zone.
SELECT tenant.name AS tenant, subscriber.reference AS subscriber, service.name AS service,
    named.login, (used.hour AT TIME ZONE tenant.zone)::date AS day, used.traffic_class,
    sum(used.octets_up) AS octets_up, sum(used.octets_down) AS octets_down
FROM usage_hourly AS used
JOIN tenant USING (tenant_id)
LEFT JOIN service USING (service_id)
LEFT JOIN subscriber ON subscriber.subscriber_id = service.subscriber_id
LEFT JOIN LATERAL (
    SELECT service_identifier.value AS login FROM service_identifier
    WHERE service_identifier.service_id = used.service_id
        AND service_identifier.kind = 'login' AND service_identifier.removed_at IS NULL
    ORDER BY service_identifier.service_identifier_id LIMIT 1
) AS named ON true
GROUP BY tenant.name, subscriber.reference, service.service_id, service.name, named.login, day,
    used.traffic_class
