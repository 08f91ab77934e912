"""What becomes of an answer after its end: another version, more of it, a look at an earlier one, or nothing."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.chat.places import Person, Place
from bot.chat.prompts import Prompt
from bot.reply.controls import Act, offered
from bot.reply.reply import Reply
from bot.reply.surface import Surface, SurfaceBusy, SurfaceLost
from bot.store.store import Store
from bot.store.versions import ShownVersion
from bot.turn.running import STOPPED, RunningTurn
from bot.turn.turn import RESTARTING, Responder

log = logging.getLogger(__name__)

UNKNOWN = "I do not remember this answer any more."
NOT_YOURS = "Only <@{}>, who asked, and moderators can do that."
BUSY = "I am still at work on this answer."
OVER = "This answer has ended by itself."
GONE_ON = "The conversation has gone on from here. Reply to this message to go another way from it."


@dataclass(frozen=True, slots=True)
class Press:
    """A person wants something done to the reply that a Discord message is a page of; `model` is `provider/model`.

    `prompt_id` is the message that this one replies to, if it does.
    """

    act: Act
    message_id: int
    prompt_id: int | None
    place: Place
    person: Person
    moderates: bool = False
    model: str | None = None


class Revisions:
    """Does what people press. A returned sentence is for the person; where it is empty the reply says it all."""

    def __init__(self, responder: Responder, store: Store) -> None:
        self._responder = responder
        self._turns = responder.turns
        self._store = store

    async def press(self, press: Press, surface_of: Callable[[ShownVersion], Surface]) -> str:
        """Do what was pressed, after what was pressed just before."""
        if press.act is Act.STOP:
            return await self._stop(press)
        if self._turns.closing:
            return RESTARTING
        answered = await self.allowed(press)
        if not isinstance(answered, str) and self._turns.has(answered.prompt_id):
            if self._turns.streams(answered.prompt_id):
                return BUSY
            await self._turns.over(answered.prompt_id)  # it is shown whole, and about to be recorded
            answered = await self.allowed(press)
        if isinstance(answered, str):
            return answered
        return await self._revise(press, answered, surface_of(answered))

    async def allowed(self, press: Press) -> ShownVersion | str:
        """The answer that this person may do this to, or the sentence that says why not."""
        answered = await self._store.answers.recall(press.message_id)
        return UNKNOWN if answered is None else await self._refusal(press, answered) or answered

    async def _refusal(self, press: Press, answered: ShownVersion) -> str:
        if press.person.id != answered.asker_id and not press.moderates:
            return NOT_YOURS.format(answered.asker_id)
        if self._turns.streams(answered.prompt_id):
            return BUSY
        asks = press.act in (Act.REGENERATE, Act.CONTINUE, Act.MODEL)
        return await self._responder.refusal(press.person, press.place) if asks else ""

    async def _stop(self, press: Press) -> str:
        running = self._turns.showing(press.message_id, press.prompt_id)
        if running is None:
            return await self._stop_unheard(press)
        if press.person.id != running.prompt.author.id and not press.moderates:
            return NOT_YOURS.format(running.prompt.author.id)
        return "" if running.reply.stop(STOPPED.format(press.person.id)) else OVER

    async def _stop_unheard(self, press: Press) -> str:
        """Stop what the person has running in the channel, below a further page that we have not heard of yet."""
        if await self._store.conversations.knows(press.message_id):
            return OVER
        stopped = self._turns.stop(press.place.channel_id, press.person.id, everybodys=False)
        return "" if stopped else OVER

    async def _revise(self, press: Press, answered: ShownVersion, surface: Surface) -> str:
        prompt = Prompt(answered.prompt_id, press.place, Person(answered.asker_id, ""), answered.question.text)
        reply = Reply.resumed(surface, "", answered.shown)
        said = ""

        async def act(running: RunningTurn) -> None:
            nonlocal said
            said = running.reply.stopped or await self._act(press, prompt, surface, reply)

        return said if await self._responder.carry(prompt, reply, surface, act) else BUSY

    async def _act(self, press: Press, prompt: Prompt, surface: Surface, reply: Reply) -> str:
        """Do it, to the answer as it is now that it is this one's turn."""
        answered = await self._store.answers.recall(press.message_id)
        if answered is None:
            return UNKNOWN
        if answered.gone_on:
            await reply.bare(answered.shown[-1])
            return GONE_ON
        reply.resume(answered.shown)
        match press.act:
            case Act.DELETE:
                return await self._delete(answered, surface)
            case Act.OLDER | Act.NEWER:
                return await self._turn_over(answered, 1 if press.act is Act.NEWER else -1, reply, press.place)
            case Act.CONTINUE:
                await self._go_on(press, prompt, answered, reply)
            case _:
                if not answered.question.images:  # this model may be the first with eyes
                    prompt = replace(prompt, attachments=await surface.attachments())
                await self._again(press, prompt, answered, reply)
        return ""

    async def _again(self, press: Press, prompt: Prompt, answered: ShownVersion, reply: Reply) -> None:
        preferences = await self._responder.preferences(press.place)
        preferences = preferences.model_copy(update={"model": press.model or preferences.model})
        await self._responder.answering(prompt, preferences).again(answered, reply)

    async def _go_on(self, press: Press, prompt: Prompt, answered: ShownVersion, reply: Reply) -> None:
        """With the model that began it, since another would not know where it was going."""
        preferences = await self._responder.preferences(press.place)
        preferences = preferences.model_copy(update={"model": answered.completion.model})
        reply.draft.text, reply.draft.thought = answered.completion.text, answered.completion.reasoning
        await self._responder.answering(prompt, preferences).go_on(answered, reply)

    async def _turn_over(self, answered: ShownVersion, step: int, reply: Reply, place: Place) -> str:
        """Show the next version in the messages of this one."""
        number = answered.versions.index(answered.answer_id) + step
        if not 0 <= number < len(answered.versions):
            return "There is no further version."
        answer_id = answered.versions[number]
        completion = await self._store.answers.version(answer_id)
        reply.dress((await self._responder.preferences(place)).look)
        reply.draft.text, reply.draft.thought = completion.text, completion.reasoning
        await self._store.answers.show(answer_id, answered.shown)  # what is shown is always known already
        await reply.finish(completion.note, offered(completion, number + 1, len(answered.versions)))
        await self._store.answers.show(answer_id, reply.message_ids)
        return ""

    async def _delete(self, answered: ShownVersion, surface: Surface) -> str:
        """Take the reply away, last page first, and forget it."""
        for message_id in reversed(answered.shown):
            try:
                await surface.delete(message_id)
            except (SurfaceLost, SurfaceBusy) as error:
                log.warning("The reply to %s could not be deleted: %s", answered.prompt_id, error)
                return f"⚠️ It could not be deleted: {error}. Try again."
        await self._store.answers.forget(answered)
        return ""
