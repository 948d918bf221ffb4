"""The house rules that a linter does not know: where things may stand, how large they may be."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from tests.support.log_events import LOG_METHODS, LOGGERS

HOUSE: Final = Path(__file__).resolve().parent.parent
ROOMS: Final = tuple(
    sorted(
        path.parent.name
        for path in HOUSE.glob("*/__init__.py")
        if path.parent.name not in ("tests", "bench")
    )
)
DAEMONS: Final = ("radiusd", "coa", "collectors", "shaper", "billingd", "webui")
WORKSHOPS: Final = ("tests", "bench")
"""Where the sizes hold, and the rules about what may stand where do not."""

FUNCTION_LINES_MAX: Final = 70
MODULE_LINES_MAX: Final = 400
DRAWERS: Final = ("__main__.py", "config.py", "daemon.py", "store", "metrics.py")
SQL_PACKAGES: Final = frozenset({"sqlalchemy", "psycopg", "psycopg_pool"})
CLOCK_FILE: Final = "chassis/clock.py"
CLOCKS: Final = {
    "time": frozenset(
        {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns"}
        | {"process_time", "process_time_ns", "clock_gettime", "clock_gettime_ns"}
        | {"localtime", "gmtime"}
    ),
    "datetime": frozenset({"now", "utcnow", "today"}),
    "date": frozenset({"today"}),
    "uuid": frozenset({"uuid1", "uuid6", "uuid7"}),
}
MACHINE_PATH: Final = re.compile(r"(?<![\w.-])/(?:work|root|home/\w+|Users/\w+)/\w")
TEXT_SUFFIXES: Final = frozenset(
    {".py", ".toml", ".md", ".yml", ".yaml", ".service", ".socket", ".target", ".sh", ".txt"}
    | {".sql", ".html", ".css", ".js", ".mako"}
)
EVENT_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
EVERYTHING: Final = frozenset({"Exception", "BaseException"})
LAST_RESORT: Final = re.compile(r"last[ _]resort", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Module:
    """One Python file: its path in the house, its text, its tree."""

    path: str
    text: str
    tree: ast.Module

    @property
    def room(self) -> str:
        return self.path.partition("/")[0]

    def at(self, node: ast.AST | int, problem: str) -> str:
        line = node if isinstance(node, int) else getattr(node, "lineno", 1)
        return f"{self.path}:{line}: {problem}"


Rule = Callable[[Module], Iterator[str]]


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the rooms and the workshops."""
    found = []
    for room in (*ROOMS, *WORKSHOPS):
        for path in sorted((HOUSE / room).rglob("*.py")):
            text = path.read_text("utf-8")
            name = path.relative_to(HOUSE).as_posix()
            found.append(Module(path=name, text=text, tree=ast.parse(text, name)))
    return tuple(found)


def in_rooms() -> Iterator[Module]:
    """The modules that the product consists of."""
    return (module for module in modules() if module.room not in WORKSHOPS)


def offences(rule: Rule, where: Iterable[Module]) -> list[str]:
    """All that breaks a rule."""
    return [offence for module in where for offence in rule(module)]


def imported(module: Module) -> Iterator[tuple[ast.AST, str]]:
    """Each imported module's full name."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node, node.module


def functions(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def sql_out_of_place(module: Module) -> Iterator[str]:
    """SQL stands in `database/`, `operations/` and the rooms' `store`."""
    parts = Path(module.path).parts
    if module.room in ("database", "operations") or parts[1] in ("store.py", "store"):
        return
    for node, name in imported(module):
        if name.partition(".")[0] in SQL_PACKAGES:
            yield module.at(node, f"imports {name}; SQL stands in database/, operations/, store")


def clocks_asked(module: Module) -> Iterator[str]:
    """One file asks the clock."""
    if module.path == CLOCK_FILE:
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute):
            owner = node.value
            name = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
            if node.attr in CLOCKS.get(name, ()):
                yield module.at(node, f"{name}.{node.attr} asks the clock; take `now`")
        elif isinstance(node, ast.ImportFrom) and node.module in ("time", "uuid"):
            for alias in node.names:
                if alias.name in CLOCKS[node.module]:
                    yield module.at(node, f"{node.module}.{alias.name} asks the clock; take `now`")


def sleeps(module: Module) -> Iterator[str]:
    """Nothing blocks a thread to wait."""
    for node in ast.walk(module.tree):
        blocking = isinstance(node, ast.Attribute) and node.attr == "sleep"
        if blocking and isinstance(node.value, ast.Name) and node.value.id == "time":
            yield module.at(node, "time.sleep; wait for an event, or asyncio.sleep")
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from (
                module.at(node, "time.sleep; wait for an event, or asyncio.sleep")
                for alias in node.names
                if alias.name == "sleep"
            )


def events_without_static_names(module: Module) -> Iterator[str]:
    """A log event has a static name in snake_case; what varies is in its fields."""
    for node in ast.walk(module.tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        owner = ast.unparse(node.func.value)
        if node.func.attr not in LOG_METHODS or owner.rpartition(".")[2] not in LOGGERS:
            continue
        name = node.args[0] if node.args else None
        if not (isinstance(name, ast.Constant) and EVENT_NAME.fullmatch(str(name.value))):
            yield module.at(node, f"{owner}.{node.func.attr} without a static snake_case name")


def long_functions(module: Module) -> Iterator[str]:
    """A function is seen at once."""
    for node in functions(module):
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if lines > FUNCTION_LINES_MAX:
            yield module.at(node, f"{node.name} has {lines} lines, over {FUNCTION_LINES_MAX}")


def long_modules(module: Module) -> Iterator[str]:
    """A module is one thing."""
    lines = module.text.count("\n")
    if lines > MODULE_LINES_MAX:
        yield module.at(1, f"{lines} lines, over {MODULE_LINES_MAX}")


def undocumented_modules(module: Module) -> Iterator[str]:
    """A module says what it is; an empty one says nothing."""
    if module.text.strip() and ast.get_docstring(module.tree) is None:
        yield module.at(1, "no docstring")


def broad_handlers(module: Module) -> Iterator[str]:
    """Only a named last resort catches everything; a clean-up that re-raises catches nothing."""
    for node, enclosing in _handlers(module.tree, None):
        names = {part.id for part in ast.walk(node.type or node) if isinstance(part, ast.Name)}
        if node.type is None:
            yield module.at(node, "bare except")
        elif names & EVERYTHING and not _reraises(node) and not _is_last_resort(enclosing):
            yield module.at(node, "except Exception outside of a named last resort")


def _handlers(
    node: ast.AST, enclosing: ast.FunctionDef | ast.AsyncFunctionDef | None
) -> Iterator[tuple[ast.ExceptHandler, ast.FunctionDef | ast.AsyncFunctionDef | None]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ExceptHandler):
            yield child, enclosing
        inner = child if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else enclosing
        yield from _handlers(child, inner)


def _reraises(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def _is_last_resort(function: ast.FunctionDef | ast.AsyncFunctionDef | None) -> bool:
    return function is not None and bool(
        LAST_RESORT.search(function.name + " " + (ast.get_docstring(function) or ""))
    )


@pytest.mark.parametrize(
    "rule",
    [sql_out_of_place, clocks_asked, sleeps, broad_handlers, events_without_static_names],
    ids=lambda rule: rule.__name__,
)
def test_everything_stands_where_it_may(rule):
    assert [] == offences(rule, in_rooms())


@pytest.mark.parametrize(
    "rule", [long_functions, long_modules, undocumented_modules], ids=lambda rule: rule.__name__
)
def test_every_module_and_function_is_small_enough_to_see(rule):
    assert [] == offences(rule, modules())


def test_every_daemon_has_the_same_drawers():
    missing = [
        f"{room}/{drawer}: no such drawer"
        for room in DAEMONS
        if (HOUSE / room / "daemon.py").exists()
        for drawer in DRAWERS
        if not any((HOUSE / room / name).exists() for name in (drawer, f"{drawer}.py"))
    ]

    assert [] == missing


def test_no_file_names_a_path_of_somebodys_machine():
    offending = [
        f"{path.relative_to(HOUSE)}:{number}: {line.strip()}"
        for path in _texts()
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1)
        if MACHINE_PATH.search(line)
    ]

    assert [] == offending


def _texts() -> Iterator[Path]:
    folders = (*ROOMS, *WORKSHOPS, "conf", "docs", "systemd", ".ci")
    for folder in folders:
        yield from (
            path
            for path in (HOUSE / folder).rglob("*")
            if path.is_file() and (path.suffix in TEXT_SUFFIXES or folder == ".ci")
        )
    yield from (HOUSE / name for name in ("Makefile", "Dockerfile") if (HOUSE / name).exists())
    yield from (path for path in HOUSE.glob("*.*") if path.suffix in TEXT_SUFFIXES)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (sql_out_of_place, "from sqlalchemy import select"),
        (clocks_asked, "import datetime\ndatetime.datetime.now()"),
        (clocks_asked, "from time import monotonic"),
        (clocks_asked, "import uuid\nuuid.uuid1()"),
        (sleeps, "import time\ntime.sleep(1)"),
        (broad_handlers, "try:\n    pass\nexcept:\n    pass"),
        (broad_handlers, "def f():\n    try:\n        pass\n    except Exception:\n        pass"),
        (events_without_static_names, "log.info(f'{nas} is away')"),
        (events_without_static_names, "self._log.error('NAS away')"),
        (long_functions, "def f():\n" + "    pass\n" * FUNCTION_LINES_MAX),
        (long_modules, "\n" * (MODULE_LINES_MAX + 1)),
        (undocumented_modules, "x = 1"),
    ],
)
def test_a_rule_sees_what_breaks_it(rule, text):
    module = Module(path="coa/somewhere.py", text=text, tree=ast.parse(text))

    assert 1 == len(offences(rule, [module]))
