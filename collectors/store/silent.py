"""Devices as far as they answer, and what the sessions of their subscribers say."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from collectors.silence import Silence

__all__ = ["Silent", "devices"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Silent:
    """A device with what is known of its silence."""

    device_id: int
    tenant_id: int
    area: str | None
    loss_ratio: float | None
    silence: Silence


async def devices(transaction: AsyncConnection) -> Sequence[Silent]:
    """Every device; the sessions are counted of those that do not answer only."""
    rows = await transaction.execute(DEVICES)
    return [
        Silent(
            device_id=row.device_id,
            tenant_id=row.tenant_id,
            area=row.area,
            loss_ratio=row.loss_ratio,
            silence=Silence(
                since=row.since,
                pinged=row.pinged,
                lines=row.lines or 0,
                sessions=row.sessions or 0,
                heard=row.heard or 0,
                ended=row.ended or 0,
            ),
        )
        for row in rows
    ]


# A device that never answered an echo request says nothing by not answering one now.
DEVICES = text("""\
SELECT device.device_id, device.tenant_id, device.area, known.since, pinged.answers AS pinged,
    pinged.loss_ratio, met.lines, met.sessions, met.heard, met.ended
FROM device
JOIN device_status USING (device_id)
CROSS JOIN LATERAL (
    SELECT CASE WHEN device_status.state = 'unreachable' THEN state_changed_at END AS since
) AS known
LEFT JOIN LATERAL (
    SELECT lost < sent AS answers, lost::float / nullif(sent, 0) AS loss_ratio FROM device_ping
    WHERE device_ping.device_id = device.device_id AND last_answer_at IS NOT NULL
) AS pinged ON true
LEFT JOIN LATERAL (
    SELECT count(*) AS lines, count(live.session_key) FILTER (WHERE live.ended_at IS NULL)
            AS sessions,
        count(*) FILTER (WHERE live.ended_at IS NULL AND live.last_seen_at > known.since)
            AS heard,
        count(*) FILTER (WHERE live.ended_at > known.since) AS ended
    FROM onu
    LEFT JOIN session_live AS live ON live.service_id = onu.service_id
    WHERE known.since IS NOT NULL AND device.kind IN ('olt', 'voltha')
        AND onu.device_id = device.device_id AND onu.state = 'online'
        AND onu.missing_since IS NULL AND onu.removed_at IS NULL
) AS met ON true
WHERE device.removed_at IS NULL""")
