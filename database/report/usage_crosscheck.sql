-- Usage of each service and day of the tenant's zone as RADIUS accounting has it and as the ONU's
-- counters have it. `device_hours` of the day were counted by the device; headers below IP make a
-- device's octets some hundredths more. `difference_percent` is null where either has none.
SELECT tenant.name AS tenant, subscriber.reference AS subscriber, service.name AS service, used.day,
    used.radius_octets, used.device_octets, used.device_hours,
    round(100.0 * used.device_octets / nullif(used.radius_octets, 0) - 100, 2)
        AS difference_percent
FROM (
    SELECT tenant_id, service_id, day, sum(radius)::bigint AS radius_octets,
        sum(device)::bigint AS device_octets,
        round((sum(counted_seconds) / 3600)::numeric, 1) AS device_hours
    FROM (
        SELECT hourly.tenant_id, hourly.service_id,
            (hourly.hour AT TIME ZONE tenant.zone)::date AS day,
            hourly.octets_up + hourly.octets_down AS radius, NULL::bigint AS device,
            0::double precision AS counted_seconds
        FROM usage_hourly AS hourly JOIN tenant USING (tenant_id)
        WHERE hourly.service_id <> 0
        UNION ALL
        SELECT sampled.tenant_id, onu.service_id, sampled.day, NULL,
            sampled.octets_up + sampled.octets_down, sampled.counted_seconds
        FROM access_daily AS sampled JOIN onu ON onu.onu_id = sampled.subject_id
        WHERE sampled.kind = 'onu' AND sampled.counted_seconds > 0
            AND onu.service_id IS NOT NULL
    ) AS either
    GROUP BY tenant_id, service_id, day
) AS used
JOIN tenant ON tenant.tenant_id = used.tenant_id
JOIN service ON service.service_id = used.service_id
JOIN subscriber ON subscriber.subscriber_id = service.subscriber_id
