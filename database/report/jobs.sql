-- Side effects: done, waiting, or given up and waiting for a person.
SELECT tenant.name AS tenant, job.job_id AS job, job.kind, job.state, job.tries, job.created_at,
    job.next_try_at, job.done_at, job.last_error, job.idempotency_key
FROM job
JOIN tenant USING (tenant_id)
