"""Why a service is as it is, in sentences for the command line. Pure."""

from collections.abc import Iterator
from datetime import datetime

from isp.access import Entitlement
from operations.accounts import Account
from operations.quantities import octets_text, rate_text
from operations.why import Why

__all__ = ["why_lines"]


def why_lines(answer: Why, now: datetime) -> Iterator[str]:
    """Lines to print: what it is entitled to, why, and what happened last."""
    found = answer.service
    state = found.state_at(now)
    yield f"{found.login}: {state}, plan {found.plan} (version {found.plan_version})"
    yield f"subscriber {found.subscriber}, {_account(answer.account)}"
    if answer.entitlement is None:
        yield "nothing is decided about it yet"
    else:
        yield from _entitlement(answer.entitlement)
    yield from _list("identified by", answer.identifiers)
    yield from _list("addresses", answer.addresses)
    yield from _list("holds", [*_holds(answer, now)])
    yield from _list("line", [*_line(answer)])
    yield from _list("sessions", [*_sessions(answer)])
    yield from _list("queues", [*_queues(answer)])
    yield from _list("last decisions", [*_attempts(answer)])
    yield from _list("enforcement", [*_actions(answer)])


def _account(account: Account) -> str:
    if account.balance > 0:
        told = f"owes {account.balance} {account.currency}"
    elif account.balance < 0:
        told = f"has a credit of {-account.balance} {account.currency}"
    else:
        told = "owes nothing"
    if account.next_block_on is not None:
        told += f", is blocked from {account.next_block_on} if he does not pay"
    return told


def _entitlement(decided: Entitlement) -> Iterator[str]:
    rates = f"{rate_text(decided.rates.down_kbps)} down, {rate_text(decided.rates.up_kbps)} up"
    until = f", valid until {decided.valid_until:%Y-%m-%d %H:%M}Z" if decided.valid_until else ""
    sessions = f"{decided.sessions_max} session{'s' if decided.sessions_max > 1 else ''}"
    yield f"access {decided.access}, {rates}, {sessions}, version {decided.version}{until}"
    for reason in decided.reasons:
        yield f"  because {reason.text} [{reason.code}]"


def _holds(answer: Why, now: datetime) -> Iterator[str]:
    for held in answer.service.open_holds.values():
        begins = "from" if held.placed_at > now else "since"
        until = f" until {held.until:%Y-%m-%d}" if held.until else ""
        yield (
            f"{held.kind} by {held.author} {begins} {held.placed_at:%Y-%m-%d %H:%M}Z{until}: "
            f"{held.reason}"
        )


def _line(answer: Why) -> Iterator[str]:
    for outage in answer.outages:
        title = f" ({outage.title})" if outage.title else ""
        estimate = f", over by {outage.estimate:%Y-%m-%d %H:%M}Z" if outage.estimate else ""
        yield (
            f"outage {outage.outage} of {outage.where}{title} by {outage.cause} "
            f"since {outage.started_at:%Y-%m-%d %H:%M}Z{estimate}"
        )
    if (onu := answer.onu) is not None:
        powers = {"receives": onu.rx_dbm, "OLT receives": onu.olt_rx_dbm}
        told = [f"{name} {dbm:.2f} dBm" for name, dbm in powers.items() if dbm is not None]
        if onu.distance_m is not None:
            told.append(f"{onu.distance_m} m away")
        if onu.last_down_cause is not None:
            told.append(f"last down by {onu.last_down_cause}")
        since = f"{onu.state} since {onu.state_changed_at:%Y-%m-%d %H:%M}Z"
        yield f"ONU {onu.serial} on {onu.device} {onu.port}: {', '.join([since, *told])}"
    elif answer.service.onu_serial is not None:
        yield f"ONU {answer.service.onu_serial}, which no OLT has seen"


def _sessions(answer: Why) -> Iterator[str]:
    for live in answer.sessions:
        granted = (
            "not granted here"
            if live.granted_access is None
            else (
                f"granted {live.granted_access} {rate_text(live.granted_down_kbps)}"
                f"/{rate_text(live.granted_up_kbps)}"
            )
        )
        yield (
            f"{live.acct_session_id} on {live.nas} since {live.started_at:%Y-%m-%d %H:%M}Z, "
            f"{live.framed_ip or 'no IPv4'}, {octets_text(live.octets_down)} down, "
            f"{octets_text(live.octets_up)} up, {granted}, "
            f"enforcement {live.enforcement or 'by its login'}"
        )


def _queues(answer: Why) -> Iterator[str]:
    for seen in answer.queues:
        told = f"{seen.wanted}, as it should be"
        if seen.drift is not None:
            told = f"should be {seen.wanted or 'none'}, is {seen.actual or 'none'} ({seen.drift})"
        yield f"{seen.router}: {told}"


def _attempts(answer: Why) -> Iterator[str]:
    for attempt in answer.attempts:
        times = f" ({attempt.count} times)" if attempt.count > 1 else ""
        line = f" from {attempt.calling_station_id}" if attempt.calling_station_id else ""
        yield (
            f"{attempt.last_at:%Y-%m-%d %H:%M:%S}Z {attempt.outcome}: {attempt.reason}{times}, "
            f"{attempt.nas}{line}"
        )


def _actions(answer: Why) -> Iterator[str]:
    for action in answer.actions:
        tries = "try" if action.tries == 1 else "tries"
        proof = "unproven"
        if action.proven_at is not None:
            proof = f"proven {action.proven_at:%H:%M:%S}Z by {action.proof}"
        yield (
            f"{action.at:%Y-%m-%d %H:%M:%S}Z {action.kind} for {action.cause} on {action.nas}: "
            f"{action.outcome} after {action.tries} {tries}, {proof}"
        )


def _list(title: str, lines: tuple[str, ...] | list[str]) -> Iterator[str]:
    if lines:
        yield f"{title}:"
        yield from (f"  {line}" for line in lines)
