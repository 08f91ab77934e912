"""`python -m bot.simulator [--port N] [--host ADDRESS]`"""

import argparse
import asyncio
from contextlib import suppress

from bot.simulator.simulator import serve


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bot.simulator", description="Discord and a model on loopback.")
    parser.add_argument("--port", type=int, default=0, help="0 (the default) takes a free one")
    parser.add_argument("--host", default="127.0.0.1")
    arguments = parser.parse_args()
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(arguments.port, arguments.host))


main()
