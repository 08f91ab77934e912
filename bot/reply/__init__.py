"""A reply as it grows: its content, and the pace of its writes. Uses asyncio, but does no I/O itself."""
