"""How a live session grows by one record: only forwards, in whatever order records arrive.

The counter of a record that is newer by session time counts as it stands, above a base. A counter
that fell while the session went on began anew: it wrapped at 2^32 where the NAS sends no Gigawords
(RFC 2869 §5.1) and the counter was past its middle, else the NAS reset it and the base takes up
what was counted before. An older record only raises what is known, and only while there is no
base. A counter at zero teaches nothing, so that a Stop without counters keeps the Interims' ones.
"""

from radiusd.accounting import Status
from radiusd.accounting_fields import NO_GIGAWORDS

__all__ = ["UPSERT_SESSION_LIVE"]

GIGAWORD = 1 << 32

NEWER = "excluded.session_time_seconds > s.session_time_seconds"
LATER = "excluded.last_seen_at >= s.last_seen_at"
REGRANTED = f"excluded.class_cookie IS NOT NULL AND (s.class_cookie IS NULL OR {LATER})"


def _base(octets: str) -> str:
    """The base of a counter that is not zero, in a newer record."""
    counter = f"s.{octets} - s.base_{octets}"
    return (
        f"CASE WHEN excluded.{octets} >= {counter} THEN s.base_{octets}"
        f" WHEN NOT excluded.gigawords AND {counter} >= {GIGAWORD // 2}"
        f" THEN s.base_{octets} + {GIGAWORD}"
        f" ELSE s.{octets} END"
    )


def _counted(octets: str) -> dict[str, str]:
    return {
        f"base_{octets}": f"CASE WHEN excluded.{octets} > 0 AND {NEWER} THEN {_base(octets)}"
        f" ELSE s.base_{octets} END",
        octets: f"CASE WHEN excluded.{octets} = 0 THEN s.{octets}"
        f" WHEN {NEWER} THEN {_base(octets)} + excluded.{octets}"
        f" WHEN s.base_{octets} = 0 THEN greatest(s.{octets}, excluded.{octets})"
        f" ELSE s.{octets} END",
    }


def _latest(column: str) -> str:
    return (
        f"CASE WHEN {LATER} THEN coalesce(excluded.{column}, s.{column})"
        f" ELSE coalesce(s.{column}, excluded.{column}) END"
    )


KEPT_ONCE_KNOWN = (
    "acct_multi_session_id",
    "calling_station_id",
    "called_station_id",
    "nas_port_id",
    "circuit_id",
    "remote_id",
    "closed_by",
)
LATEST = ("framed_ip", "framed_ipv6_prefix", "delegated_ipv6_prefix")
GRANT = (
    "class_cookie",
    "granted_version",
    "granted_access",
    "granted_down_kbps",
    "granted_up_kbps",
)

GROWTH = {
    "service_id": "CASE WHEN s.service_id = 0 THEN excluded.service_id ELSE s.service_id END",
    "login": "CASE WHEN s.login = '' THEN excluded.login ELSE s.login END",
    **{column: f"coalesce(s.{column}, excluded.{column})" for column in KEPT_ONCE_KNOWN},
    **{column: _latest(column) for column in LATEST},
    **{
        column: f"CASE WHEN {REGRANTED} THEN excluded.{column} ELSE s.{column} END"
        for column in GRANT
    },
    **_counted("octets_up"),
    **_counted("octets_down"),
    "gigawords": "excluded.gigawords",
    "interim_interval_seconds": f"CASE WHEN {NEWER}"
    " THEN least(excluded.session_time_seconds - s.session_time_seconds, 86400)::integer"
    " ELSE s.interim_interval_seconds END",
    "session_time_seconds": "greatest(s.session_time_seconds, excluded.session_time_seconds)",
    "started_at": "least(s.started_at, excluded.started_at)",
    "last_seen_at": "greatest(s.last_seen_at, excluded.last_seen_at)",
    "ended_at": "greatest(s.ended_at, excluded.ended_at)",
    "terminate_cause": "coalesce(excluded.terminate_cause, s.terminate_cause)",
    "suspect": "false",
}

AS_RECORDED = (
    "session_key, tenant_id, subscriber_id, service_id, nas_id, acct_session_id,"
    " acct_multi_session_id, login, framed_ip, framed_ipv6_prefix, delegated_ipv6_prefix,"
    " calling_station_id, called_station_id, nas_port_id, circuit_id, remote_id, octets_up,"
    " octets_down, session_time_seconds, started_at, terminate_cause, class_cookie,"
    " granted_version, granted_access, granted_down_kbps, granted_up_kbps"
)

UPSERT_SESSION_LIVE = f"""
INSERT INTO session_live AS s ({AS_RECORDED}, last_seen_at, ended_at, closed_by, gigawords)
SELECT {AS_RECORDED}, event_at,
    CASE WHEN status = {Status.STOP} THEN event_at END,
    CASE WHEN status = {Status.STOP} THEN 'stop' END,
    flags & {NO_GIGAWORDS} = 0
FROM incoming
WHERE round = $1 AND status IN ({Status.START}, {Status.INTERIM}, {Status.STOP})
ORDER BY session_key
ON CONFLICT (session_key, subscriber_id) DO UPDATE SET
{", ".join(f"{column} = {value}" for column, value in GROWTH.items())}
RETURNING s.session_key, s.xmax = 0 AS opened, s.ended_at IS NOT NULL AS ended
"""
