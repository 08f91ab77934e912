"""Reports the figures as tables, and compares them with the targets."""

import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

from benchmarks.stream.clients import TITLES
from benchmarks.stream.runs import Figures, Row

Results = dict[str, dict[Row, Figures]]
"""By the name of the section."""

PARLEY, OPENAI = ("parley", "asyncio"), ("openai", "asyncio")


@dataclass(frozen=True)
class Target:
    """A limit for one of Parley's figures."""

    what: str
    is_: float
    limit: float
    at_most: bool = True

    @property
    def met(self) -> bool:
        return self.is_ <= self.limit if self.at_most else self.is_ >= self.limit

    def line(self) -> str:
        bound = "at most" if self.at_most else "at least"
        return f"- {'met' if self.met else 'MISSED'}: {self.what}: {self.is_:.3g}, {bound} {self.limit:g}"


def targets(results: Results) -> list[Target]:
    """Return the targets that these results can be compared with."""
    found: list[Target] = []
    for a_write in (1, 50):
        if rows := results.get(f"cost {a_write}"):
            parley, openai = rows[PARLEY]["us_per_chunk"], rows[OPENAI]["us_per_chunk"]
            found += [
                Target(f"CPU us per chunk, {a_write} a write", parley, 10),
                Target(f"times cheaper than the openai SDK, {a_write} a write", openai / parley, 12, at_most=False),
            ]
    if rows := results.get("first"):
        found.append(Target("ms to the first text on a warm session", rows[PARLEY]["p50_ms"], 1))
    if rows := results.get("streams"):
        found.append(Target("ms late at p99 with 200 streams, asyncio", rows[PARLEY]["p99_ms"], 20))
        found.append(Target("ms late at p99 with 200 streams, uvloop", rows["parley", "uvloop"]["p99_ms"], 20))
    if rows := results.get("most"):
        for loop in ("asyncio", "uvloop"):
            parley, openai = rows["parley", loop]["streams"], rows["openai", loop]["streams"]
            found.append(Target(f"streams in time, {loop}", parley, 600, at_most=False))
            found.append(Target(f"times as many as the openai SDK, {loop}", parley / openai, 6, at_most=False))
    return found


def as_json(results: Results) -> dict[str, Any]:
    return {
        "versions": versions(),
        "results": {
            section: [{"client": row[0], "loop": row[1]} | figures for row, figures in rows.items()]
            for section, rows in results.items()
        },
        "targets": [asdict(target) | {"met": target.met} for target in targets(results)],
    }


def as_text(results: Results) -> str:
    """Return all results as Markdown."""
    parts = [", ".join(f"{name} {number}" for name, number in versions().items())]
    if "cost 1" in results:
        parts.append(_cost(results))
    if rows := results.get("first"):
        parts.append(
            titled(
                "Time to the first text on a warm session",
                ["client", "p50 ms", "p99 ms", "x Parley"],
                [
                    [_title(row), _round(figures["p50_ms"]), _round(figures["p99_ms"]), _ratio(rows, row, "p50_ms")]
                    for row, figures in rows.items()
                ],
            )
        )
    if rows := results.get("streams"):
        parts.append(_streams(rows))
    if rows := results.get("most"):
        parts.append(_most(rows))
    return "\n\n".join([*parts, "\n".join(target.line() for target in targets(results))])


def _cost(results: Results) -> str:
    lines = []
    for row in results["cost 1"]:
        line = [_title(row)]
        for section in ("cost 1", "cost 50"):
            line += [_round(results[section][row]["us_per_chunk"]), _ratio(results[section], row, "us_per_chunk")]
        lines.append(line)
    columns = ["client", "one a write, us", "x Parley", "50 a write, us", "x Parley"]
    return titled("CPU per chunk, user and system", columns, lines)


def _streams(rows: dict[Row, Figures]) -> str:
    names = [
        "delivered_percent",
        "p50_ms",
        "p99_ms",
        "loop_lag_p99_ms",
        "cpu_percent",
        "others_percent",
        "server_late_p99_ms",
    ]
    lines = [[_title(row), row[1], *(_round(figures[name]) for name in names)] for row, figures in rows.items()]
    columns = [
        "client",
        "loop",
        "delivered %",
        "late p50 ms",
        "p99 ms",
        "loop lag p99 ms",
        "CPU %",
        "server late p99 ms",
    ]
    return titled("200 streams of 50 chunks a second", columns, lines)


def _most(rows: dict[Row, Figures]) -> str:
    lines = [
        [_title(row), row[1], *(_round(figures[name]) for name in ("streams", "fewest", "most")), _share(rows, row)]
        for row, figures in rows.items()
    ]
    columns = ["client", "loop", "streams", "fewest", "most", "Parley holds, times"]
    return titled("The most streams of 50 chunks a second with p99 below 100 ms", columns, lines)


def versions() -> dict[str, str]:
    """Return the versions of what was compared."""
    names = ("openai", "litellm", "aiohttp", "pydantic", "uvloop")
    return {"Python": platform.python_version()} | {name: version(name) for name in names}


def _title(row: Row) -> str:
    return TITLES[row[0]]


def _ratio(rows: dict[Row, Figures], row: Row, name: str) -> str:
    return _round(rows[row][name] / rows[PARLEY][name])


def _share(rows: dict[Row, Figures], row: Row) -> str:
    held = rows[row]["streams"]
    return _round(rows["parley", row[1]]["streams"] / held) if held else "-"


def _round(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def titled(title: str, columns: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table with aligned columns, so that it is readable in a terminal too."""
    widths = [max(len(line[at]) for line in (columns, *lines)) for at in range(len(columns))]
    rule = ["-" * width for width in widths]
    rows = [f"| {' | '.join(map(str.ljust, line, widths))} |" for line in (columns, rule, *lines)]
    return "\n".join([f"## {title}", "", *rows])
