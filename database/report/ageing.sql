-- What is open by how long it is overdue on the tenant's today, per subscriber and currency.
SELECT dated.tenant, dated.subscriber, dated.currency,
    coalesce(sum(dated.open) FILTER (WHERE dated.days <= 0), 0) AS not_due,
    coalesce(sum(dated.open) FILTER (WHERE dated.days BETWEEN 1 AND 30), 0) AS days_1_to_30,
    coalesce(sum(dated.open) FILTER (WHERE dated.days BETWEEN 31 AND 60), 0) AS days_31_to_60,
    coalesce(sum(dated.open) FILTER (WHERE dated.days BETWEEN 61 AND 90), 0) AS days_61_to_90,
    coalesce(sum(dated.open) FILTER (WHERE dated.days > 90), 0) AS days_over_90,
    sum(dated.open) AS open
FROM (
    SELECT invoices.*, (now() AT TIME ZONE tenant.zone)::date - invoices.due_on AS days
    FROM report.invoices JOIN tenant ON tenant.name = invoices.tenant
    WHERE invoices.open > 0
) AS dated
GROUP BY dated.tenant, dated.subscriber, dated.currency
