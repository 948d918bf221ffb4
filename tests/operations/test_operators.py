"""Operators: who may sign in, with what password."""

from datetime import UTC, datetime

import pytest

from chassis.secrets import Secret
from isp.errors import Refused
from operations import operators
from operations.operators import PASSWORD_CHARACTERS_MIN, matches

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
PASSWORD = Secret("correct horse battery")


async def add(desk, name="bob", password=PASSWORD):
    async with desk.transaction() as transaction:
        await operators.add(transaction, name=name, password=password, actor="ann", now=NOW)


async def stored(desk) -> str:
    [(password_hash,)] = await desk.rows("SELECT password_hash FROM operator")
    return password_hash


async def test_a_password_is_stored_as_argon2id_and_recognised(desk):
    await add(desk)
    password_hash = await stored(desk)

    assert password_hash.startswith("$argon2id$")
    assert matches(password_hash, PASSWORD)
    assert not matches(password_hash, Secret("another long password"))


@pytest.mark.parametrize("password_hash", [None, "", "not a hash"])
def test_without_a_hash_no_password_is_the_right_one(password_hash):
    assert not matches(password_hash, Secret(""))
    assert not matches(password_hash, PASSWORD)


@pytest.mark.parametrize(
    ("name", "password"),
    [("bob", PASSWORD), ("eve", Secret("x" * (PASSWORD_CHARACTERS_MIN - 1)))],
)
async def test_a_name_that_is_taken_and_a_short_password_are_refused(desk, name, password):
    await add(desk)
    with pytest.raises(Refused):
        await add(desk, name, password)


async def test_a_disabled_operator_is_listed_as_such_until_he_has_a_new_password(desk):
    await add(desk)
    async with desk.transaction() as transaction:
        await operators.disable(transaction, name="bob", actor="ann", now=NOW)
        disabled = await operators.listed(transaction)
        await operators.set_password(
            transaction, name="bob", password=Secret("another password"), actor="ann", now=NOW
        )
        enabled = await operators.listed(transaction)

    assert ((("bob", "admin", NOW),), (("bob", "admin", None),)) == (disabled, enabled)


async def test_changes_are_audited_without_the_password(desk):
    await add(desk)
    rows = await desk.rows("SELECT action, actor, object_name, audit::text FROM audit")
    [row] = [row for row in rows if row[0].startswith("operator.")]

    assert ("operator.add", "ann", "bob") == row[:3]
    assert PASSWORD.reveal() not in row[3]
