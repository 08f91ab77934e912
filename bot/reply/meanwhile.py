"""What people see while there is nothing to read: that something is coming, and how long it has been thought about."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from bot.reply.draft import Draft
from bot.reply.surface import Surface

TYPING_EVERY = 8.0
"""Seconds; Discord shows the indicator for ten."""

LONGEST_TYPING = 1.0
"""Seconds that a message waits for a typing indicator that is on its way."""

THINKING = "Thinking"
THINKING_AFTER = 4.0
"""Seconds without a word after which people are told that a model is thinking, and how long by now."""

SILENT_AFTER = 12.0
"""The same for a model that does not let on that it is thinking."""

THINKING_EVERY = 4.0


class Meanwhile:
    """The typing indicator until the first message, and a status until the first words. Begins at once."""

    def __init__(self, surface: Surface, draft: Draft, say: Callable[[str], None], *, posted: bool) -> None:
        """`posted` is whether the reply has messages already."""
        self._surface = surface
        self._draft = draft
        self._say = say
        self._posted = asyncio.Event()
        if posted:
            self._posted.set()
        self._typing = asyncio.create_task(self._type())
        self._thinking = asyncio.create_task(self._think())

    async def post(self) -> None:
        """Have the indicator end before a message is posted: one that is on its way would outlast it."""
        self._posted.set()
        await asyncio.wait([self._typing], timeout=LONGEST_TYPING)

    def end(self) -> None:
        """There is nothing more to wait for; a request that is on its way is left alone."""
        self._posted.set()
        self._thinking.cancel()

    async def _type(self) -> None:
        while not self._posted.is_set():
            await self._surface.typing()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._posted.wait(), TYPING_EVERY)

    async def _think(self) -> None:
        began = asyncio.get_running_loop().time()
        seconds = 0.0
        while self._draft.wordless:
            soon = THINKING_AFTER if self._draft.thought else SILENT_AFTER
            told = not self._draft.status or self._draft.status.startswith(THINKING)
            if told and (self._posted.is_set() or seconds >= soon):
                self._say(f"{THINKING}… {seconds:.0f} s")
            await asyncio.sleep(THINKING_EVERY)
            seconds = asyncio.get_running_loop().time() - began
