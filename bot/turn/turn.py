"""One turn: a prompt, from its arrival to its record.

`Turns.answer` does everything in order. Regenerate and Continue share its second half, `_publish`.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from bot.chat.events import Ended
from bot.chat.looks import Look
from bot.chat.messages import Completion, Usage
from bot.chat.places import Person, Place
from bot.chat.prompts import Prompt, Trigger
from bot.preferences.declaration import Footer, Preferences
from bot.preferences.resolver import Resolver
from bot.providers.asking import Asker
from bot.providers.offer import Endpoint, Offer
from bot.reply.controls import NONE
from bot.reply.reply import Reply
from bot.reply.surface import MessageGone, Page, Surface, SurfaceBusy, SurfaceLost
from bot.store.conversations import AlreadyClaimed, Unfinished
from bot.store.journal import Journal
from bot.store.store import Store
from bot.store.usage import LedgerEntry
from bot.store.versions import ShownVersion
from bot.text import Refused, Text
from bot.turn.decide import Facts, NoAnswer, cannot_answer, check, is_asked
from bot.turn.generate import Generation
from bot.turn.notes import completion_of, conclude, controls_for, footer, note_below
from bot.turn.request import RequestBuilder
from bot.turn.running import INTERRUPTED, Running

log = logging.getLogger(__name__)

BROKEN = "Something went wrong on my side. The bot's operator can find the cause in the log under {id}."
REPLY_DELETED = Text("My reply was deleted while I was writing it, so I stopped. Ask again for a new one.")

OpenSurface = Callable[[Preferences], Surface]


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn: the prompt, the person it is for, the number of the version, and the completion that it continues."""

    prompt: Prompt
    person_id: int
    version: int = 1
    versions: int = 1
    continues: Completion | None = None


class Turns:
    """Runs turns."""

    def __init__(self, offer: Offer, asker: Asker, store: Store, resolver: Resolver, running: Running) -> None:
        self.running = running
        self._offer = offer
        self._asker = asker
        self._store = store
        self._resolver = resolver

    async def answer(self, prompt: Prompt, open_surface: OpenSurface, facts: Facts | None = None) -> None:
        """Answer a prompt, only once even if it arrives twice. Every outcome is shown, recorded and logged.

        `facts` are those of the place and the person, if the caller has gathered them already.
        """
        try:
            facts = facts or await self.facts(prompt.place, prompt.author, prompt.triggers)
        except Exception:
            log.exception("Prompt %s failed before its turn", prompt.id)
            if prompt.addressed:
                surface = open_surface(Preferences())
                reply = Reply(surface)
                await _say_broken(prompt, reply)
                await _report_loss(prompt, reply, surface)
            return
        preferences = facts.preferences
        if not is_asked(facts) or self.running.has(prompt.id):
            return
        surface = open_surface(preferences)
        reply = Reply(surface, preferences.look)
        async with self.running.register(prompt, reply), self.boundary(prompt, reply, surface):
            content = bool(prompt.parts or prompt.attachments)
            facts = replace(facts, has_content=content, obstacle=surface.obstacle())
            check(facts)
            async with self.running.in_line(prompt):
                facts = replace(facts, closing=self.running.closing, stopped=reply.stopped)
                check(facts)
                position = await self._store.conversations.locate(prompt)
                parts, files = prompt.parts, prompt.attachments
                if position.follows_reply and prompt.replies_to:
                    parts, files = prompt.without_quotes_of(prompt.replies_to)  # they are already in the conversation
                generation = Generation(self._offer, self._asker, preferences)
                requests = RequestBuilder(self._store.conversations, preferences, position, parts, files)
                await requests.read_files(generation.endpoints)
                check(replace(facts, has_content=bool(requests.parts), left_out=requests.left_out))
                journal = await self._store.conversations.claim(prompt, requests.parts, position, generation.model)
                removal = asyncio.create_task(reply.remove_buttons(position.last_page))
                try:
                    await self._publish(Turn(prompt, prompt.author.id), reply, generation, requests, journal)
                finally:
                    await removal

    async def regenerate(self, turn: Turn, shown: ShownVersion, reply: Reply, preferences: Preferences) -> None:
        """Answer a prompt again, in the messages that show an earlier version."""
        generation = Generation(self._offer, self._asker, preferences)
        requests = RequestBuilder(
            self._store.conversations, preferences, shown.position, shown.question.parts, turn.prompt.attachments
        )
        await requests.read_files(generation.endpoints)
        journal = await self._store.versions.add(shown, requests.images, generation.model)
        await self._publish(turn, reply, generation, requests, journal)

    async def continue_cut(self, turn: Turn, shown: ShownVersion, reply: Reply, preferences: Preferences) -> None:
        """Continue a completion that was cut off, in its messages and with its model."""
        generation = Generation(
            self._offer, self._asker, preferences.model_copy(update={"model": shown.completion.model})
        )
        requests = RequestBuilder(
            self._store.conversations,
            preferences,
            shown.position,
            shown.question.parts,
            begun=shown.completion.text,
        )
        journal = await self._store.versions.reopen(shown)
        await self._publish(turn, reply, generation, requests, journal)

    async def _publish(
        self, turn: Turn, reply: Reply, generation: Generation, requests: RequestBuilder, journal: Journal
    ) -> None:
        """Show the completion while it is generated, then add the note and close the record."""
        begun = turn.continues.text if turn.continues else ""
        async with _given_up_if_broken(journal, reply):
            await reply.publish(generation.events(requests, begun), journal)
            ended = conclude(generation.ended, reply.stopped, reply.draft)
            completion = completion_of(ended, reply.draft, turn.continues)
            how = requests.preferences.footer or Footer.OFF
            line = footer(completion, how, _cost(generation.answering, completion.usage), requests.context)
            note = note_below(completion, ended, reply.stopped, requests.left_out, requests.context, line)
            completion = replace(completion, note=note)
            await reply.finish(note, controls_for(completion, turn.version, turn.versions))
            if reply.lost:
                completion = replace(completion, error=f"not shown to the end: {reply.lost}", note="")
            await journal.close(completion, reply.message_ids, _ledger_entry(turn, ended, generation.answering))
        _log(turn.prompt, completion)

    async def facts(self, place: Place, person: Person, triggers: frozenset[Trigger]) -> Facts:
        """What decides whether this person can have an answer here now, as far as that is known without a prompt."""
        return Facts(place, person, await self.preferences(place, person), triggers, closing=self.running.closing)

    async def preferences(self, place: Place, person: Person) -> Preferences:
        """The preferences that apply to this person in this place."""
        return (await self._resolver.at(place, person)).values

    @asynccontextmanager
    async def boundary(self, prompt: Prompt, reply: Reply, surface: Surface) -> AsyncIterator[None]:
        """Turns exceptions into sentences for the person, so that other turns are not affected."""
        try:
            yield
        except AlreadyClaimed:
            log.debug("Prompt %s was already answered", prompt.id)
        except Refused as refused:
            privately = isinstance(refused, NoAnswer) and refused.privately
            level = logging.WARNING if privately else logging.INFO if prompt.addressed else logging.DEBUG
            log.log(level, "No answer to %s in channel %s: %s", prompt.id, prompt.place.channel_id, refused)
            if privately and prompt.addressed:
                await surface.notify_privately(refused.text)
            elif prompt.addressed:
                await reply.finish(str(refused.text), keep=False)
        except Exception:  # the boundary of a turn
            log.exception("Prompt %s failed", prompt.id)
            await _say_broken(prompt, reply)
        await _report_loss(prompt, reply, surface)

    async def repair(self, find: Callable[[Unfinished], Awaitable[tuple[Surface, Place]]]) -> None:
        """Finish the replies that were interrupted when Parley died: with what was stored, and a note that says why."""
        await asyncio.gather(*(self._repair(each, find) for each in await self._store.conversations.unfinished()))

    async def _repair(self, left: Unfinished, find: Callable[[Unfinished], Awaitable[tuple[Surface, Place]]]) -> None:
        surface, place = await find(left)
        if self.running.closing or self.running.has(left.prompt_id):
            return  # the next start repairs it
        person = Person(left.asker_id, "")
        prompt = Prompt(left.prompt_id, place, person, triggers=frozenset())
        reply = Reply(surface)
        reply.resume(left.shown, Look(), left.text)  # makes a prompt that replies to it wait
        async with (
            self.running.register(prompt, reply),
            self.boundary(prompt, reply, surface),
            self.running.in_line(prompt),
        ):
            reply.resume(left.shown, (await self.preferences(place, person)).look, left.text)
            known = await self._store.versions.recall(left.shown[0]) if left.shown else None
            versions = known.versions if known else (left.version_id,)
            cut = Completion("", left.text, error="interrupted")
            await reply.finish(str(INTERRUPTED), controls_for(cut, versions.index(left.version_id) + 1, len(versions)))
            outcome = f", and not repaired: {reply.lost}" if reply.lost else ""
            log.warning("The reply to %s was cut off by a restart%s", left.prompt_id, outcome)
            journal = self._store.versions.journal(left.version_id, left.text, left.shown)
            await journal.give_up(f"cut off by a restart{outcome}", str(INTERRUPTED), reply.message_ids)


@asynccontextmanager
async def _given_up_if_broken(journal: Journal, reply: Reply) -> AsyncIterator[None]:
    """Close the record of a completion that failed unexpectedly; a cancelled one is repaired at the next start."""
    try:
        yield
    except Exception:
        await journal.give_up("internal error", "", reply.message_ids)
        raise


async def _say_broken(prompt: Prompt, reply: Reply) -> None:
    """Tell the person that the turn failed; what has been shown of the answer stays."""
    sentence = Text(BROKEN, id=prompt.id)
    cut = Completion("", reply.draft.text, error="broken")
    await reply.finish(f"⚠️ {sentence}", controls_for(cut) if reply.shown else NONE, keep=False)


def _cost(endpoint: Endpoint | None, usage: Usage | None) -> float | None:
    """The cost in US dollars; None if the price or the tokens are unknown."""
    return endpoint.price.cost(usage) if endpoint and endpoint.price and usage else None


def _ledger_entry(turn: Turn, ended: Ended, endpoint: Endpoint | None) -> LedgerEntry | None:
    """The ledger entry of the completion; None if the provider sent nothing."""
    if ended.usage is None and ended.first_text_after is None:
        return None
    cost = _cost(endpoint, ended.usage)
    place = turn.prompt.place
    return LedgerEntry(
        turn.person_id,
        place.channel_id,
        place.guild_id,
        ended.model,
        ended.usage,
        cost,
        endpoint.price_source if endpoint and cost is not None else None,
    )


async def _report_loss(prompt: Prompt, reply: Reply, surface: Surface) -> None:
    """Tell whoever asked if the reply could not be shown."""
    if reply.lost is None or not prompt.addressed:
        return
    log.warning("The reply to %s in channel %s was lost: %s", prompt.id, prompt.place.channel_id, reply.lost)
    if not isinstance(reply.lost, MessageGone):
        await surface.notify_privately(cannot_answer(prompt.place.channel_id, reply.lost))
        return
    try:
        await surface.send(Page(str(REPLY_DELETED)), reply.posted)
    except (SurfaceLost, SurfaceBusy) as error:
        log.warning("The channel could not be told either: %s", error)


def _log(prompt: Prompt, completion: Completion) -> None:
    log.info(
        "Prompt %s answered by %s in %.1f s: %d characters, finish reason %s%s",
        prompt.id,
        completion.model,
        completion.took,
        len(completion.text),
        completion.finish_reason,
        f", {completion.error}" if completion.error else "",
    )
