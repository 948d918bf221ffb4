-- Who is online. Rates and access are what the NAS is held to grant: what was last confirmed, else
-- what our Class said. A session that was not authorised here is `adopted`.
SELECT tenant.name AS tenant, nas.name AS nas, live.acct_session_id,
    subscriber.reference AS subscriber, service.name AS service, live.login, live.started_at,
    live.last_seen_at, live.framed_ip, live.framed_ipv6_prefix, live.delegated_ipv6_prefix,
    live.calling_station_id, live.nas_port_id, live.circuit_id, live.remote_id,
    service.onu_serial, live.octets_up, live.octets_down, live.session_time_seconds,
    CASE WHEN known.session_key IS NULL THEN live.granted_down_kbps
        ELSE known.confirmed_down_kbps END AS down_kbps,
    CASE WHEN known.session_key IS NULL THEN live.granted_up_kbps
        ELSE known.confirmed_up_kbps END AS up_kbps,
    CASE WHEN known.session_key IS NULL THEN live.granted_access
        ELSE known.confirmed_access END AS access,
    CASE
        WHEN live.suspect THEN 'suspect'
        WHEN known.state IS NOT NULL THEN known.state
        WHEN live.granted_version IS NULL THEN 'adopted'
        WHEN (live.granted_access, live.granted_down_kbps, live.granted_up_kbps)
            IS NOT DISTINCT FROM (wanted.access, wanted.down_kbps, wanted.up_kbps)
            THEN 'confirmed'
        ELSE 'pending'
    END AS enforcement
FROM session_live AS live
JOIN tenant USING (tenant_id)
LEFT JOIN nas USING (nas_id)
LEFT JOIN service USING (service_id)
LEFT JOIN subscriber ON subscriber.subscriber_id = service.subscriber_id
LEFT JOIN entitlement AS wanted USING (service_id)
LEFT JOIN session_enforcement AS known
    ON known.session_key = live.session_key AND known.subscriber_id = live.subscriber_id
WHERE live.ended_at IS NULL
