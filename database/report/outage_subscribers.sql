-- Whom an outage met: a row for each line that went down in it, by ONU or by session.
SELECT tenant.name AS tenant, met.outage_id AS outage, subscriber.reference AS subscriber,
    service.name AS service, service.name AS login, onu.serial AS onu_serial, met.down_at,
    met.restored_at
FROM outage_subscriber AS met
JOIN tenant USING (tenant_id)
JOIN outage USING (outage_id)
LEFT JOIN subscriber USING (subscriber_id)
LEFT JOIN service USING (service_id)
LEFT JOIN onu USING (onu_id)
WHERE outage.state IN ('open', 'restoring', 'restored')
