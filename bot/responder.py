"""One turn, free of Discord: from a prompt to a reply that is shown and remembered.

This is the only place where an error becomes advice. Turns of one line (a person in a channel, everybody in a thread
or DM) follow one another; a reply to an answer that is still being written waits for its end. Everything else runs
side by side.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from bot.answering import Answering, NothingToAnswer
from bot.chat.messages import Completion, Prompt
from bot.chat.preferences import Answer, Preferences, effective
from bot.chat.reply import MessageGone, Reply, Surface, SurfaceBusy, SurfaceLost
from bot.providers.asking import Asker
from bot.providers.offer import Offer
from bot.store.conversations import Unfinished
from bot.store.store import Store

log = logging.getLogger(__name__)


INTERRUPTED = "⚠️ I was restarted while writing this. Mention me again to go on."
GRACE = 20.0
"""Seconds that running replies have to end when Parley does; supervisors commonly wait for thirty."""

STOPPED = "Stopped by <@{}>."
BROKEN = "Something went wrong on my side. The operator finds the cause in the log, under {}."


class Refusal(Exception):
    """There will be no answer; the message is the sentence that says why, and who can do what."""


@dataclass(slots=True)
class _Running:
    """A turn that is being answered, from its prompt to its record."""

    prompt: Prompt
    reply: Reply
    over: asyncio.Event = field(default_factory=asyncio.Event)
    interrupted: bool = False
    """It has to end before it has begun."""


class Responder:
    """Answers prompts. `operator` is the layer of preferences below every server's."""

    def __init__(self, offer: Offer, asker: Asker, store: Store, operator: Preferences) -> None:
        self._offer = offer
        self._asker = asker
        self._store = store
        self._operator = operator
        self._lines: WeakValueDictionary[tuple[int, int | None], asyncio.Lock] = WeakValueDictionary()
        self._running: dict[int, _Running] = {}
        self._repairing = asyncio.Lock()
        self._closing = False

    async def wants(self, prompt: Prompt) -> bool:
        """Whether to answer at all. Where everything is answered, nobody who was not addressing us is turned away."""
        if prompt.addressed or self._closing:
            return prompt.addressed
        preferences = await self.preferences(prompt)
        return (
            preferences.answer is Answer.ALWAYS
            and _may_talk(prompt, preferences)
            and bool(prompt.content or prompt.files)
        )

    async def preferences(self, prompt: Prompt) -> Preferences:
        """The preferences that hold where the prompt stands."""
        return effective([*await self._store.preferences.of(*prompt.place.scopes), self._operator])

    async def respond(self, prompt: Prompt, surface: Surface) -> None:
        """Answer a prompt, once however often it comes. Every outcome is shown to the person, recorded and logged."""
        if self._closing or prompt.id in self._running:
            return
        async with self._turn(prompt, surface) as running:
            try:
                if not await self._store.conversations.knows(prompt.id):
                    await self._answer(prompt, running)
            except Refusal as refusal:
                log.info("Prompt %s is not answered: %s", prompt.id, refusal)
                if prompt.addressed:
                    await running.reply.finish(str(refusal))
            except Exception:  # the boundary of a turn: whatever happens in one, the person is told and others go on
                log.exception("Prompt %s failed", prompt.id)
                await running.reply.finish(f"⚠️ {BROKEN.format(prompt.id)}")
            if running.reply.lost:
                await _tell_apart(prompt, surface, running.reply.lost)

    def stop(self, channel_id: int, person_id: int, *, everybodys: bool) -> int:
        """End the replies that are being written in a channel, the person's own or everybody's; how many there were."""
        return sum(
            running.reply.stop(STOPPED.format(person_id))
            for running in self._running.values()
            if running.prompt.place.channel_id == channel_id and (everybodys or running.prompt.author.id == person_id)
        )

    async def repair(self, find: Callable[[Unfinished], Surface]) -> None:
        """Complete the replies that were streaming when Parley died: what is known of them, and a word on why."""
        async with self._repairing:
            for left in await self._store.conversations.unfinished():
                if not self._closing and left.prompt_id not in self._running:
                    await self._mend(left, find(left))

    async def _mend(self, left: Unfinished, surface: Surface) -> None:
        reply = Reply.resumed(surface, left.text, left.shown)
        await reply.finish(INTERRUPTED)
        outcome = f", and not repaired: {reply.lost}" if reply.lost else ""
        log.warning("The reply to %s was cut by a restart%s", left.prompt_id, outcome)
        error = f"cut by a restart{outcome}"
        await self._store.conversations.give_up(left.answer_id, error, INTERRUPTED, reply.message_ids)

    async def drain(self) -> None:
        """Take no more prompts; end the running replies where they are, shown and recorded as interrupted."""
        self._closing = True
        turns = list(self._running.values())
        for running in turns:
            running.interrupted = running.reply.stop(INTERRUPTED)
        if turns:
            log.info("Finishing %d running replies", len(turns))
            ends = [asyncio.create_task(running.over.wait()) for running in turns]
            _, late = await asyncio.wait(ends, timeout=GRACE)
            if late:
                log.warning("%d replies did not end in time; the next start mends them", len(late))
        async with self._repairing:
            pass  # what is being mended is mended to its end

    @asynccontextmanager
    async def _turn(self, prompt: Prompt, surface: Surface) -> AsyncIterator[_Running]:
        running = self._running[prompt.id] = _Running(prompt, Reply(surface))
        try:
            await self._predecessor(prompt)
            lock = self._lines.setdefault(prompt.line, asyncio.Lock())
            async with lock:
                yield running
        finally:
            del self._running[prompt.id]
            running.over.set()

    async def _predecessor(self, prompt: Prompt) -> None:
        """Wait for the turn that this prompt replies to, if it is still being answered."""
        for prompt_id, running in self._running.items():
            shown = {page.message_id for page in running.reply.shown}
            if prompt_id != prompt.id and prompt.replies_to in {prompt_id, *shown}:
                await running.over.wait()
                return

    async def _answer(self, prompt: Prompt, running: _Running) -> None:
        if running.interrupted:
            raise Refusal(INTERRUPTED)
        preferences = await self.preferences(prompt)
        if not _may_talk(prompt, preferences):
            raise Refusal(f"Only <@&{preferences.role_id}> may talk to me here. Those who manage the server decide it.")
        answering = Answering(prompt, preferences, self._offer, self._asker, self._store)
        try:
            await answering.publish(running.reply)
        except NothingToAnswer as nothing:
            raise Refusal(str(nothing)) from nothing
        _log_turn(prompt, answering.completion)


def _may_talk(prompt: Prompt, preferences: Preferences) -> bool:
    free = preferences.role_id is None or prompt.place.guild_id is None or prompt.author.manages
    return free or preferences.role_id in prompt.author.role_ids


async def _tell_apart(prompt: Prompt, surface: Surface, lost: SurfaceLost) -> None:
    """The reply cannot be shown where it belongs: say so where the person can read it."""
    log.warning("The reply to %s in channel %s was lost: %s", prompt.id, prompt.place.channel_id, lost)
    if isinstance(lost, MessageGone):
        sentence = "My reply was deleted while I was writing it, so I stopped. Ask again to have a new one."
        try:
            await surface.send(sentence)
        except (SurfaceLost, SurfaceBusy) as error:
            log.warning("Nor can that be said in the channel: %s", error)
    elif prompt.addressed:
        await surface.whisper(
            f"I could not answer you in <#{prompt.place.channel_id}>: {lost}. "
            "Those who manage the server can give me the permissions there."
        )


def _log_turn(prompt: Prompt, completion: Completion) -> None:
    log.info(
        "Prompt %s answered by %s in %.1f s: %d characters, finish reason %s%s",
        prompt.id,
        completion.model,
        completion.took,
        len(completion.text),
        completion.finish_reason,
        f", {completion.error}" if completion.error else "",
    )
