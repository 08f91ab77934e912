"""`python -m bot.simulator [--port N] [--host ADDRESS]`"""

import argparse
import asyncio
from contextlib import suppress

from bot.simulator.simulator import serve


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bot.simulator", description="Simulate Discord and a chat model on loopback."
    )
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 (default) picks a free one")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    arguments = parser.parse_args()
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(arguments.port, arguments.host))


main()
