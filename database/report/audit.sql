-- Who changed what.
SELECT tenant.name AS tenant, audit.at, audit.actor, audit.action, audit.object_kind,
    audit.object_name, audit.before, audit.after, audit.reason
FROM audit
JOIN tenant USING (tenant_id)
