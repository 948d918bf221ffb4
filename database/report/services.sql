-- What was bought. A service with a hold in force is `suspended`; `holds` are their kinds.
SELECT tenant.name AS tenant, subscriber.reference AS subscriber, service.name AS service,
    named.login, plan.name AS plan, plan_version.version AS plan_version, service.kind,
    CASE WHEN service.state = 'active' AND held.holds IS NOT NULL THEN 'suspended'
        ELSE service.state END AS state,
    coalesce(held.holds, '{}') AS holds, service.started_on, service.ended_on,
    service.invoiced_until,
    EXISTS (
        SELECT FROM session_live
        WHERE session_live.service_id = service.service_id AND session_live.ended_at IS NULL
    ) AS online,
    entitlement.access, entitlement.down_kbps, entitlement.up_kbps, service.onu_serial
FROM service
JOIN tenant USING (tenant_id)
JOIN subscriber USING (subscriber_id)
JOIN plan_version USING (plan_version_id)
JOIN plan USING (plan_id)
LEFT JOIN entitlement USING (service_id)
LEFT JOIN LATERAL (
    SELECT service_identifier.value AS login FROM service_identifier
    WHERE service_identifier.service_id = service.service_id
        AND service_identifier.kind = 'login' AND service_identifier.removed_at IS NULL
    ORDER BY service_identifier.service_identifier_id LIMIT 1
) AS named ON true
LEFT JOIN LATERAL (
    SELECT array_agg(hold.kind ORDER BY hold.kind) AS holds FROM hold
    WHERE hold.service_id = service.service_id AND hold.released_at IS NULL
        AND hold.placed_at <= now() AND (hold.until IS NULL OR hold.until > now())
) AS held ON true
