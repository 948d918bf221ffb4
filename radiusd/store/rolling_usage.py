"""How octets get from sessions into hours. SQL of the roller.

`advance` holds what is to be counted: for a session, from one event to a later one, so many octets
above so many. Where that crosses an hour's edge, the records in between say more; between two of
them octets are split by time, and the hours are marked estimated. Hours are the tenant's local
ones: pieces are cut at quarter hours, for there every zone has its hours' edges, whatever its
offset and however its clocks change, and summed by the local hour they lie in.
"""

__all__ = ["FIND_ADVANCE", "MARK_ROLLED", "ROLL_USAGE"]

QUARTER = "interval '15 minutes'"

FIND_ADVANCE = """
INSERT INTO advance (subscriber_id, service_id, tenant_id, session_key, from_at, to_at,
    from_up, from_down, octets_up, octets_down)
SELECT subscriber_id, service_id, tenant_id, session_key,
    least(coalesce(rolled_at, started_at), last_seen_at), last_seen_at,
    rolled_octets_up, rolled_octets_down,
    greatest(octets_up - rolled_octets_up, 0), greatest(octets_down - rolled_octets_down, 0)
FROM locked
WHERE service_id <> 0 AND (octets_up > rolled_octets_up OR octets_down > rolled_octets_down)
"""
"""What live sessions have used since they were rolled last. Nobody's usage is not rolled; it is
counted in full once it is known whose it is."""

MARK_ROLLED = """
UPDATE locked SET rolled_octets_up = greatest(octets_up, rolled_octets_up),
    rolled_octets_down = greatest(octets_down, rolled_octets_down),
    rolled_at = last_seen_at, dirty = true
WHERE service_id <> 0 AND (octets_up > rolled_octets_up OR octets_down > rolled_octets_down)
"""

ROLL_USAGE = f"""
WITH zoned AS (
    SELECT a.*, zone, date_trunc('hour', from_at, zone) AS hour,
        date_trunc('hour', from_at, zone) <> date_trunc('hour', to_at, zone) AS crosses
    FROM advance a JOIN tenant USING (tenant_id)
), crossing AS (
    SELECT * FROM zoned WHERE crosses
), point AS (
    SELECT c.session_key, c.subscriber_id, c.from_at, r.event_at AS at,
        r.octets_up - c.from_up AS up, r.octets_down - c.from_down AS down
    FROM crossing c JOIN accounting_record r ON r.session_key = c.session_key
        AND r.received_on >= c.from_at::date AND r.event_at > c.from_at AND r.event_at < c.to_at
        AND r.octets_up BETWEEN c.from_up AND c.from_up + c.octets_up
        AND r.octets_down BETWEEN c.from_down AND c.from_down + c.octets_down
    UNION ALL
    SELECT session_key, subscriber_id, from_at, to_at, octets_up, octets_down FROM crossing
), climb AS (
    SELECT session_key, subscriber_id, from_at, at, max(max(up)) OVER rising AS up,
        max(max(down)) OVER rising AS down
    FROM point
    GROUP BY session_key, subscriber_id, from_at, at
    WINDOW rising AS (PARTITION BY session_key, subscriber_id, from_at ORDER BY at)
), segment AS (
    SELECT c.tenant_id, c.subscriber_id, c.service_id, c.zone,
        lag(p.at, 1, c.from_at) OVER onwards AS from_at, p.at AS to_at,
        p.up - lag(p.up, 1, 0::bigint) OVER onwards AS up,
        p.down - lag(p.down, 1, 0::bigint) OVER onwards AS down
    FROM climb p JOIN crossing c USING (session_key, subscriber_id, from_at)
    WINDOW onwards AS (PARTITION BY p.session_key, p.subscriber_id, p.from_at ORDER BY p.at)
), piece AS (
    SELECT tenant_id, subscriber_id, service_id, up, down,
        date_trunc('hour', greatest(quarter, from_at), zone) AS hour,
        date_trunc('hour', from_at, zone) <> date_trunc('hour', to_at, zone) AS estimated,
        extract(epoch FROM greatest(quarter, from_at) - from_at)
            / extract(epoch FROM to_at - from_at) AS before,
        extract(epoch FROM least(quarter + {QUARTER}, to_at) - from_at)
            / extract(epoch FROM to_at - from_at) AS after
    FROM segment, generate_series(date_bin({QUARTER}, from_at, 'epoch'), to_at, {QUARTER}) quarter
    WHERE quarter < to_at
), share AS (
    SELECT tenant_id, subscriber_id, service_id, hour, estimated,
        floor(up * after) - floor(up * before) AS up,
        floor(down * after) - floor(down * before) AS down
    FROM piece
    UNION ALL
    SELECT tenant_id, subscriber_id, service_id, hour, false, octets_up, octets_down
    FROM zoned WHERE NOT crosses
)
INSERT INTO usage_hourly AS u
    (tenant_id, subscriber_id, service_id, hour, octets_up, octets_down, estimated)
SELECT tenant_id, subscriber_id, service_id, hour, sum(up)::bigint, sum(down)::bigint,
    bool_or(estimated)
FROM share GROUP BY tenant_id, subscriber_id, service_id, hour
ORDER BY subscriber_id, service_id, hour
ON CONFLICT (subscriber_id, service_id, hour, traffic_class) DO UPDATE SET
    octets_up = u.octets_up + excluded.octets_up,
    octets_down = u.octets_down + excluded.octets_down,
    estimated = u.estimated OR excluded.estimated
"""
