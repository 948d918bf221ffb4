"""Where keys stand in a TOML file, and values written as TOML."""

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.toml_lines import key_lines, line_of, toml_value

TEXT = '''\
# a comment with [brackets] and key = value
top = 1
[radiusd]  # a table
auth_port = 1812
listen = [
    "127.0.0.1",  # not = a key
    "a]b[c",
]
text = """
inside = 3
[not.a.table]
"""
[radiusd.limits]
"quoted key" = { a = 1, b = [1, 2] }
dotted.key = 'x = [y'

[[lab.nas]]
name = "one"
[[lab.nas]]
name = "two"
[lab.nas.deep]
port = 1
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (("radiusd",), 3),
        (("radiusd", "auth_port"), 4),
        (("radiusd", "listen"), 5),
        (("radiusd", "text"), 9),
        (("radiusd", "limits"), 13),
        (("radiusd", "limits", "quoted key"), 14),
        (("radiusd", "limits", "dotted", "key"), 15),
        (("lab", "nas", 0, "name"), 18),
        (("lab", "nas", 1, "name"), 20),
        (("lab", "nas", 1, "deep", "port"), 22),
        (("radiusd", "listen", 1), 5),
        (("inside",), None),
        (("not",), None),
    ],
)
def test_each_key_is_found_on_its_line(path, line):
    assert line == line_of(path, key_lines(TEXT))


scalars = st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=20)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(value=values)
def test_a_written_value_reads_back(value):
    assert {"key": value} == tomllib.loads(f"key = {toml_value(value)}")


@settings(max_examples=60, deadline=None)
@given(
    tables=st.dictionaries(
        st.from_regex(r"[a-z]{1,6}", fullmatch=True),
        st.dictionaries(st.from_regex(r"[a-z_]{1,6}", fullmatch=True), values, max_size=4),
        max_size=4,
    )
)
def test_every_key_of_any_file_has_its_own_line(tables):
    written = []
    expected = {}
    for table, keys in tables.items():
        written.append(f"[{table}]")
        for key, value in keys.items():
            written.append(f"{key} = {toml_value(value)}")
            expected[(table, key)] = len(written)

    found = key_lines("\n".join(written))

    assert expected == {path: found[path] for path in expected}
