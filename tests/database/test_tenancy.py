"""No role of a tenant sees, changes, takes or names anything of another tenant, on any table."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Table, delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.clock import SystemClock
from database.connect import Database, Role
from database.report import view_names
from database.roles import DAEMON_ROLES, PRIVILEGES, TENANT_ROLES, privileges_of
from database.tables import metadata
from database.tables.tenancy import tenant
from database.tenancy import TENANT_NAMES_SEEN_BY_ALL, WITHOUT_TENANT, references
from tests.support.every_table import fill_every_table, row

Open = Callable[[Role], Database]
NOW = SystemClock().now()
OWN, OTHER = 1, 2
TENANT_TABLES = [
    table
    for table in metadata.sorted_tables
    if table.name not in WITHOUT_TENANT and table.name != TENANT_NAMES_SEEN_BY_ALL
]


@pytest.fixture
async def rows(database: Open) -> dict[int, dict[str, dict[str, Any]]]:
    """A row of two tenants in every table."""
    async with database(Role.OWNER).transaction() as owner:
        await owner.execute(insert(tenant).values(tenant_id=OTHER, name="other"))
        return {
            OWN: await fill_every_table(owner, OWN, NOW),
            OTHER: await fill_every_table(owner, OTHER, NOW),
        }


async def tenants_seen(connection: AsyncConnection, table: Table) -> set[int]:
    return set((await connection.execute(select(table.c.tenant_id))).scalars())


async def refused(connection: AsyncConnection, statement: Any) -> bool:
    """Whether the server refuses the statement because of the policies."""
    try:
        async with connection.begin_nested():
            await connection.execute(statement)
    except DBAPIError as error:
        return "row-level security" in str(error)
    return False


@pytest.mark.parametrize("role", [*TENANT_ROLES, Role.READER])
async def test_a_tenant_sees_its_own_rows_of_every_table(database: Open, rows, role: Role):
    readable = {name for name, verbs in privileges_of(role).items() if "SELECT" in verbs}
    async with database(role).transaction(OWN) as connection:
        seen = {
            table.name: await tenants_seen(connection, table)
            for table in TENANT_TABLES
            if table.name in readable
        }

    assert {name: {OWN} for name in seen} == seen
    assert seen


@pytest.mark.parametrize("role", TENANT_ROLES)
async def test_without_a_tenant_nothing_is_seen(database: Open, rows, role: Role):
    readable = {name for name, verbs in privileges_of(role).items() if "SELECT" in verbs}
    async with database(role).transaction() as connection:
        seen = {
            table.name: await tenants_seen(connection, table)
            for table in TENANT_TABLES
            if table.name in readable
        }

    assert {name: set() for name in seen} == seen


async def test_the_report_role_without_a_tenant_sees_all(database: Open, rows):
    readable = {name for name, verbs in privileges_of(Role.READER).items() if "SELECT" in verbs}
    async with database(Role.READER).transaction() as connection:
        seen = {
            table.name: await tenants_seen(connection, table)
            for table in TENANT_TABLES
            if table.name in readable
        }

    assert {name: {OWN, OTHER} for name in seen} == seen


@pytest.mark.parametrize("role", DAEMON_ROLES)
async def test_a_daemon_sees_all_tenants_of_its_tables(database: Open, rows, role: Role):
    readable = {name for name, verbs in privileges_of(role).items() if "SELECT" in verbs}
    async with database(role).transaction() as connection:
        seen = {
            table.name: await tenants_seen(connection, table)
            for table in TENANT_TABLES
            if table.name in readable
        }

    assert {name: {OWN, OTHER} for name in seen} == seen


@pytest.mark.parametrize("role", TENANT_ROLES)
async def test_an_update_or_delete_of_everything_touches_no_other_tenant(
    database: Open, rows, role: Role
):
    verbs = privileges_of(role)
    reached = {}
    async with database(role).transaction(OWN) as connection:
        for table in TENANT_TABLES:
            granted = verbs.get(table.name, frozenset())
            # A trigger may refuse its own tenant's row; the other's would be refused alike.
            theirs = table.c.tenant_id == OTHER
            if "UPDATE" in granted:
                statement = update(table).where(theirs).values(tenant_id=OWN)
                reached[table.name, "UPDATE"] = (await connection.execute(statement)).rowcount
            if "DELETE" in granted:
                reached[table.name, "DELETE"] = (
                    await connection.execute(delete(table).where(theirs))
                ).rowcount

    assert dict.fromkeys(reached, 0) == reached
    assert reached


@pytest.mark.parametrize("role", TENANT_ROLES)
async def test_a_row_cannot_be_inserted_for_another_tenant(database: Open, rows, role: Role):
    verbs = privileges_of(role)
    accepted = []
    async with database(role).transaction(OWN) as connection:
        for table in TENANT_TABLES:
            statement = insert(table).values(row(table, rows[OTHER], NOW))
            if "INSERT" in verbs.get(table.name, ()) and not await refused(connection, statement):
                accepted.append(table.name)

    assert [] == accepted


@pytest.mark.parametrize("role", TENANT_ROLES)
async def test_a_row_cannot_be_given_to_another_tenant(database: Open, rows, role: Role):
    verbs = privileges_of(role)
    given = []
    async with database(role).transaction(OWN) as connection:
        for table in TENANT_TABLES:
            statement = update(table).values(tenant_id=OTHER)
            if "UPDATE" in verbs.get(table.name, ()):
                try:
                    async with connection.begin_nested():
                        await connection.execute(statement)
                except DBAPIError:
                    continue
                given.append(table.name)

    assert [] == given


@pytest.mark.parametrize("role", TENANT_ROLES)
async def test_a_row_cannot_name_a_row_of_another_tenant(database: Open, rows, role: Role):
    verbs = privileges_of(role)
    accepted = []
    async with database(role).transaction(OWN) as connection:
        for table in TENANT_TABLES:
            for column, parent in references(table, metadata):
                theirs = rows[OTHER][parent.name][f"{parent.name}_id"]
                values = row(table, rows[OWN], NOW) | {column.name: theirs}
                statement = insert(table).values(values)
                granted = "INSERT" in verbs.get(table.name, ())
                if granted and not await refused(connection, statement):
                    accepted.append(str(column))

    assert [] == accepted


@pytest.mark.parametrize("role", [*TENANT_ROLES, Role.READER])
async def test_report_views_show_one_tenant(database: Open, rows, role: Role):
    seen = {}
    async with database(role).transaction(OWN) as connection:
        for name in view_names():
            found = await connection.execute(text(f"SELECT tenant FROM report.{name}"))
            seen[name] = set(found.scalars())

    assert {name: {"default"} for name in view_names()} == seen


async def test_only_the_exceptions_named_have_no_tenant():
    without = {table.name for table in metadata.sorted_tables if "tenant_id" not in table.c}

    assert WITHOUT_TENANT == without


async def test_every_table_of_the_catalogue_forces_row_level_security(database: Open):
    async with database(Role.OWNER).transaction() as owner:
        unforced = set(
            (
                await owner.execute(
                    text(
                        "SELECT relname FROM pg_class "
                        "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') "
                        "AND NOT (relrowsecurity AND relforcerowsecurity)"
                    )
                )
            ).scalars()
        )

    assert WITHOUT_TENANT | {"schema_version"} == unforced


async def test_a_role_has_the_privileges_declared_and_no_others(database: Open):
    query = text(
        "SELECT DISTINCT grantee, table_name, privilege_type "
        "FROM information_schema.column_privileges "
        "WHERE table_schema = 'public' AND grantee LIKE 'turnpike%' "
        "AND grantee <> 'turnpike_owner' AND table_name <> 'schema_version' "
        "UNION SELECT grantee, table_name, privilege_type "
        "FROM information_schema.table_privileges "
        "WHERE table_schema = 'public' AND grantee LIKE 'turnpike%' "
        "AND grantee <> 'turnpike_owner' AND table_name <> 'schema_version'"
    )
    async with database(Role.OWNER).transaction() as owner:
        granted = {tuple(found) for found in await owner.execute(query)}
    declared = {
        (role.postgres_name, table, verb)
        for role in Role
        for table, verbs in privileges_of(role).items()
        for verb in verbs
    }

    assert declared == granted


def test_every_table_has_its_line_of_privileges():
    assert set(metadata.tables) == set(PRIVILEGES)


async def test_no_role_that_logs_in_owns_or_bypasses_anything(database: Open):
    query = text(
        "SELECT rolname FROM pg_roles WHERE rolname LIKE 'turnpike%' AND rolcanlogin "
        "AND rolname <> 'turnpike_admin' AND (rolsuper OR rolbypassrls OR rolcreaterole "
        "OR rolcreatedb OR rolreplication OR EXISTS "
        "(SELECT FROM pg_class WHERE relowner = pg_roles.oid))"
    )
    async with database(Role.OWNER).transaction() as owner:
        powerful = (await owner.execute(query)).scalars().all()

    assert [] == powerful


async def test_the_owner_cannot_log_in_and_bypasses_policies(database: Open):
    query = text("SELECT rolcanlogin, rolbypassrls FROM pg_roles WHERE rolname = 'turnpike_owner'")
    async with database(Role.OWNER).transaction() as owner:
        found = (await owner.execute(query)).one()

    assert (False, True) == tuple(found)


@pytest.mark.parametrize(
    "column", ["nas.secret_sealed", "service_identifier.password_sealed", "operator.password_hash"]
)
async def test_the_report_role_reads_no_secret(database: Open, column: str):
    table, name = column.split(".")
    async with database(Role.READER).transaction() as connection:
        with pytest.raises(DBAPIError, match="permission denied"):
            await connection.execute(text(f"SELECT {name} FROM {table}"))


async def test_big_tables_carry_the_subscriber_in_their_keys():
    """So that they can be distributed by it; what is exempt is small or numbered per node."""
    big = {
        "access_sample", "accounting_record", "auth_attempt", "session", "session_enforcement",
        "session_live", "usage_hourly",
    }  # fmt: skip
    keyed = {name for name in big if "subscriber_id" in metadata.tables[name].primary_key.columns}

    assert big == keyed


async def test_counting_another_tenants_rows_through_a_function_is_not_possible(
    database: Open, rows
):
    async with database(Role.WEB).transaction(OWN) as connection:
        for function in ("ensure_partitions", "drop_expired"):
            with pytest.raises(DBAPIError, match="permission denied"):
                async with connection.begin_nested():
                    await connection.execute(select(getattr(func, function)(NOW.date())))
