-- What was done to live sessions, why, and what proved it.
SELECT tenant.name AS tenant, action.at, action.login, nas.name AS nas, action.acct_session_id,
    action.kind, action.cause, action.outcome, action.error_cause, action.tries,
    action.proven_at, action.proof, action.requested_by, subscriber.reference AS subscriber,
    service.name AS service
FROM enforcement_action AS action
JOIN tenant USING (tenant_id)
LEFT JOIN nas USING (nas_id)
LEFT JOIN service USING (service_id)
LEFT JOIN subscriber ON subscriber.subscriber_id = service.subscriber_id
