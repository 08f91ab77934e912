"""Rules for the whole code: which modules may import which, and limits that keep it readable."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BOT = sorted((ROOT / "bot").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
EVERYTHING = [*BOT, *TESTS, *sorted((ROOT / "migrations").rglob("*.py"))]

LONGEST_FILE = 300
LONGEST_FUNCTION = 50
DEEPEST = 4
MOST_PARAMETERS = 6

MANY_PARAMETERS = {("bot/discord/commands/settings.py", "set")}
"""Functions that may have more, by file and name: slash commands, where discord.py makes each option a parameter."""

FEW_IMPORTS: dict[str, set[str]] = {
    "bot/chat": {"bot.chat", "bot.text"},
    "bot/reply": {"bot.reply", "bot.chat", "bot.markdown", "bot.text"},
    "bot/text.py": set(),
    "bot/markdown": {"bot.markdown", "regex", "wcwidth", "pylatexenc"},
    "bot/simulator": {"bot.simulator", "aiohttp"},
}
"""What may be imported in addition to the standard library."""

BOUNDARIES = {"bot/turn/turn.py", "bot/discord/commands/responses.py", "bot/doctor.py"}
"""Where any exception may be caught: the boundaries of a turn and of an interaction, and the doctor."""

WORDS_FOR_NOTHING = {"manager", "handler", "service", "helper", "util", "utils", "common", "misc", "info", "core"}

Function = ast.FunctionDef | ast.AsyncFunctionDef
BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def none(offenders: list[str]) -> None:
    """Fail with all of them, one on a line."""
    if offenders:
        pytest.fail("\n" + "\n".join(offenders), pytrace=False)


def place(path: Path, node: ast.stmt | ast.ExceptHandler) -> str:
    return f"{name_of(path)}:{node.lineno}"


def functions(tree: ast.Module) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def imported(tree: ast.Module) -> Iterator[str]:
    """The full names of all imported modules, wherever in the file they are imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def depth(node: ast.AST) -> int:
    """How deep blocks are nested in a node; `elif` counts as deep as its `if`, a nested function on its own."""
    deepest = 0
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function):
            continue
        chained = isinstance(node, ast.If) and isinstance(child, ast.If) and node.orelse == [child]
        deepest = max(deepest, depth(child) + (isinstance(child, BLOCKS) and not chained))
    return deepest


def parameters(function: Function) -> int:
    """How many parameters a function has, without `self` and `cls`."""
    given = function.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    return sum(each is not None and each.arg not in ("self", "cls") for each in every)


def test_imports_go_downward_and_libraries_are_used_only_where_allowed() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_some_packages_import_only_the_standard_library_and_a_few_others() -> None:
    offenders = []
    for package, outside in FEW_IMPORTS.items():
        paths = [path for path in BOT if f"{name_of(path)}/".startswith(f"{package}/")]
        assert paths, f"there is no {package}"
        for path in paths:
            for module in imported(tree_of(path)):
                known = module.partition(".")[0] in sys.stdlib_module_names
                if not known and not any(f"{module}.".startswith(f"{name}.") for name in outside):
                    offenders.append(f"{name_of(path)}: imports {module}")
    none(offenders)


def test_files_are_short_and_start_with_a_docstring() -> None:
    offenders = []
    for path in BOT:
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > LONGEST_FILE:
            offenders.append(f"{name_of(path)}: {lines} lines")
        if not ast.get_docstring(tree_of(path)):
            offenders.append(f"{name_of(path)}: no docstring")
    none(offenders)


def test_functions_are_short_and_shallow() -> None:
    offenders = []
    for path in BOT:
        for function in functions(tree_of(path)):
            length = (function.end_lineno or function.lineno) - function.lineno + 1
            if length > LONGEST_FUNCTION:
                offenders.append(f"{place(path, function)}: {function.name} has {length} lines")
            if depth(function) > DEEPEST:
                offenders.append(f"{place(path, function)}: {function.name} is {depth(function)} deep")
    none(offenders)


def test_functions_have_few_parameters() -> None:
    offenders = [
        f"{place(path, function)}: {function.name} has {parameters(function)} parameters"
        for path in EVERYTHING
        for function in functions(tree_of(path))
        if parameters(function) > MOST_PARAMETERS and (name_of(path), function.name) not in MANY_PARAMETERS
    ]
    none(offenders)


def test_nothing_is_global_and_broad_exceptions_are_caught_only_at_boundaries() -> None:
    offenders = []
    for path in EVERYTHING:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Global):
                offenders.append(f"{place(path, node)}: global")
            if isinstance(node, ast.ExceptHandler):
                caught = {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)} if node.type else {""}
                broad = caught & {"", "Exception", "BaseException"}
                if broad and not (broad == {"Exception"} and name_of(path) in BOUNDARIES):
                    offenders.append(f"{place(path, node)}: except {broad.pop()}")
    none(offenders)


def test_tests_use_no_mocks() -> None:
    offenders = [
        f"{name_of(path)}: imports {module}" for path in TESTS for module in imported(tree_of(path)) if "mock" in module
    ]
    none(offenders)


def test_names_say_something() -> None:
    offenders = []
    for path in BOT:
        names = [path.stem, *(node.name for node in ast.walk(tree_of(path)) if isinstance(node, ast.ClassDef))]
        words = {word.lower() for name in names for word in re.findall(r"[A-Z]?[a-z]+", name)}
        offenders += [f"{name_of(path)}: {word}" for word in sorted(words & WORDS_FOR_NOTHING)]
    none(offenders)
