"""Reads the body of a streamed response and gives up when nothing arrives for too long.

aiohttp's own read timeout creates a timer for every read and cancels it at the next, which costs about as much as
reading a chunk. Here a stream has one timer. When it fires, it checks how long nothing has arrived.
"""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import Self

import aiohttp

from bot.providers.errors import InvalidResponse

DRAIN_SECONDS = 0.25
"""How long to wait for the end of a body after the end of its completion."""

MAX_ERROR_BYTES = 64 * 1024
MAX_BODY_BYTES = 16 * 2**20
"""Limits for a body that is read whole."""

LARGE_BLOCK = 2**20
"""Bytes; more than the 256 KiB buffer that asyncio allocates for each read."""


def avoid_mmap_churn() -> None:
    """Make malloc serve asyncio's read buffers from the heap. Calling this once per process is enough.

    By default glibc maps fresh pages for blocks of that size and unmaps them after each read, which costs several times
    as much as reading a chunk. Freeing a larger mapped block raises its dynamic mmap threshold. asyncio's own buffers
    do not raise it, since they are shrunk to what was read before they are freed.
    """
    bytearray(LARGE_BLOCK)


class BodyReader:
    """A context manager in which a read fails with aiohttp.SocketTimeoutError after `idle_seconds` without data."""

    def __init__(self, response: aiohttp.ClientResponse, idle_seconds: float) -> None:
        self._response = response
        self._content = response.content
        self._idle = idle_seconds
        self._clock = asyncio.get_running_loop().time
        self._read_at = self._clock()
        self._received = 0  # total bytes when the last read began
        self._deadline: float | None = None

    def __enter__(self) -> Self:
        connection = self._response.connection
        if connection is not None and connection.protocol is not None:  # None: the whole body has arrived already
            connection.protocol.read_timeout = None
        self._check_idle()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    @property
    def media_type(self) -> str:
        return self._response.content_type

    def read(self) -> Awaitable[bytes]:
        """Return whatever has arrived, as soon as there is anything; b"" at the end. Raises aiohttp.ClientError."""
        self._read_at, self._received = self._clock(), self._content.total_bytes
        return self._content.readany() if self._deadline is None else self._read_trailing()

    def limit_wait(self, seconds: float) -> None:
        """From now on wait at most `seconds` in all, and treat an error as the end: the rest is optional."""
        self._deadline = self._clock() + min(seconds, self._idle)
        self._timer.cancel()
        self._check_idle()

    async def _read_trailing(self) -> bytes:
        try:
            return await self._content.readany()
        except (aiohttp.ClientError, TimeoutError):
            return b""

    def _check_idle(self) -> None:
        """Fail the pending read if its time is up, else check again when it could be."""
        now = self._clock()
        until = self._deadline
        if until is None:
            until = now + self._idle if self._content.total_bytes > self._received else self._read_at + self._idle
        if until > now:
            self._timer = asyncio.get_running_loop().call_at(until, self._check_idle)
        else:
            self._content.set_exception(aiohttp.SocketTimeoutError("no data received for too long"))

    async def drain(self) -> None:
        """Read the end of the body, which often comes a moment later, so that the connection can be reused."""
        with suppress(aiohttp.ClientError, TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                await self._content.readany()

    async def read_all(self) -> bytes:
        """Return the whole body. Raises InvalidResponse if it is too large."""
        body = bytearray()
        while data := await self.read():
            body += data
            if len(body) > MAX_BODY_BYTES:
                raise InvalidResponse(f"a body of over {MAX_BODY_BYTES} bytes")
        return bytes(body)

    async def read_start(self) -> bytes:
        """Return enough of the body to tell what is wrong, even if the connection is lost."""
        body = bytearray()
        with suppress(aiohttp.ClientError, TimeoutError):
            while data := await self.read():
                body += data
                if len(body) >= MAX_ERROR_BYTES:
                    break
        return bytes(body)
