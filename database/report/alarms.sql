-- What was or is wrong with a device, a port, an ONU or a promise: `what` is its kind. It stands
-- while `cleared_at` is null; acknowledging it only says that somebody knows.
SELECT tenant.name AS tenant, alarm.alarm_id AS alarm, alarm.kind AS what,
    coalesce(nullif(concat_ws(' ', device.name, nullif(alarm.place, '')), ''), alarm.subject)
        AS "where",
    alarm.severity, alarm.raised_at, alarm.cleared_at, alarm.value, alarm.threshold, alarm.flaps,
    device.name AS device, subscriber.reference AS subscriber, alarm.acknowledged_at,
    alarm.acknowledged_by
FROM alarm
JOIN tenant USING (tenant_id)
LEFT JOIN device USING (device_id)
LEFT JOIN subscriber USING (subscriber_id)
