-- The lines of the documents; periods are half-open, `period_to` is the first day not covered.
SELECT tenant.name AS tenant, invoice.number, line.position, service.name AS service, line.kind,
    line.description, line.period_from, line.period_to, line.quantity, line.unit_price, line.net,
    line.tax_code, line.tax_percent, line.tax, line.total, invoice.currency
FROM invoice_line AS line
JOIN tenant USING (tenant_id)
JOIN invoice USING (invoice_id)
LEFT JOIN service USING (service_id)
