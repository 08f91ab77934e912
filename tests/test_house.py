"""The rules of the house: who imports whom, and figures that keep it pleasant."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BOT = sorted((ROOT / "bot").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
EVERYTHING = [*BOT, *TESTS, *sorted((ROOT / "migrations").rglob("*.py"))]

LONGEST_FILE = 300
LONGEST_FUNCTION = 50
DEEPEST = 4

BOUNDARIES = {"bot/turn/turn.py", "bot/discord/commands/responses.py", "bot/doctor.py"}
"""Where any exception may be caught: the boundaries of a turn and of an interaction, and the doctor."""

WORDS_FOR_NOTHING = {"manager", "handler", "service", "helper", "util", "utils", "common", "misc", "info", "core"}

Function = ast.FunctionDef | ast.AsyncFunctionDef
BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(tree: ast.Module) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def imported(tree: ast.Module) -> Iterator[str]:
    """The full names of the modules that are imported, wherever in the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def depth(node: ast.AST) -> int:
    """How deep blocks are nested in a node; `elif` is no deeper than its `if`, a function inside starts anew."""
    deepest = 0
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function):
            continue
        chained = isinstance(node, ast.If) and isinstance(child, ast.If) and node.orelse == [child]
        deepest = max(deepest, depth(child) + (isinstance(child, BLOCKS) and not chained))
    return deepest


def test_imports_go_downward_and_every_outside_thing_has_its_room() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("room", "outside"),
    [
        ("bot/chat", {"bot.chat"}),
        ("bot/reply", {"bot.reply", "bot.chat", "bot.markdown", "bot.text"}),
        ("bot/text.py", set()),
        ("bot/markdown", {"bot.markdown", "regex", "wcwidth", "pylatexenc"}),
        ("bot/simulator", {"bot.simulator", "aiohttp"}),
    ],
)
def test_these_rooms_import_nothing_but_the_standard_library_and(room: str, outside: set[str]) -> None:
    for path in (ROOT / room).rglob("*.py"):
        for module in imported(tree_of(path)):
            known = module.partition(".")[0] in sys.stdlib_module_names
            assert known or any(f"{module}.".startswith(f"{name}.") for name in outside), f"{name_of(path)}: {module}"


@pytest.mark.parametrize("path", BOT, ids=name_of)
def test_a_file_is_short_and_opens_with_what_it_is(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE
    assert ast.get_docstring(tree_of(path)), "no docstring"


@pytest.mark.parametrize("path", BOT, ids=name_of)
def test_functions_are_short_and_shallow(path: Path) -> None:
    for function in functions(tree_of(path)):
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        assert length <= LONGEST_FUNCTION, f"{function.name} has {length} lines"
        assert depth(function) <= DEEPEST, f"{function.name} is {depth(function)} deep"


@pytest.mark.parametrize("path", EVERYTHING, ids=name_of)
def test_nothing_is_global_and_no_exception_is_swallowed_unnamed(path: Path) -> None:
    for node in ast.walk(tree_of(path)):
        assert not isinstance(node, ast.Global), f"line {node.lineno}: global"
        if isinstance(node, ast.ExceptHandler):
            caught = {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)} if node.type else {"all"}
            wide = caught & {"all", "Exception", "BaseException"}
            assert not wide or (wide == {"Exception"} and name_of(path) in BOUNDARIES), f"line {node.lineno}: {wide}"


@pytest.mark.parametrize("path", TESTS, ids=name_of)
def test_tests_use_the_real_thing(path: Path) -> None:
    assert not [module for module in imported(tree_of(path)) if "mock" in module]


@pytest.mark.parametrize("path", BOT, ids=name_of)
def test_names_say_something(path: Path) -> None:
    names = [path.stem, *(node.name for node in ast.walk(tree_of(path)) if isinstance(node, ast.ClassDef))]
    words = {word.lower() for name in names for word in re.findall(r"[A-Z]?[a-z]+", name)}
    assert not words & WORDS_FOR_NOTHING
