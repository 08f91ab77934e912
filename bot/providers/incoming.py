"""The body of a response as it comes, and the patience with it.

aiohttp's own limit for silence makes a timer for each read and throws it away at the next, which costs about as much as
reading a chunk does. Here a stream has one timer, which looks how long nothing came when it goes off.
"""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import Self

import aiohttp

from bot.providers.errors import BrokenAnswer

LAST_SECONDS = 0.25
"""How long to wait for the end of a body behind the end of its answer."""

LONGEST_ERROR = 64 * 1024
LONGEST_ANSWER = 16 * 2**20
"""Bytes of a body that is read whole."""


LARGE = 2**20
"""Bytes; more than the 256 KiB that asyncio makes room for before each read."""


def read_from_the_heap() -> None:
    """Let reads take their memory from the heap; once in a process is enough.

    The C library maps pages for so large a block and gives them back behind each read, which costs several times what
    reading a chunk does. It stops that when a larger block was freed: it learns so that they come and go. asyncio's own
    blocks do not teach it, since they are cut to what was read before they are freed.
    """
    bytearray(LARGE)


class Incoming:
    """A context manager: inside of it silence of so many seconds breaks the body, with aiohttp.SocketTimeoutError."""

    def __init__(self, response: aiohttp.ClientResponse, idle_seconds: float) -> None:
        self._response = response
        self._content = response.content
        self._idle = idle_seconds
        self._clock = asyncio.get_running_loop().time
        self._asked = self._clock()
        self._had = 0  # bytes that had come when we asked for more
        self._until: float | None = None

    def __enter__(self) -> Self:
        connection = self._response.connection
        if connection is not None and connection.protocol is not None:  # else all of it has come already
            connection.protocol.read_timeout = None
        self._look()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    @property
    def media_type(self) -> str:
        return self._response.content_type

    def piece(self) -> Awaitable[bytes]:
        """What has come, as soon as there is anything; nothing at the end. Raises aiohttp.ClientError."""
        self._asked, self._had = self._clock(), self._content.total_bytes
        return self._content.readany() if self._until is None else self._last()

    def expect_end(self, seconds: float) -> None:
        """Nothing is missed any more: wait so many seconds at most, and be silent about what breaks."""
        self._until = self._clock() + min(seconds, self._idle)
        self._timer.cancel()
        self._look()

    async def _last(self) -> bytes:
        try:
            return await self._content.readany()
        except (aiohttp.ClientError, TimeoutError):
            return b""

    def _look(self) -> None:
        """Break the body if it is time to, else look again when it could be."""
        now = self._clock()
        until = self._until
        if until is None:
            until = now + self._idle if self._content.total_bytes > self._had else self._asked + self._idle
        if until > now:
            self._timer = asyncio.get_running_loop().call_at(until, self._look)
        else:
            self._content.set_exception(aiohttp.SocketTimeoutError("nothing came for too long"))

    async def rest(self) -> None:
        """Take in what ends the body, so that the connection can be used again: it often comes a moment later."""
        with suppress(aiohttp.ClientError, TimeoutError):
            async with asyncio.timeout(LAST_SECONDS):
                await self._content.readany()

    async def whole(self) -> bytes:
        """All of it. Raises BrokenAnswer where that is too much."""
        body = bytearray()
        while piece := await self.piece():
            body += piece
            if len(body) > LONGEST_ANSWER:
                raise BrokenAnswer(f"a body of over {LONGEST_ANSWER} bytes")
        return bytes(body)

    async def beginning(self) -> bytes:
        """As much of it as says what is wrong, even if it is cut."""
        body = bytearray()
        with suppress(aiohttp.ClientError, TimeoutError):
            while piece := await self.piece():
                body += piece
                if len(body) >= LONGEST_ERROR:
                    break
        return bytes(body)
