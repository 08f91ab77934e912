"""What the buttons below a reply do: stop, regenerate, continue, switch versions, delete."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.chat.places import Person, Place
from bot.chat.prompts import Prompt, Trigger
from bot.preferences.declaration import Preferences
from bot.reply.controls import Act
from bot.reply.reply import Reply
from bot.reply.surface import Surface, SurfaceBusy, SurfaceLost
from bot.store.store import Store
from bot.store.versions import Asked, ShownVersion
from bot.text import Refused, Text
from bot.turn.decide import RESTARTING, check
from bot.turn.notes import controls_for
from bot.turn.running import stopped_by
from bot.turn.turn import Turn, Turns

log = logging.getLogger(__name__)

UNKNOWN = Text("I don't remember this answer any more.")
BUSY = Text("I'm still writing this answer.")
ENDED = Text("This answer has already ended.")
CONTINUED = Text("The conversation has already continued. Reply here to branch off.")
NO_FURTHER_VERSION = Text("There's no further version.")


_TRIGGERS = frozenset((Trigger.COMMAND,))


@dataclass(frozen=True, slots=True)
class Press:
    """A button press on a Discord message that is a page of a reply; `model` is `provider/model`.

    `prompt_id` is the message that this one replies to, if any.
    """

    act: Act
    message_id: int
    prompt_id: int | None
    place: Place
    person: Person
    moderates: bool = False
    model: str | None = None


class Actions:
    """Performs the acts of the buttons. Methods raise Refused with a reason for the person who pressed."""

    def __init__(self, turns: Turns, store: Store) -> None:
        self._turns = turns
        self._running = turns.running
        self._store = store

    async def press(self, press: Press, open_surface: Callable[[Asked], Surface]) -> None:
        """Perform the act, after earlier ones on the same reply have finished."""
        if press.act is Act.STOP:
            await self._stop(press)
            return
        asked = await self._check(press)
        await self._running.wait_for(asked.prompt_id)  # a turn that is shown in full but not yet recorded
        surface = open_surface(asked)
        reply = Reply(surface)
        prompt = Prompt(asked.prompt_id, press.place, Person(asked.asker_id, ""))
        refusal: Text | None = None  # not the exception, whose traceback would refer to this frame
        async with (
            self._running.register(prompt, reply),
            self._turns.boundary(prompt, reply, surface),
            self._running.in_line(prompt),
        ):
            try:
                await self._act(press, prompt, reply, surface)
            except Refused as error:  # shown to the person who pressed, not in the reply
                refusal = error.text
        if refusal:
            raise Refused(refusal)

    async def model_of(self, press: Press) -> str | None:
        """The model whose answer would be replaced by another; None if the conversation has already continued."""
        await self._check(press)
        shown = await self._store.versions.recall(press.message_id)
        if shown is None:
            raise Refused(UNKNOWN)
        check(await self._turns.facts(press.place, press.person, _TRIGGERS))
        return None if shown.continued else shown.completion.model

    async def _check(self, press: Press) -> Asked:
        """The prompt and its author, after checking that this person may act on the reply now. Raises Refused."""
        if self._running.closing:
            raise Refused(RESTARTING)
        asked = await self._store.versions.asker_of(press.message_id)
        if asked is None:
            raise Refused(UNKNOWN)
        _check_owner(press, asked.asker_id)
        if self._running.is_writing(asked.prompt_id):
            raise Refused(BUSY)
        return asked

    async def _stop(self, press: Press) -> None:
        turn = self._running.find(press.message_id, press.prompt_id)
        if turn:
            _check_owner(press, turn.prompt.author.id)
            stopped = turn.reply.stop(stopped_by(press.person.id))
        else:
            # for a page that is not recorded yet, we cannot tell which of the person's turns it belongs to
            known = await self._store.conversations.is_stored(press.message_id)
            stopped = not known and bool(self._running.stop(press.place.channel_id, press.person.id, of_everyone=False))
        if not stopped:
            raise Refused(ENDED)

    async def _act(self, press: Press, prompt: Prompt, reply: Reply, surface: Surface) -> None:
        """Perform the act on the current state of the answer."""
        if reply.stopped:
            raise Refused(reply.stopped)
        shown = await self._store.versions.recall(press.message_id)
        if shown is None:
            raise Refused(UNKNOWN)
        if shown.continued:
            await reply.remove_buttons(shown.shown[-1])
            raise Refused(CONTINUED)
        if press.act is Act.DELETE:
            await self._delete(shown, surface)
            return
        facts = await self._turns.facts(press.place, press.person, _TRIGGERS)
        preferences = facts.preferences
        reply.resume(shown.shown, preferences.look)
        if press.act in (Act.OLDER, Act.NEWER):
            await self._switch_version(shown, 1 if press.act is Act.NEWER else -1, reply, preferences)
            return
        check(facts)
        if press.act is Act.CONTINUE:
            await self._continue(press, prompt, shown, reply, preferences)
        else:
            await self._regenerate(press, prompt, shown, reply, surface, preferences)

    async def _regenerate(
        self,
        press: Press,
        prompt: Prompt,
        shown: ShownVersion,
        reply: Reply,
        surface: Surface,
        preferences: Preferences,
    ) -> None:
        if not shown.question.images:  # this may be the first model that can see images
            prompt = replace(prompt, attachments=await surface.attachments())
        count = len(shown.versions) + 1
        turn = Turn(prompt, press.person.id, count, count)
        preferences = preferences.model_copy(update={"model": press.model or preferences.model})
        await self._turns.regenerate(turn, shown, reply, preferences)

    async def _continue(
        self, press: Press, prompt: Prompt, shown: ShownVersion, reply: Reply, preferences: Preferences
    ) -> None:
        reply.resume(shown.shown, preferences.look, shown.completion.text, shown.completion.reasoning)
        version = shown.versions.index(shown.version_id) + 1
        turn = Turn(prompt, press.person.id, version, len(shown.versions), shown.completion)
        await self._turns.continue_cut(turn, shown, reply, preferences)

    async def _switch_version(self, shown: ShownVersion, step: int, reply: Reply, preferences: Preferences) -> None:
        """Show the next version in the messages of this one."""
        number = shown.versions.index(shown.version_id) + step
        if not 0 <= number < len(shown.versions):
            raise Refused(NO_FURTHER_VERSION)
        version_id = shown.versions[number]
        completion = await self._store.versions.version(version_id)
        reply.resume(shown.shown, preferences.look, completion.text, completion.reasoning)
        await self._store.versions.show(version_id, shown.shown)  # what is shown is always recorded already
        await reply.finish(completion.note, controls_for(completion, number + 1, len(shown.versions)))
        await self._store.versions.show(version_id, reply.message_ids)

    async def _delete(self, shown: ShownVersion, surface: Surface) -> None:
        """Delete the reply, last page first, and forget its versions."""
        for message_id in reversed(shown.shown):
            try:
                await surface.delete(message_id)
            except (SurfaceLost, SurfaceBusy) as error:
                log.warning("The reply to %s could not be deleted: %s", shown.prompt_id, error)
                raise Refused(Text("⚠️ I couldn't delete it: {reason}. Try again.", reason=error)) from error
        await self._store.versions.forget(shown)


def _check_owner(press: Press, asker_id: int) -> None:
    if press.person.id != asker_id and not press.moderates:
        raise Refused(Text("Only <@{asker}>, who asked, and moderators can do that.", asker=asker_id))
