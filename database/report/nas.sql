-- The NASes in service. `drops` counts datagrams that were not answered, by reason.
SELECT tenant.name AS tenant, nas.name, nas.address, nas.nas_identifier, nas.vendor,
    nas_seen.last_packet_at,
    (SELECT count(*) FROM session_live
     WHERE session_live.nas_id = nas.nas_id AND session_live.ended_at IS NULL) AS sessions,
    coalesce(dropped.drops, '{}'::jsonb) AS drops, nas.message_authenticator, nas.wall_tested
FROM nas
JOIN tenant USING (tenant_id)
LEFT JOIN nas_seen USING (nas_id)
LEFT JOIN LATERAL (
    SELECT jsonb_object_agg(nas_drop.reason, nas_drop.packets) AS drops FROM nas_drop
    WHERE nas_drop.nas_id = nas.nas_id
) AS dropped ON true
WHERE nas.removed_at IS NULL
