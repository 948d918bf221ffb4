"""A secret shows itself only when asked."""

import json
import pickle

import pytest
from pydantic import BaseModel, ValidationError

from chassis.secrets import REDACTED, Secret

CANARY = "canary-5f1d"


class Holder(BaseModel):
    """A model with a secret in it."""

    password: Secret[str]


@pytest.mark.parametrize(
    "shown",
    [
        str(Secret(CANARY)),
        repr(Secret(CANARY)),
        f"{Secret(CANARY)}",
        f"{Secret(CANARY):>40}",
        f"{Secret(CANARY)!r}",
        "%s" % Secret(CANARY),  # noqa: UP031 - the old formatting must not leak either
        repr({"a": [Secret(CANARY)]}),
        repr(Holder(password=Secret(CANARY))),
        Holder(password=Secret(CANARY)).model_dump_json(),
        json.dumps(Holder(password=Secret(CANARY)).model_dump(mode="json")),
        repr(Secret(CANARY.encode())),
    ],
)
def test_no_spelling_of_a_secret_shows_it(shown):
    assert CANARY not in shown
    assert REDACTED in shown


def test_reveal_gives_what_was_wrapped():
    assert CANARY == Secret(CANARY).reveal()
    assert CANARY.encode() == Secret(CANARY.encode()).reveal()


def test_secrets_compare_by_value_and_never_equal_what_is_bare():
    assert Secret(CANARY) == Secret(CANARY)
    assert Secret(CANARY) != Secret("other")
    assert Secret(CANARY) != CANARY
    assert hash(Secret(CANARY)) == hash(Secret(CANARY))


def test_an_empty_secret_is_false():
    assert not Secret("")
    assert Secret(CANARY)


def test_a_model_takes_a_string_or_a_secret_and_refuses_the_rest():
    assert Holder(password=CANARY) == Holder(password=Secret(CANARY))  # type: ignore[arg-type] # from TOML
    with pytest.raises(ValidationError, match="should be a string"):
        Holder(password=5)  # type: ignore[arg-type] # what a wrong file gives


def test_the_schema_says_that_it_is_a_password():
    schema = Holder.model_json_schema()["properties"]["password"]

    assert {"format": "password", "type": "string", "writeOnly": True} == {
        key: schema[key] for key in ("format", "type", "writeOnly")
    }


def test_a_secret_survives_the_way_to_another_process():
    assert Secret(CANARY) == pickle.loads(pickle.dumps(Secret(CANARY)))
