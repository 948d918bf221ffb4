"""Who may do what: one Postgres role per daemon, and its privileges on every table.

`PRIVILEGES` is the whole truth: a table and role that are not in it have nothing to do with each
other. Row-level security (`database/tenancy.py`) then narrows what the tenant roles see of it.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from sqlalchemy import MetaData

__all__ = [
    "ADMIN_NAME",
    "DAEMON_ROLES",
    "HIDDEN_COLUMNS",
    "LOGIN_ROLES",
    "PRIVILEGES",
    "SCHEMA_VERSION_TABLE",
    "TENANT_ROLES",
    "Role",
    "grants",
    "privileges_of",
]


class Role(StrEnum):
    """The Postgres roles; `postgres_name` is how the server calls them."""

    OWNER = "owner"
    RADIUSD = "radiusd"
    COA = "coa"
    COLLECTORS = "collectors"
    SHAPER = "shaper"
    BILLINGD = "billingd"
    WEB = "web"
    COMMAND = "command"
    READER = "reader"

    @property
    def postgres_name(self) -> str:
        """`turnpike_radiusd`."""
        return f"turnpike_{self.value}"


ADMIN_NAME: Final = "turnpike_admin"
"""The superuser of an embedded server."""

LOGIN_ROLES: Final = tuple(role for role in Role if role is not Role.OWNER)
"""The owner cannot log in: an administrator takes its part with SET ROLE."""

DAEMON_ROLES: Final = (Role.RADIUSD, Role.COA, Role.COLLECTORS, Role.SHAPER, Role.BILLINGD)
"""They serve all tenants, and see all rows of the tables they need."""

TENANT_ROLES: Final = (Role.WEB, Role.COMMAND)
"""They act for one tenant, `turnpike.tenant`, and see nothing without it."""

SCHEMA_VERSION_TABLE: Final = "schema_version"

HIDDEN_COLUMNS: Final = {
    "cpe": {"credentials_sealed"},
    "device": {"credentials_sealed"},
    "device_request": {"credentials_sealed"},
    "nas": {"secret_sealed", "secret_previous_sealed"},
    "operator": {"password_hash"},
    "service_identifier": {"password_sealed"},
    "web_session": {"token_hash"},
}
"""Columns that the report role may not read, sealed or hashed as they are."""

_VERBS: Final = {"r": "SELECT", "a": "INSERT", "u": "UPDATE", "d": "DELETE"}

# r reads, a adds, u updates, d deletes. What operations/ does is done by command, web and billingd.
# Nobody updates or deletes what is append-only (database/append_only.py), nobody deletes followed
# rows (they are tombstoned).
PRIVILEGES: Final[dict[str, dict[Role, str]]] = {
    table: {Role(word.split("=")[0]): word.split("=")[1] for word in line.split()}
    for table, line in {
        # who runs this
        "tenant": "radiusd=r coa=r collectors=r shaper=r billingd=r web=r command=ru reader=r",
        "issuer": "billingd=r web=rau command=rau reader=r",
        "operator": "web=rau command=rau reader=r",
        "web_session": "web=raud command=rud reader=r",
        "audit": "billingd=ra web=ra command=ra reader=r",
        # who pays and what he bought
        "plan": "radiusd=r collectors=r billingd=r web=rau command=rau reader=r",
        "plan_version": "radiusd=r collectors=r billingd=r web=rau command=rau reader=r",
        "tax_rate": "billingd=r web=rau command=rau reader=r",
        "subscriber": "radiusd=r coa=r collectors=r billingd=ru web=rau command=rau reader=r",
        "service": "radiusd=r coa=r collectors=r shaper=r billingd=rau "
        "web=rau command=rau reader=r",
        "service_event": "billingd=ra web=ra command=ra reader=r",
        "service_identifier": "radiusd=r coa=r billingd=ru web=rau command=rau reader=r",
        "hold": "radiusd=r billingd=rau web=rau command=rau reader=r",
        "entitlement": "radiusd=rau coa=r shaper=r billingd=rau web=rau command=rau reader=r",
        "entitlement_due": "radiusd=rau billingd=raud web=rau command=rau reader=r",
        # the network
        "nas": "radiusd=ru coa=r collectors=r shaper=r billingd=r web=rau command=rau reader=r",
        "nas_seen": "radiusd=rau coa=r web=r command=r reader=r",
        "nas_drop": "radiusd=rau web=r command=r reader=r",
        "unknown_nas": "radiusd=raud web=r command=rd reader=r",
        "pool": "radiusd=r billingd=r web=rau command=rau reader=r",
        "lease": "radiusd=rau coa=r shaper=r billingd=rau web=rau command=rau reader=r",
        # shaping
        "shaped_router": "coa=r shaper=r web=rau command=rau reader=r",
        "shaping_node": "shaper=r web=rau command=rau reader=r",
        "cpe": "shaper=r web=rau command=rau reader=r",
        "shaper_status": "coa=r shaper=raud web=r command=r reader=r",
        "queue_state": "coa=r shaper=raud web=r command=r reader=r",
        "shaper_run": "shaper=raud web=r command=r reader=r",
        "shaper_request": "shaper=ru web=rau command=rau reader=r",
        "throughput_sample": "shaper=ra web=r command=r reader=r",
        # what happened on the network
        "accounting_record": "radiusd=ra web=r command=r reader=r",
        "rolling_due": "radiusd=raud",
        "nas_restart": "radiusd=raud reader=r",
        "session_live": "radiusd=raud coa=r collectors=r shaper=r billingd=r "
        "web=r command=r reader=r",
        "session": "radiusd=raud coa=r collectors=r shaper=r billingd=r web=r command=r reader=r",
        "usage_hourly": "radiusd=raud collectors=r billingd=r web=r command=r reader=r",
        "service_slot": "radiusd=raud web=r command=r reader=r",
        "auth_attempt": "radiusd=rau web=r command=r reader=r",
        # the access network
        "device": "collectors=r shaper=r billingd=r web=rau command=rau reader=r",
        "device_status": "collectors=rau shaper=r web=r command=r reader=r",
        "device_request": "collectors=ru web=rau command=rau reader=r",
        "collector": "collectors=raud web=r command=r reader=r",
        "device_lease": "collectors=raud web=r command=r reader=r",
        "pon_port": "collectors=rau web=ru command=ru reader=r",
        "device_interface": "collectors=rau web=r command=r reader=r",
        "onu": "collectors=rau billingd=ru web=ru command=ru reader=r",
        "onu_unprovisioned": "collectors=raud web=r command=r reader=r",
        "access_hourly": "collectors=rau billingd=r web=r command=r reader=r",
        "access_daily": "collectors=rau billingd=r web=r command=r reader=r",
        "device_ping": "collectors=rau web=r command=r reader=r",
        "access_sample": "collectors=ra billingd=r web=r command=r reader=r",
        # making it so
        "session_enforcement": "radiusd=rd coa=raud billingd=r web=r command=r reader=r",
        "enforcement_action": "coa=rau collectors=r billingd=r web=r command=r reader=r",
        "disconnect_request": "radiusd=ra coa=rau billingd=ra web=ra command=ra reader=r",
        "enforcement_pause": "coa=rau shaper=r billingd=r web=rau command=rau reader=r",
        # what went wrong with the network
        "alarm": "collectors=rau billingd=r web=rau command=rau reader=r",
        "alarm_state": "collectors=raud web=r command=r reader=r",
        "outage": "collectors=rau billingd=r web=rau command=rau reader=r",
        "outage_subscriber": "collectors=raud billingd=r web=rau command=rau reader=r",
        "maintenance_window": "collectors=r web=rau command=rau reader=r",
        "notice": "collectors=rau billingd=r web=rau command=rau reader=r",
        "sla_target": "collectors=r web=rau command=rau reader=r",
        "sla_breach": "collectors=ra web=r command=r reader=r",
        "uptime_daily": "collectors=rau web=r command=r reader=r",
        # money
        "billing_policy": "billingd=r web=rau command=rau reader=r",
        "billing_progress": "billingd=rau web=rau command=rau reader=r",
        "billing_run": "billingd=rau web=rau command=rau reader=r",
        "number_series": "billingd=rau web=rau command=rau reader=r",
        "invoice": "billingd=rau web=rau command=rau reader=r",
        "invoice_line": "billingd=ra web=ra command=ra reader=r",
        "ledger_transaction": "billingd=ra web=ra command=ra reader=r",
        "ledger_entry": "billingd=ra web=ra command=ra reader=r",
        "payment": "billingd=rau web=rau command=rau reader=r",
        "payment_allocation": "billingd=rau web=rau command=rau reader=r",
        "standing": "billingd=rau web=rau command=rau reader=r",
        "dunning_notice": "billingd=rau web=ra command=ra reader=r",
        "block_batch": "coa=r billingd=rau web=rau command=rau reader=r",
        "block_batch_service": "coa=r billingd=raud web=r command=ra reader=r",
        # running
        "daemon_status": "radiusd=raud coa=raud collectors=raud shaper=raud billingd=raud "
        "web=rau command=r reader=r",
        "job": "coa=ra collectors=ra billingd=rau web=rau command=rau reader=r",
    }.items()
}


def privileges_of(role: Role) -> dict[str, frozenset[str]]:
    """The verbs (`SELECT`…) that `role` has, by table."""
    return {
        table: frozenset(_VERBS[letter] for letter in by_role[role])
        for table, by_role in PRIVILEGES.items()
        if role in by_role
    }


def grants(metadata: MetaData) -> Iterator[str]:
    """The statements that give every role what `PRIVILEGES` says."""
    roles = ", ".join(role.postgres_name for role in LOGIN_ROLES)
    yield "REVOKE ALL ON SCHEMA public FROM PUBLIC"
    yield f"GRANT USAGE ON SCHEMA public TO {roles}"
    yield f"GRANT SELECT ON {SCHEMA_VERSION_TABLE} TO {roles}"
    for name, by_role in PRIVILEGES.items():
        columns = [column.name for column in metadata.tables[name].columns]
        for role, letters in by_role.items():
            hidden = HIDDEN_COLUMNS.get(name, set()) if role is Role.READER else set()
            seen = ", ".join(column for column in columns if column not in hidden)
            verbs = ", ".join(
                f"SELECT ({seen})" if letter == "r" and hidden else _VERBS[letter]
                for letter in letters
            )
            yield f"GRANT {verbs} ON {name} TO {role.postgres_name}"
