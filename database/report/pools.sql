-- Address pools, one row per network; sizes are in what a service gets of it. `exhausted_on` is
-- when it runs out if it goes on as in the last 30 days; null where that is ten years or never.
SELECT tenant.name AS tenant, pool.name AS pool, pool.kind, pool.network, pool.prefix_length,
    leased.used, size.prefixes - leased.used AS free,
    CASE WHEN forecast.days <= 3650 THEN current_date + forecast.days::integer
    END AS exhausted_on
FROM pool
JOIN tenant USING (tenant_id)
CROSS JOIN LATERAL (
    SELECT (2::numeric ^ (pool.prefix_length - masklen(pool.network)))::numeric(40, 0) AS prefixes
) AS size
CROSS JOIN LATERAL (
    SELECT count(*) AS used,
        count(*) FILTER (WHERE lease.leased_at > now() - interval '30 days') AS grown
    FROM lease WHERE lease.pool_id = pool.pool_id AND lease.removed_at IS NULL
) AS leased
CROSS JOIN LATERAL (
    SELECT floor((size.prefixes - leased.used) * 30 / nullif(leased.grown, 0)) AS days
) AS forecast
WHERE pool.removed_at IS NULL
