"""Measures how fast Parley and other clients read streamed completions on loopback: `make bench-stream`.

Each measurement has a new client and a new server, each pinned to its own core where the platform supports that. The
figures are medians of several rounds in random order. The load that other processes put on the client's core is
reported, and a disturbed measurement is repeated while `--patience` lasts. The speed of a machine drifts, so ratios
within a run are more reliable than times. A full run takes about 40 minutes on a quiet machine, `--quick` about 5.
"""

import argparse
import json
import sys
from dataclasses import replace

from benchmarks.stream import report, runs

SECTIONS = ("cost", "first", "streams", "most")


def measure(run: runs.Runs, sections: list[str]) -> report.Results:
    """Run the requested sections."""
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
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=SECTIONS, help="run only these sections")
    parser.add_argument(
        "--patience", type=float, metavar="SECONDS", help="total time to wait while other processes use the machine"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    options = parser.parse_args()
    plan = runs.QUICK if options.quick else runs.Plan()
    if options.patience is not None:
        plan = replace(plan, patience=options.patience)
    results = measure(runs.Runs(plan, lambda line: print(line, file=sys.stderr)), options.only)
    print(json.dumps(report.as_json(results), indent=2) if options.json else report.as_text(results))


if __name__ == "__main__":
    main()
