"""Reports the figures as tables, and compares them with the targets."""

import platform
from collections.abc import Callable, Mapping
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from benchmarks.replies.figures import Figures
from benchmarks.replies.runs import LATENCY, Case
from benchmarks.stream.report import Target, titled

Results = dict[str, dict[str, Figures]]
"""By the names of the case and of the bot."""

TITLES = {
    "parley": "Parley",
    "nanobot": "nanobot",
    "interval": "each message once a second",
    "naive": "an edit for each chunk",
}
TYPESETTING = "typesetting"

Value = Callable[[Figures], str]
COLUMNS: Mapping[str, Value] = {
    "age mean s": lambda found: _seconds(found, "age_mean"),
    "p95 s": lambda found: _seconds(found, "age_p95"),
    "longest s": lambda found: _seconds(found, "age_max"),
    "first text s": lambda found: _seconds(found, "first_mean"),
    "end to whole s": lambda found: _seconds(found, "end_mean"),
    "longest end s": lambda found: _seconds(found, "end_max"),
    "requests a reply": lambda found: f"{found['requests']:.3g}",
    "refused": lambda found: f"{found['refused']:.0f}",
    "loop lag p99 ms": lambda found: f"{found['loop_lag_p99_ms']:.3g}" if "loop_lag_p99_ms" in found else "-",
}


def targets(results: Results) -> list[Target]:
    """Return the targets that these results can be compared with."""
    found: list[Target] = []
    for name in ("one 10", "one 24"):
        if one := results.get(name, {}).get("parley"):
            of = f"one reply, {name.removeprefix('one ')} chunks/s"
            found += [
                Target(f"{of}: age in s, mean", one["age_mean"], 0.70),
                Target(f"{of}: age in s, p95", one["age_p95"], 1.3),
                Target(f"{of}: first chunk to first text in s, mean", one["first_mean"], LATENCY + 0.05),
                Target(f"{of}: end of the stream to the whole text in s, mean", one["end_mean"], 0.4),
            ]
    if four := results.get("four", {}).get("parley"):
        found.append(Target("four replies in one channel: age in s, mean", four["age_mean"], 2.1))
    for name in ("many", "many free"):
        if many := results.get(name, {}).get("parley"):
            found.append(Target(f"{TITLES_OF_MANY[name]}: loop lag in ms, p99", many["loop_lag_p99_ms"], 50))
    if refused := [rows["parley"]["refused"] for rows in results.values() if "parley" in rows]:
        found.append(Target("requests that Discord refused, in all cases", sum(refused), 0))
    if costs := results.get(TYPESETTING, {}).get(TYPESETTING):
        found.append(Target("ms to lay out a growing answer of 20,000 characters again, mean", costs["mean_ms"], 1))
        found.append(Target("ms to lay out a growing answer of 20,000 characters again, p99", costs["p99_ms"], 1))
    return found


TITLES_OF_MANY = {"many": "200 replies at once", "many free": "200 replies at once, no limit over all channels"}


def as_json(results: Results) -> dict[str, Any]:
    return {
        "versions": versions(),
        "results": results,
        "targets": [asdict(target) | {"met": target.met} for target in targets(results)],
    }


def as_text(results: Results, cases: Mapping[str, Case]) -> str:
    """Return all results as Markdown."""
    parts = [", ".join(f"{name} {number}" for name, number in versions().items())]
    parts += [_table(cases[name].title, rows) for name, rows in results.items() if name in cases]
    if costs := results.get(TYPESETTING, {}).get(TYPESETTING):
        words = "An answer of 20,000 characters, laid out again every 100: mean {mean_ms:.2f} ms, p99 {p99_ms:.2f} ms."
        parts.append(words.format(**costs))
    return "\n\n".join([*parts, "\n".join(target.line() for target in targets(results))])


def _table(title: str, rows: Mapping[str, Figures]) -> str:
    lines = [[TITLES[bot], *(value(found) for value in COLUMNS.values())] for bot, found in rows.items()]
    return titled(title, ["bot", *COLUMNS], lines)


def versions() -> dict[str, str]:
    """Return the versions of what was compared."""
    return {"Python": platform.python_version()} | {
        name: version(name) for name in ("discord.py", "aiohttp", "nanobot-ai")
    }


def _seconds(found: Figures, name: str) -> str:
    """Return a time, marked as a lower bound if some answers were not completely seen."""
    return f"{'≥ ' if found['unfinished'] and not name.startswith('first') else ''}{found[name]:.2f}"
