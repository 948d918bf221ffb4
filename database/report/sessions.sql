-- Closed sessions. `terminate_cause` is the RFC's name (RFC 2866 section 5.10, RFC 3580 section
-- 3.8, RFC 4849), or the number that has none; `closed_by` says whether a Stop or we closed it.
SELECT tenant.name AS tenant, nas.name AS nas, session.acct_session_id,
    subscriber.reference AS subscriber, service.name AS service, session.login,
    session.started_at, session.last_seen_at, session.framed_ip, session.framed_ipv6_prefix,
    session.delegated_ipv6_prefix, session.calling_station_id, session.nas_port_id,
    session.circuit_id, session.remote_id, service.onu_serial, session.octets_up,
    session.octets_down, session.session_time_seconds, session.ended_at,
    coalesce(cause.name, session.terminate_cause::text) AS terminate_cause, session.closed_by
FROM session
JOIN tenant USING (tenant_id)
LEFT JOIN nas USING (nas_id)
LEFT JOIN service USING (service_id)
LEFT JOIN subscriber ON subscriber.subscriber_id = service.subscriber_id
LEFT JOIN (VALUES
    (1, 'User-Request'), (2, 'Lost-Carrier'), (3, 'Lost-Service'), (4, 'Idle-Timeout'),
    (5, 'Session-Timeout'), (6, 'Admin-Reset'), (7, 'Admin-Reboot'), (8, 'Port-Error'),
    (9, 'NAS-Error'), (10, 'NAS-Request'), (11, 'NAS-Reboot'), (12, 'Port-Unneeded'),
    (13, 'Port-Preempted'), (14, 'Port-Suspended'), (15, 'Service-Unavailable'),
    (16, 'Callback'), (17, 'User-Error'), (18, 'Host-Request'), (19, 'Supplicant-Restart'),
    (20, 'Reauthentication-Failure'), (21, 'Port-Reinit'), (22, 'Port-Disabled'),
    (23, 'Lost-Power')
) AS cause (number, name) ON cause.number = session.terminate_cause
