"""Measures how fresh the replies of Parley and other bots are while they stream: `make bench-replies`.

Discord is simulated with its limits: five new messages and five edits per five seconds in each channel, fifty requests
a second in total. Each request takes 150 ms. A person watches on the gateway; every 20 ms the age of the oldest text is
sampled that the model has sent and the channel does not show yet. Each bot runs in its own process, pinned to its own
core where the platform supports that; Discord, the model and the person share another one. The bots are Parley and
nanobot, both unmodified, and two of our own that edit the way many bots do: each message once a second, and once per
chunk. nanobot handles the prompts of a channel one at a time, so it is not measured there. A figure after ≥ includes
answers that were incomplete after a minute. A full run takes about 18 minutes, `--quick` about 9.
"""

import argparse
import json
import sys
from collections.abc import Iterable

from benchmarks.replies import report, runs, typesetting
from benchmarks.stream.machine import open_many_files


def measure(cases: Iterable[tuple[str, runs.Case]], *, layout: bool, bots: Iterable[str]) -> report.Results:
    """Measure the bots in the cases, and the cost of laying out an answer if `layout` is set."""
    results: report.Results = {}
    for name, case in cases:
        results[name] = {}
        for bot in (bot for bot in case.bots if bot in bots):
            results[name][bot] = runs.measure(bot, case)
            line = ", ".join(f"{name} {value:.3g}" for name, value in results[name][bot].items())
            print(f"{name}, {bot}: {line}", file=sys.stderr)
    if layout:
        results[report.TYPESETTING] = {report.TYPESETTING: typesetting.cost()}
    return results


def main() -> None:
    names = [*runs.cases(quick=True), report.TYPESETTING]
    parser = argparse.ArgumentParser(prog="streaming", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter answers")
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="CASE", help=", ".join(names))
    parser.add_argument("--bots", nargs="+", choices=report.TITLES, default=[*report.TITLES], help="only these bots")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    options = parser.parse_args()
    open_many_files()
    cases = runs.cases(quick=options.quick)
    chosen = [(name, case) for name, case in cases.items() if name in options.only]
    results = measure(chosen, layout=report.TYPESETTING in options.only, bots=options.bots)
    print(json.dumps(report.as_json(results), indent=2) if options.json else report.as_text(results, cases))


if __name__ == "__main__":
    main()
