"""How fast Parley reads answers, beside other clients, on loopback: `make bench-stream` runs it.

Each measurement has a fresh client and a fresh server, each on a core of its own where the platform can pin processes.
Figures are medians of several rounds whose order is shuffled. What others did on the client's core meanwhile is told
beside them, and a measurement that they disturbed is made again while patience lasts. A machine's pace drifts, so trust
ratios within one run more than times. A full run takes about 40 minutes on a quiet machine, `--quick` about 5.
"""

import argparse
import json
import sys
from dataclasses import replace

from benchmarks.stream import report, runs

SECTIONS = ("cost", "first", "streams", "most")


def measure(run: runs.Runs, sections: list[str]) -> report.Results:
    """The sections that were asked for."""
    results: report.Results = {}
    if "cost" in sections:
        results |= {f"cost {a_write}": run.cost(a_write) for a_write in (1, 50)}
    if "first" in sections:
        results["first"] = run.first()
    if "streams" in sections:
        results["streams"] = run.streams()
    if "most" in sections:
        results["most"] = run.most()
    return results


def main() -> None:
    parser = argparse.ArgumentParser(prog="stream_client", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer chunks, shorter windows, fewer rounds")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=SECTIONS, help="some sections alone")
    parser.add_argument(
        "--patience", type=float, metavar="SECONDS", help="to wait, in all, while others use the machine"
    )
    parser.add_argument("--json", action="store_true", help="write JSON in place of tables")
    options = parser.parse_args()
    plan = runs.QUICK if options.quick else runs.Plan()
    if options.patience is not None:
        plan = replace(plan, patience=options.patience)
    results = measure(runs.Runs(plan, lambda line: print(line, file=sys.stderr)), options.only)
    print(json.dumps(report.as_json(results), indent=2) if options.json else report.as_text(results))


if __name__ == "__main__":
    main()
