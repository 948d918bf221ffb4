-- Uptime by calendar month of the tenant's zone, of what had any downtime in it: an area (over all
-- its subscribers), a device, a subscriber. Planned work is no downtime. `promised_percent` is null
-- where nothing is promised; `breached` says that the promise cannot be kept any more.
SELECT tenant.name AS tenant, monthly.scope, nullif(monthly.area, '') AS area,
    device.name AS device, subscriber.reference AS subscriber, monthly.month,
    monthly.down_seconds, monthly.planned_seconds,
    round(100 - 100.0 * monthly.down_seconds / (monthly.members * extract(epoch FROM (
        (monthly.month::timestamp + interval '1 month') AT TIME ZONE tenant.zone
        - monthly.month::timestamp AT TIME ZONE tenant.zone))), 4) AS uptime_percent,
    sla_breach.percent AS promised_percent, sla_breach.sla_breach_id IS NOT NULL AS breached
FROM (
    SELECT tenant_id, scope, subscriber_id, device_id, area,
        date_trunc('month', day)::date AS month, sum(down_seconds) AS down_seconds,
        sum(planned_seconds) AS planned_seconds, max(members) AS members
    FROM uptime_daily
    GROUP BY tenant_id, scope, subscriber_id, device_id, area, date_trunc('month', day)
) AS monthly
JOIN tenant ON tenant.tenant_id = monthly.tenant_id
LEFT JOIN device ON device.device_id = monthly.device_id
LEFT JOIN subscriber ON subscriber.subscriber_id = monthly.subscriber_id
LEFT JOIN sla_breach ON sla_breach.tenant_id = monthly.tenant_id
    AND sla_breach.scope = monthly.scope AND sla_breach.subscriber_id = monthly.subscriber_id
    AND sla_breach.device_id = monthly.device_id AND sla_breach.area = monthly.area
    AND sla_breach.month = monthly.month
