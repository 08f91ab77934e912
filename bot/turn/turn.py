"""One prompt, from its arrival to its record; free of Discord.

`Turns.answer` tells the whole story in order. Regenerate and Continue join it where the request is known.
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
from bot.turn.decide import RESTARTING, Facts, NoAnswer, cannot_answer, check, is_asked, nothing_to_answer
from bot.turn.generate import Generation
from bot.turn.notes import completion_of, conclude, controls_for, footer, note_below
from bot.turn.request import RequestBuilder
from bot.turn.running import INTERRUPTED, Running

log = logging.getLogger(__name__)

BROKEN = "Something went wrong on my side. The operator can find the cause in the log, under {id}."
REPLY_DELETED = Text("My reply was deleted while I was writing it, so I stopped. Ask again for a new one.")

OpenSurface = Callable[[Preferences], Surface]


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn writes: an answer to a prompt, for a person, as which version, continuing which completion."""

    prompt: Prompt
    person_id: int
    version: int = 1
    versions: int = 1
    continues: Completion | None = None


class Turns:
    """Carries turns from the prompt to the record."""

    def __init__(self, offer: Offer, asker: Asker, store: Store, resolver: Resolver, running: Running) -> None:
        self.running = running
        self._offer = offer
        self._asker = asker
        self._store = store
        self._resolver = resolver

    async def answer(self, prompt: Prompt, open_surface: OpenSurface, preferences: Preferences | None = None) -> None:
        """Answer a prompt, once however often it comes. Every outcome is shown to the person, recorded and logged.

        `preferences` are those of the place and the person, where the caller has resolved them already.
        """
        try:
            preferences = preferences or await self.preferences(prompt.place, prompt.author)
        except Exception:  # the boundary of a turn that has not begun
            log.exception("Prompt %s failed", prompt.id)
            if prompt.addressed:
                await _say_broken(prompt, Reply(open_surface(Preferences())))
            return
        if not is_asked(prompt.triggers, preferences) or self.running.has(prompt.id):
            return
        surface = open_surface(preferences)
        reply = Reply(surface, preferences.look)
        async with self.running.register(prompt, reply), self.boundary(prompt, reply, surface):
            content = bool(prompt.parts or prompt.attachments)
            self.check(prompt.place, prompt.author, preferences, prompt.triggers, content, surface.obstacle())
            async with self.running.in_line(prompt):
                if reply.stopped or self.running.closing:
                    raise Refused(reply.stopped or RESTARTING)
                position = await self._store.conversations.locate(prompt)
                parts, files = prompt.parts, prompt.attachments
                if position.follows_reply and prompt.replies_to:
                    parts, files = prompt.without_quotes_of(prompt.replies_to)  # the conversation itself has them
                generation = Generation(self._offer, self._asker, preferences)
                requests = RequestBuilder(self._store.conversations, preferences, position, parts, files)
                await requests.read_files(generation.endpoints)
                if not requests.parts:
                    raise Refused(nothing_to_answer(requests.left_out))
                journal = await self._store.conversations.claim(prompt, requests.parts, position, generation.model)
                removal = asyncio.create_task(reply.remove_buttons(position.last_page))
                try:
                    await self._publish(Turn(prompt, prompt.author.id), reply, generation, requests, journal)
                finally:
                    await removal

    async def regenerate(self, turn: Turn, shown: ShownVersion, reply: Reply, preferences: Preferences) -> None:
        """Answer a prompt once more, in the messages that show an earlier version."""
        generation = Generation(self._offer, self._asker, preferences)
        requests = RequestBuilder(
            self._store.conversations, preferences, shown.position, shown.question.parts, turn.prompt.attachments
        )
        await requests.read_files(generation.endpoints)
        journal = await self._store.versions.add(shown, requests.images, generation.model)
        await self._publish(turn, reply, generation, requests, journal)

    async def continue_cut(self, turn: Turn, shown: ShownVersion, reply: Reply, preferences: Preferences) -> None:
        """Continue a completion that was cut, in its messages and with the model that began it."""
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
        """Show the completion as it is generated, then what there is to say about it, and close its record."""
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

    async def preferences(self, place: Place, person: Person) -> Preferences:
        """The preferences that apply to this person in this place."""
        return (await self._resolver.at(place, person)).values

    def check(
        self,
        place: Place,
        person: Person,
        preferences: Preferences,
        triggers: frozenset[Trigger],
        has_content: bool = True,
        obstacle: SurfaceLost | None = None,
    ) -> None:
        """Raise NoAnswer where this person can have no answer here now."""
        check(Facts(place, person, preferences, triggers, has_content, obstacle, self.running.closing))

    @asynccontextmanager
    async def boundary(self, prompt: Prompt, reply: Reply, surface: Surface) -> AsyncIterator[None]:
        """Where an exception becomes a sentence for the person: whatever happens inside, other turns go on."""
        try:
            yield
        except AlreadyClaimed:
            log.debug("Prompt %s has been answered before", prompt.id)
        except Refused as refused:
            privately = isinstance(refused, NoAnswer) and refused.privately
            level = logging.WARNING if privately else logging.INFO  # it is for a server admin to mend
            log.log(level, "No answer to %s in channel %s: %s", prompt.id, prompt.place.channel_id, refused)
            if privately and prompt.addressed:
                await surface.notify_privately(refused.text)
            elif prompt.addressed:
                await reply.finish(str(refused.text), keep=False)
        except Exception:  # the boundary of a turn
            log.exception("Prompt %s failed", prompt.id)
            await _say_broken(prompt, reply)
        if reply.lost and prompt.addressed:
            await _report_loss(prompt, surface, reply.lost, reply.posted)

    async def repair(self, find: Callable[[Unfinished], Awaitable[tuple[Surface, Place]]]) -> None:
        """Complete the replies that were being written when Parley died: what is known of them, and a word on why."""
        await asyncio.gather(*(self._repair(each, find) for each in await self._store.conversations.unfinished()))

    async def _repair(self, left: Unfinished, find: Callable[[Unfinished], Awaitable[tuple[Surface, Place]]]) -> None:
        surface, place = await find(left)
        if self.running.closing or self.running.has(left.prompt_id):
            return  # the next start repairs it
        person = Person(left.asker_id, "")
        prompt = Prompt(left.prompt_id, place, person, triggers=frozenset())
        reply = Reply(surface)
        reply.resume(left.shown, Look(), left.text)  # so that a reply to it waits
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
            log.warning("The reply to %s was cut by a restart%s", left.prompt_id, outcome)
            journal = self._store.versions.journal(left.version_id, left.text, left.shown)
            await journal.give_up(f"cut by a restart{outcome}", str(INTERRUPTED), reply.message_ids)


@asynccontextmanager
async def _given_up_if_broken(journal: Journal, reply: Reply) -> AsyncIterator[None]:
    """End the record of a completion that a fault of ours broke off; one that is cancelled is repaired at a start."""
    try:
        yield
    except Exception:
        await journal.give_up("a fault of Parley's own", "", reply.message_ids)
        raise


async def _say_broken(prompt: Prompt, reply: Reply) -> None:
    """Tell the person that the turn failed; what has been shown of the answer stays."""
    sentence = Text(BROKEN, id=prompt.id)
    cut = Completion("", reply.draft.text, error="broken")
    await reply.finish(f"⚠️ {sentence}", controls_for(cut) if reply.shown else NONE, keep=False)


def _cost(endpoint: Endpoint | None, usage: Usage | None) -> float | None:
    """US dollars, None where the price or the tokens are not known."""
    return endpoint.price.cost(usage) if endpoint and endpoint.price and usage else None


def _ledger_entry(turn: Turn, ended: Ended, endpoint: Endpoint | None) -> LedgerEntry | None:
    """What the completion used, if the provider sent anything."""
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


async def _report_loss(prompt: Prompt, surface: Surface, lost: SurfaceLost, posted: int) -> None:
    """Say where the person can read it that the reply could not be shown."""
    log.warning("The reply to %s in channel %s was lost: %s", prompt.id, prompt.place.channel_id, lost)
    if not isinstance(lost, MessageGone):
        await surface.notify_privately(cannot_answer(prompt.place.channel_id, lost))
        return
    try:
        await surface.send(Page(str(REPLY_DELETED)), posted)
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
