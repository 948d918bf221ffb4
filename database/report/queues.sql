-- What each service is to have on its router, and what was read back; no drift is null.
SELECT tenant.name AS tenant, coalesce(device.name, cpe.title) AS router,
    service.name AS service, coalesce(queue_state.login, service.name) AS login,
    queue_state.wanted, queue_state.actual, queue_state.drift, shaper_status.checked_at,
    queue_state.changed_at
FROM queue_state
JOIN tenant USING (tenant_id)
JOIN shaper_status USING (device_id, cpe_id)
LEFT JOIN device USING (device_id)
LEFT JOIN cpe USING (cpe_id)
LEFT JOIN service ON service.service_id = queue_state.service_id
