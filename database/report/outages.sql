-- Outages that were certain enough to be told of. `subscribers` is how many were met, `lines` counts
-- ONUs or sessions; `planned` ones began inside a maintenance window. Who: `outage_subscribers`.
SELECT tenant.name AS tenant, outage.outage_id AS outage, outage.scope, outage.state, outage.cause,
    coalesce(nullif(concat_ws(' ', coalesce(device.name, nas.name),
        array_to_string(outage.ports, ', ')), ''), outage.area) AS "where",
    device.name AS device, nas.name AS nas, outage.area, outage.ports, outage.started_at,
    outage.estimate, outage.estimated_by, outage.restored_at,
    extract(epoch FROM coalesce(outage.restored_at, now()) - outage.started_at)::bigint
        AS duration_seconds,
    outage.subscribers, outage.lines, outage.planned, outage.declared_by, outage.title,
    told.state AS notice
FROM outage
JOIN tenant USING (tenant_id)
LEFT JOIN device USING (device_id)
LEFT JOIN nas USING (nas_id)
LEFT JOIN notice AS told ON told.outage_id = outage.outage_id AND told.kind = 'outage'
WHERE outage.state IN ('open', 'restoring', 'restored')
