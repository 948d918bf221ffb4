-- The OLTs, read by SNMP or through VOLTHA, with what they last said of themselves. `onus_online` is
-- null while the OLT does not answer: nobody knows then. `partial` names tables not read in full.
SELECT tenant.name AS tenant, device.name AS device, device.kind, device.host, device.port,
    coalesce(seen.driver, device.driver) AS driver, seen.model, seen.firmware, seen.serial,
    coalesce(seen.state, 'new') AS state, seen.problem, seen.state_changed_at, device.area,
    seen.uptime_seconds, seen.temperature_celsius, seen.cpu_percent, seen.memory_percent,
    seen.last_poll_at, ports.ports, ports.ports_up, onus.onus,
    CASE WHEN seen.state = 'reachable' THEN onus.online END AS onus_online,
    onus.unlinked AS onus_unlinked,
    (SELECT count(*) FROM onu_unprovisioned
     WHERE onu_unprovisioned.device_id = device.device_id) AS onus_unprovisioned,
    coalesce(seen.partial, '{}') AS partial
FROM device
JOIN tenant USING (tenant_id)
LEFT JOIN device_status AS seen USING (device_id)
CROSS JOIN LATERAL (
    SELECT count(*) AS ports, count(*) FILTER (WHERE pon_port.state = 'up') AS ports_up
    FROM pon_port WHERE pon_port.device_id = device.device_id AND pon_port.removed_at IS NULL
) AS ports
CROSS JOIN LATERAL (
    SELECT count(*) AS onus, count(*) FILTER (WHERE onu.state = 'online') AS online,
        count(*) FILTER (WHERE onu.service_id IS NULL) AS unlinked
    FROM onu WHERE onu.device_id = device.device_id AND onu.removed_at IS NULL
) AS onus
WHERE device.kind IN ('olt', 'voltha') AND device.removed_at IS NULL
