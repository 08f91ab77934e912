"""How fast Parley reads answers, beside other clients, on loopback: `make bench-stream` runs it.

Each measurement has a fresh client and a fresh server, each on a core of its own where the platform can pin processes.
Figures are medians of several rounds whose order is shuffled. The machine's pace drifts, so trust ratios within one run
more than times. A full run takes about 40 minutes, `--quick` about 5.
"""

import argparse
import json
import sys
from collections.abc import Callable

from benchmarks.stream import report, runs
from benchmarks.stream.clients import CLIENTS

SECTIONS = ("cost", "first", "streams", "most")


def measure(plan: runs.Plan, sections: list[str], say: Callable[[str], None]) -> report.Results:
    """The sections that were asked for."""
    results: report.Results = {}
    if "cost" in sections:
        results["cost 1"] = runs.cost(plan, 1, CLIENTS, say)
        results["cost 50"] = runs.cost(plan, 50, CLIENTS, say)
    if "first" in sections:
        results["first"] = runs.first(plan, CLIENTS, say)
    if "streams" in sections:
        results["streams"] = runs.streams(plan, say)
    if "most" in sections:
        results["most"] = runs.most(plan, say)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(prog="stream_client", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer chunks, shorter windows, fewer rounds")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=SECTIONS, help="some sections alone")
    parser.add_argument("--json", action="store_true", help="write JSON in place of tables")
    options = parser.parse_args()
    results = measure(
        runs.QUICK if options.quick else runs.Plan(), options.only, lambda line: print(line, file=sys.stderr)
    )
    print(json.dumps(report.as_json(results), indent=2) if options.json else report.as_text(results))


if __name__ == "__main__":
    main()
