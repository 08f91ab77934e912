"""What is shown until there is text: the typing indicator, then how long the model has been thinking."""

import asyncio
from contextlib import suppress

from bot.reply.draft import Draft
from bot.reply.surface import Surface
from bot.text import Text

TYPING_EVERY = 8.0
"""Seconds; Discord shows the indicator for ten seconds."""

LONGEST_TYPING = 1.0
"""How many seconds a message waits for a typing request in flight."""

THINKING_AFTER = 4.0
"""Seconds without text after which the status says that the model is thinking."""

SILENT_AFTER = 12.0
"""The same for models that send no reasoning."""

THINKING_EVERY = 4.0


class Meanwhile:
    """Shows the typing indicator until the first message, and a status until the first text. Starts at once."""

    def __init__(self, surface: Surface, draft: Draft, changed: asyncio.Event, *, posted: bool) -> None:
        """`changed` is set when the status of the draft changes; `posted` is whether the reply has messages already."""
        self._surface = surface
        self._draft = draft
        self._changed = changed
        self._posted = asyncio.Event()
        if posted:
            self._posted.set()
        self._typing = asyncio.create_task(self._type())
        self._thinking = asyncio.create_task(self._think())

    async def before_post(self) -> None:
        """Stop the indicator before a message is posted: a request in flight would show it again afterwards."""
        self._posted.set()
        await asyncio.wait([self._typing], timeout=LONGEST_TYPING)

    def end(self) -> None:
        """Stop both; a typing request in flight is not cancelled."""
        self._posted.set()
        self._thinking.cancel()

    async def _type(self) -> None:
        while not self._posted.is_set():
            await self._surface.typing()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._posted.wait(), TYPING_EVERY)

    async def _think(self) -> None:
        began = asyncio.get_running_loop().time()
        seconds, shown = 0.0, None
        while not self._draft.has_words:
            soon = THINKING_AFTER if self._draft.reasoning else SILENT_AFTER
            if self._draft.status in (None, shown) and (self._posted.is_set() or seconds >= soon):
                shown = self._draft.status = Text("Thinking… {seconds:.0f} s", seconds=seconds)
                self._changed.set()
            await asyncio.sleep(THINKING_EVERY)
            seconds = asyncio.get_running_loop().time() - began
