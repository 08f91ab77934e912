"""One turn, free of Discord: from a prompt to a reply that is shown and remembered.

This is the only place where an error becomes advice.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bot.chat.messages import Completion
from bot.chat.places import Person, Place
from bot.chat.prompts import Prompt
from bot.preferences.declaration import AnswerWhen, Preferences
from bot.preferences.resolver import Resolver
from bot.providers.asking import Asker
from bot.providers.offer import Offer
from bot.reply.controls import NONE, offered
from bot.reply.reply import Reply
from bot.reply.surface import MessageGone, Page, Surface, SurfaceBusy, SurfaceLost
from bot.store.conversations import Unfinished
from bot.store.store import Store
from bot.turn.generate import Answering, NothingToAnswer
from bot.turn.running import INTERRUPTED, Running, RunningTurn

log = logging.getLogger(__name__)

RESTARTING = "I am being restarted. Ask me again in a minute."
BROKEN = "Something went wrong on my side. The operator finds the cause in the log, under {}."


class Refusal(Exception):
    """There will be no answer; the message is the sentence that says why, and who can do what."""


class Responder:
    """Answers prompts."""

    def __init__(self, offer: Offer, asker: Asker, store: Store, resolver: Resolver, turns: Running) -> None:
        self.turns = turns
        self._offer = offer
        self._asker = asker
        self._store = store
        self._resolver = resolver

    async def wants(self, prompt: Prompt) -> bool:
        """Whether to answer at all. Where everything is answered, nobody who was not addressing us is turned away."""
        if prompt.addressed or self.turns.closing:
            return prompt.addressed
        preferences = await self.preferences(prompt.place)
        return (
            preferences.answer is AnswerWhen.ALWAYS
            and may_talk(prompt.author, prompt.place, preferences)
            and bool(prompt.content or prompt.files)
        )

    async def preferences(self, place: Place) -> Preferences:
        """The preferences that hold in a place."""
        return (await self._resolver.at(place)).values

    async def refusal(self, person: Person, place: Place) -> str:
        """Why this person can have no answer in this place now, empty where they can."""
        if self.turns.closing:
            return RESTARTING
        preferences = await self.preferences(place)
        if may_talk(person, place, preferences):
            return ""
        return f"Only <@&{preferences.role_id}> may talk to me here. Those who manage the server decide it."

    async def respond(self, prompt: Prompt, surface: Surface) -> None:
        """Answer a prompt, once however often it comes. Every outcome is shown to the person, recorded and logged."""

        async def answer(running: RunningTurn) -> None:
            if not await self._store.conversations.knows(prompt.id):
                await self._answer(prompt, running)

        if not self.turns.closing:
            await self.carry(prompt, Reply(surface), surface, answer)
        elif prompt.addressed:
            await Reply(surface).finish(RESTARTING)

    async def carry(
        self, prompt: Prompt, reply: Reply, surface: Surface, answer: Callable[[RunningTurn], Awaitable[None]]
    ) -> bool:
        """Carry a turn to its end, whatever happens in it; False where the prompt is being answered already."""
        if self.turns.closing or self.turns.has(prompt.id):
            return False
        async with self.turns.take(prompt, reply) as running:
            try:
                await answer(running)
            except Refusal as refusal:
                log.info("Prompt %s is not answered: %s", prompt.id, refusal)
                if prompt.addressed:
                    await reply.finish(str(refusal))
            except Exception:  # the boundary of a turn: whatever happens in one, the person is told and others go on
                log.exception("Prompt %s failed", prompt.id)
                cut = Completion("", reply.text, error=BROKEN)
                await reply.finish(f"⚠️ {BROKEN.format(prompt.id)}", offered(cut) if reply.shown else NONE)
            if reply.lost and prompt.addressed:
                await _tell_apart(prompt, surface, reply.lost)
        return True

    def answering(self, prompt: Prompt, preferences: Preferences) -> Answering:
        """The work on one answer to a prompt."""
        return Answering(prompt, preferences, self._offer, self._asker, self._store)

    async def repair(self, find: Callable[[Unfinished], tuple[Surface, Place]]) -> None:
        """Complete the replies that were streaming when Parley died: what is known of them, and a word on why."""
        left = await self._store.conversations.unfinished()
        await asyncio.gather(*(self._mend(each, *find(each)) for each in left))

    async def _mend(self, left: Unfinished, surface: Surface, place: Place) -> None:
        prompt = Prompt(left.prompt_id, place, Person(left.asker_id, ""), "", addressed=False)
        reply = Reply.resumed(surface, left.text, left.shown)

        async def mend(_: RunningTurn) -> None:
            reply.dress((await self.preferences(place)).look)
            known = await self._store.answers.recall(left.shown[0]) if left.shown else None
            versions = known.versions if known else (left.answer_id,)
            cut = Completion("", left.text, error=INTERRUPTED)
            await reply.finish(INTERRUPTED, offered(cut, versions.index(left.answer_id) + 1, len(versions)))
            outcome = f", and not repaired: {reply.lost}" if reply.lost else ""
            log.warning("The reply to %s was cut by a restart%s", left.prompt_id, outcome)
            error = f"cut by a restart{outcome}"
            await self._store.conversations.give_up(left.answer_id, error, INTERRUPTED, reply.message_ids)

        await self.carry(prompt, reply, surface, mend)

    async def _answer(self, prompt: Prompt, running: RunningTurn) -> None:
        if refusal := running.reply.stopped or await self.refusal(prompt.author, prompt.place):
            raise Refusal(refusal)
        answering = self.answering(prompt, await self.preferences(prompt.place))
        try:
            await answering.publish(running.reply)
        except NothingToAnswer as nothing:
            raise Refusal(str(nothing)) from nothing


def may_talk(person: Person, place: Place, preferences: Preferences) -> bool:
    """Whether the preferences let this person have answers here."""
    free = preferences.role_id is None or place.guild_id is None or person.manages
    return free or preferences.role_id in person.role_ids


async def _tell_apart(prompt: Prompt, surface: Surface, lost: SurfaceLost) -> None:
    """The reply cannot be shown where it belongs: say so where the person can read it."""
    log.warning("The reply to %s in channel %s was lost: %s", prompt.id, prompt.place.channel_id, lost)
    if isinstance(lost, MessageGone):
        sentence = "My reply was deleted while I was writing it, so I stopped. Ask again to have a new one."
        try:
            await surface.send(Page(sentence))
        except (SurfaceLost, SurfaceBusy) as error:
            log.warning("Nor can that be said in the channel: %s", error)
    else:
        await surface.whisper(f"I could not answer you in <#{prompt.place.channel_id}>: {lost}. {lost.remedy}".rstrip())
