"""How fresh replies are while they stream, beside other bots, on a simulated Discord: `make bench-replies` runs it.

Discord is simulated with its limits: five new messages and five edits in five seconds for each channel, fifty requests
a second over all. Each request takes 150 ms. A person watches on the gateway; every 20 ms it is noted how old the
oldest text is that the model has sent and the channel does not show yet. Each bot runs in a process and, where the
platform can pin processes, on a core of its own; Discord, the model and the person share another. The bots are Parley
as it is, nanobot from PyPI as it is, and two of our own that edit as many bots do: each message once a second, and for
each chunk one edit. nanobot answers prompts in one channel one after the other, so it has no figures there. A figure
behind ≥ is of answers that were not whole within a minute. A full run takes about 18 minutes, `--quick` about 9.
"""

import argparse
import json
import sys
from collections.abc import Iterable

from benchmarks.replies import report, runs, typesetting
from benchmarks.stream.machine import open_many_files


def measure(cases: Iterable[tuple[str, runs.Case]], *, layout: bool, bots: Iterable[str]) -> report.Results:
    """The bots in the cases; `layout` asks for the cost of laying out an answer."""
    results: report.Results = {}
    for name, case in cases:
        results[name] = {}
        for bot in (bot for bot in case.bots if bot in bots):
            results[name][bot] = runs.measured(bot, case)
            told = ", ".join(f"{name} {value:.3g}" for name, value in results[name][bot].items())
            print(f"{name}, {bot}: {told}", file=sys.stderr)
    if layout:
        results[report.TYPESETTING] = {report.TYPESETTING: typesetting.cost()}
    return results


def main() -> None:
    names = [*runs.cases(quick=True), report.TYPESETTING]
    parser = argparse.ArgumentParser(prog="streaming", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter answers, fewer of them")
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="CASE", help=", ".join(names))
    parser.add_argument("--bots", nargs="+", choices=report.TITLES, default=[*report.TITLES], help="some bots alone")
    parser.add_argument("--json", action="store_true", help="write JSON in place of tables")
    options = parser.parse_args()
    open_many_files()
    cases = runs.cases(quick=options.quick)
    chosen = [(name, case) for name, case in cases.items() if name in options.only]
    results = measure(chosen, layout=report.TYPESETTING in options.only, bots=options.bots)
    print(json.dumps(report.as_json(results), indent=2) if options.json else report.as_text(results, cases))


if __name__ == "__main__":
    main()
