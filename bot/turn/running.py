"""Which turns run, which of them wait for one another, and how they are stopped.

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
from bot.text import Text

log = logging.getLogger(__name__)

LAST_WRITES = 10.0
"""Seconds that replies have to show their end at shutdown; supervisors commonly wait for thirty in all."""

INTERRUPTED = Text("⚠️ I was restarted while writing this. Mention me again to continue.")


def stopped_by(person_id: int) -> Text:
    return Text("Stopped by <@{person}>.", person=person_id)


@dataclass(slots=True)
class RunningTurn:
    """A turn from its prompt to its record."""

    prompt: Prompt
    reply: Reply
    finished: asyncio.Event = field(default_factory=asyncio.Event)


class Running:
    """The turns that run at the moment, by the prompt's id. Safe to lose."""

    def __init__(self, grace: float) -> None:
        """`grace` is the seconds that replies have to end by themselves at shutdown."""
        self._grace = grace
        self._lines: WeakValueDictionary[tuple[int, int | None], asyncio.Lock] = WeakValueDictionary()
        self._turns: dict[int, RunningTurn] = {}
        self.closing = False

    @asynccontextmanager
    async def register(self, prompt: Prompt, reply: Reply) -> AsyncIterator[None]:
        """Count the prompt's turn as running, so that it can be found, stopped and waited for."""
        assert prompt.id not in self._turns, "a prompt has one turn at a time"
        turn = self._turns[prompt.id] = RunningTurn(prompt, reply)
        try:
            yield
        finally:
            del self._turns[prompt.id]
            turn.finished.set()

    @asynccontextmanager
    async def in_line(self, prompt: Prompt) -> AsyncIterator[None]:
        """Wait until the turns before this one have ended, and have those behind it wait."""
        await self._wait_for_parent(prompt)
        async with self._lines.setdefault(prompt.line, asyncio.Lock()):
            yield

    def has(self, prompt_id: int) -> bool:
        """Whether the prompt has a turn that has not ended."""
        return prompt_id in self._turns

    def is_writing(self, prompt_id: int) -> bool:
        """Whether the answer to the prompt is still growing."""
        return prompt_id in self._turns and not self._turns[prompt_id].reply.ended

    async def wait_for(self, prompt_id: int) -> None:
        """Wait until the prompt has no running turn."""
        while turn := self._turns.get(prompt_id):
            await turn.finished.wait()

    def find(self, message_id: int, prompt_id: int | None = None) -> RunningTurn | None:
        """The turn whose reply this Discord message is a page of, else the turn of this prompt.

        A message can be pressed before we have heard that it was posted.
        """
        shown = (turn for turn in self._turns.values() if message_id in turn.reply.message_ids)
        return next(shown, self._turns.get(prompt_id or 0))

    def stop(self, channel_id: int, person_id: int, *, everybodys: bool) -> int:
        """End the replies that are being written in a channel, the person's own or everybody's; returns how many."""
        return sum(
            turn.reply.stop(stopped_by(person_id))
            for turn in self._turns.values()
            if turn.prompt.place.channel_id == channel_id and (everybodys or turn.prompt.author.id == person_id)
        )

    async def drain(self) -> None:
        """Take no more prompts; let replies end by themselves for `grace` seconds, then end them as they are."""
        self.closing = True
        if not self._turns:
            return
        log.info("Finishing %d running replies", len(self._turns))
        if await self._all_finished(self._grace):
            return
        for turn in self._turns.values():
            turn.reply.stop(INTERRUPTED)
        if not await self._all_finished(LAST_WRITES):
            log.warning("%d replies did not end in time; the next start repairs them", len(self._turns))

    async def _all_finished(self, seconds: float) -> bool:
        ends = [asyncio.create_task(turn.finished.wait()) for turn in self._turns.values()]
        _, late = await asyncio.wait(ends, timeout=seconds)
        for end in late:
            end.cancel()
        return not late

    async def _wait_for_parent(self, prompt: Prompt) -> None:
        """Wait for the turn that this prompt replies to, if it is still running."""
        for prompt_id, turn in self._turns.items():
            if prompt_id != prompt.id and prompt.replies_to in {prompt_id, *turn.reply.message_ids}:
                await turn.finished.wait()
                return
