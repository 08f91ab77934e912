"""A reply as it grows: what it says, and the pace at which it is written. asyncio, but no I/O of its own."""
