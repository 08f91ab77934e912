"""The turns that are being answered: which of them follow one another, and how they end early.

Turns of one line (a person in a channel, everybody in a thread or DM) follow one another; a reply to an answer that is
still being written waits for its end. Everything else runs side by side.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from bot.chat.prompts import Prompt
from bot.reply.reply import Reply

log = logging.getLogger(__name__)

LAST_WRITES = 10.0
"""Seconds that replies have to show their end when Parley ends; supervisors commonly wait for thirty in all."""

STOPPED = "Stopped by <@{}>."
INTERRUPTED = "⚠️ I was restarted while writing this. Mention me again to go on."


@dataclass(slots=True)
class RunningTurn:
    """A turn that is being answered, from its prompt to its record."""

    prompt: Prompt
    reply: Reply
    over: asyncio.Event = field(default_factory=asyncio.Event)


class Running:
    """What runs at the moment, by the prompt's id. Safe to lose."""

    def __init__(self, grace: float) -> None:
        """`grace` is the seconds that running replies have to end by themselves when Parley does."""
        self._grace = grace
        self._lines: WeakValueDictionary[tuple[int, int | None], asyncio.Lock] = WeakValueDictionary()
        self._running: dict[int, RunningTurn] = {}
        self.closing = False

    @asynccontextmanager
    async def take(self, prompt: Prompt, reply: Reply) -> AsyncIterator[RunningTurn]:
        """Be the turn of this prompt, once it is this one's turn. There must be no other."""
        assert not self.has(prompt.id)
        running = self._running[prompt.id] = RunningTurn(prompt, reply)
        try:
            await self._predecessor(prompt)
            lock = self._lines.setdefault(prompt.line, asyncio.Lock())
            async with lock:
                yield running
        finally:
            del self._running[prompt.id]
            running.over.set()

    def has(self, prompt_id: int) -> bool:
        """Whether the prompt is being answered."""
        return prompt_id in self._running

    def streams(self, prompt_id: int) -> bool:
        """Whether the answer to the prompt is still growing."""
        return self.has(prompt_id) and not self._running[prompt_id].reply.ended

    async def over(self, prompt_id: int) -> None:
        """Wait until the prompt is not being answered any more."""
        while running := self._running.get(prompt_id):
            await running.over.wait()

    def showing(self, message_id: int, prompt_id: int | None = None) -> RunningTurn | None:
        """The turn whose reply this Discord message is a page of, or else that answers this prompt.

        A message can be pressed before we have heard that it was posted.
        """
        shown = (each for each in self._running.values() if message_id in each.reply.message_ids)
        return next(shown, self._running.get(prompt_id or 0))

    def stop(self, channel_id: int, person_id: int, *, everybodys: bool) -> int:
        """End the replies that are being written in a channel, the person's own or everybody's; how many there were."""
        return sum(
            running.reply.stop(STOPPED.format(person_id))
            for running in self._running.values()
            if running.prompt.place.channel_id == channel_id and (everybodys or running.prompt.author.id == person_id)
        )

    async def drain(self) -> None:
        """Take no more prompts; let running replies end, and close those that do not, as they are by then."""
        self.closing = True
        if not self._running:
            return
        log.info("Finishing %d running replies", len(self._running))
        if await self._ended(self._grace):
            return
        for running in self._running.values():
            running.reply.stop(INTERRUPTED)
        if not await self._ended(LAST_WRITES):
            log.warning("%d replies did not end in time; the next start mends them", len(self._running))

    async def _ended(self, seconds: float) -> bool:
        """Whether nothing runs any more after so many seconds."""
        ends = [asyncio.create_task(running.over.wait()) for running in self._running.values()]
        _, late = await asyncio.wait(ends, timeout=seconds)
        for end in late:
            end.cancel()
        return not late

    async def _predecessor(self, prompt: Prompt) -> None:
        """Wait for the turn that this prompt replies to, if it is still being answered."""
        for prompt_id, running in self._running.items():
            if prompt_id != prompt.id and prompt.replies_to in {prompt_id, *running.reply.message_ids}:
                await running.over.wait()
                return
