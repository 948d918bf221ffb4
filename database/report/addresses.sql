-- Who had which address when: those of sessions, and the routes behind a service. An open end is
-- still held.
SELECT tenant.name AS tenant, held.address, subscriber.reference AS subscriber,
    service.name AS service, held.login, held.held_during
FROM (
    SELECT tenant_id, service_id, login, framed_ip::cidr AS address,
        tstzrange(started_at, ended_at) AS held_during
    FROM session WHERE framed_ip IS NOT NULL
    UNION ALL
    SELECT tenant_id, service_id, login, framed_ip::cidr, tstzrange(started_at, ended_at)
    FROM session_live WHERE framed_ip IS NOT NULL
    UNION ALL
    SELECT tenant_id, service_id, login, framed_ipv6_prefix, tstzrange(started_at, ended_at)
    FROM session WHERE framed_ipv6_prefix IS NOT NULL
    UNION ALL
    SELECT tenant_id, service_id, login, framed_ipv6_prefix, tstzrange(started_at, ended_at)
    FROM session_live WHERE framed_ipv6_prefix IS NOT NULL
    UNION ALL
    SELECT tenant_id, service_id, login, delegated_ipv6_prefix, tstzrange(started_at, ended_at)
    FROM session WHERE delegated_ipv6_prefix IS NOT NULL
    UNION ALL
    SELECT tenant_id, service_id, login, delegated_ipv6_prefix, tstzrange(started_at, ended_at)
    FROM session_live WHERE delegated_ipv6_prefix IS NOT NULL
    UNION ALL
    SELECT lease.tenant_id, lease.service_id, service.name, lease.address,
        tstzrange(lease.leased_at, lease.removed_at)
    FROM lease JOIN service USING (service_id) WHERE lease.kind = 'route'
) AS held (tenant_id, service_id, login, address, held_during)
JOIN tenant USING (tenant_id)
LEFT JOIN service USING (service_id)
LEFT JOIN subscriber ON subscriber.subscriber_id = service.subscriber_id
