-- The ONUs, where they are and whose line they end. Readings are the OLT's last ones, null where it
-- gives none; `state` is `unknown` while the OLT does not answer. `last_down_at` is by its clock.
SELECT tenant.name AS tenant, device.name AS device, onu.serial, pon_port.name AS port,
    onu.onu_index AS onu_id,
    CASE WHEN seen.state = 'reachable' THEN onu.state ELSE 'unknown' END AS state,
    onu.state_changed_at, onu.description, onu.model, onu.firmware, onu.last_down_cause,
    onu.last_down_at, onu.rx_dbm, onu.tx_dbm, onu.olt_rx_dbm, onu.olt_tx_dbm, onu.optics_read_at,
    onu.distance_m, onu.temperature_celsius, onu.voltage_volts, onu.bias_milliamperes,
    onu.first_seen_at, onu.last_seen_at, onu.missing_since,
    coalesce(pon_port.area, device.area) AS area, subscriber.reference AS subscriber,
    service.name AS service, service.name AS login, onu.linked_by
FROM onu
JOIN tenant USING (tenant_id)
JOIN device USING (device_id)
JOIN pon_port USING (pon_port_id)
LEFT JOIN device_status AS seen ON seen.device_id = onu.device_id
LEFT JOIN service ON service.service_id = onu.service_id
LEFT JOIN subscriber ON subscriber.subscriber_id = service.subscriber_id
WHERE onu.removed_at IS NULL
