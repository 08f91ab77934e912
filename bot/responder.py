"""One turn, free of Discord: from a prompt to a reply that is shown and remembered.

This is the only place where an error becomes advice. Turns of one line (a person in a channel, everybody in a thread
or DM) follow one another; a reply to an answer that is still being written waits for its end. Everything else runs
side by side.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from weakref import WeakValueDictionary

from bot.chat.attachments import ImageRules, read_images
from bot.chat.context import build_context
from bot.chat.messages import Completion, Image, Message, Position, Prompt, Role, Turn
from bot.chat.preferences import Answer, Preferences, effective
from bot.chat.reply import MessageGone, Reply, Surface, SurfaceBusy, SurfaceLost
from bot.providers.client import ChatClient
from bot.providers.errors import ProviderError
from bot.providers.offer import Endpoint, NotOffered, Offer
from bot.providers.request import ChatRequest
from bot.store.store import Store

log = logging.getLogger(__name__)

ANSWER_SHARE = 4
"""One part in this many of a model's window is left for its answer."""

INTERRUPTED = "I was restarted while writing this. Mention me again to go on."

BROKEN = "Something went wrong on my side. The operator finds the cause in the log, under {}."


class Refusal(Exception):
    """There will be no answer; the message is the sentence that says why, and who can do what."""


@dataclass(slots=True)
class _Running:
    """A turn that is being answered, from its prompt to its record."""

    reply: Reply
    over: asyncio.Event = field(default_factory=asyncio.Event)
    interrupted: bool = False


class Responder:
    """Answers prompts. `operator` is the layer of preferences below every server's."""

    def __init__(self, offer: Offer, client: ChatClient, store: Store, operator: Preferences) -> None:
        self._offer = offer
        self._client = client
        self._store = store
        self._operator = operator
        self._lines: WeakValueDictionary[tuple[int, int | None], asyncio.Lock] = WeakValueDictionary()
        self._running: dict[int, _Running] = {}
        self._closing = False

    async def wants(self, prompt: Prompt) -> bool:
        """Whether to answer at all. Where everything is answered, nobody who was not addressing us is turned away."""
        if prompt.addressed:
            return True
        preferences = await self.preferences(prompt)
        return preferences.answer is Answer.ALWAYS and _may_talk(prompt, preferences) and bool(prompt.content)

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
                await running.reply.finish(str(refusal))
            except Exception:  # the boundary of a turn: whatever happens in one, the person is told and others go on
                log.exception("Prompt %s failed", prompt.id)
                await running.reply.finish(f"⚠️ {BROKEN.format(prompt.id)}")
            if running.reply.lost:
                await _tell_apart(prompt, surface, running.reply.lost)

    async def drain(self) -> None:
        """Take no more prompts; end the running replies where they are, shown and recorded as interrupted."""
        self._closing = True
        turns = list(self._running.values())
        for running in turns:
            running.interrupted = running.reply.stop()
        if turns:
            log.info("Finishing %d running replies", len(turns))
            await asyncio.gather(*(running.over.wait() for running in turns))

    @asynccontextmanager
    async def _turn(self, prompt: Prompt, surface: Surface) -> AsyncIterator[_Running]:
        running = self._running[prompt.id] = _Running(Reply(surface))
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
        position = await self._store.conversations.locate(prompt)
        if prompt.quote and await self._store.conversations.knows(prompt.quote.id):
            prompt = replace(prompt, quote=None)  # the conversation itself says it
        completion = Completion(preferences.model or self._offer.default_model)
        endpoint, lack = self._endpoint(completion.model)
        images, skipped = await read_images(prompt.files, endpoint.image_rules if endpoint else ImageRules())
        if not prompt.content and not images:
            raise Refusal(_nothing_to_answer(skipped))
        if endpoint:
            request = await self._request(prompt, images, position, endpoint, preferences)
            await self._publish(running, endpoint, request, completion, skipped)
        else:
            completion.error = lack
            await running.reply.finish(f"⚠️ {lack}")
        shown = tuple(page.message_id for page in running.reply.shown)
        await self._store.conversations.record(Turn(prompt, images, position, completion, shown))
        _log_turn(prompt, completion)

    def _endpoint(self, wanted: str) -> tuple[Endpoint | None, str]:
        """The endpoint of that name, or why there is none."""
        try:
            return self._offer.endpoint(wanted), ""
        except NotOffered as error:
            return None, str(error)

    async def _request(
        self, prompt: Prompt, images: tuple[Image, ...], position: Position, endpoint: Endpoint, chosen: Preferences
    ) -> ChatRequest:
        rules = endpoint.image_rules
        path = await self._store.conversations.path(position.parent_id, with_images=bool(rules.types))
        path.append(Message.of(Role.USER, prompt.content, images))
        window = endpoint.context
        budget = window - min(chosen.max_tokens or window, window // ANSWER_SHARE)
        context = build_context(chosen.system_prompt, path, budget, rules)
        return ChatRequest(context.messages, chosen.temperature, chosen.top_p, chosen.max_tokens, chosen.image_detail)

    async def _publish(
        self, running: _Running, endpoint: Endpoint, request: ChatRequest, completion: Completion, skipped: list[str]
    ) -> None:
        """Show the answer as it comes, then what there is to say about it."""
        reply, notes = running.reply, [f"Left out {phrase}." for phrase in skipped]
        try:
            await reply.publish(self._pieces(endpoint, request, completion))
        except ProviderError as error:
            log.warning("%s failed: %s: %s", endpoint.full_name, type(error).__name__, error.detail)
            completion.error = f"{type(error).__name__}: {error.detail}"
            notes.insert(0, f"⚠️ {error.sentence(endpoint.provider.title, f'`{endpoint.full_name}`')}")
        completion.text = reply.text
        if running.interrupted:
            completion.error = "interrupted by a restart"
            notes.insert(0, f"⚠️ {INTERRUPTED}")
        elif reply.lost:
            completion.error = f"not shown to the end: {reply.lost}"
        elif not reply.text.strip() and not completion.error:
            completion.error = "empty answer"
            notes.insert(0, _empty_answer(endpoint, completion))
        if notes and not reply.lost:
            await reply.finish("\n".join(notes))

    async def _pieces(self, endpoint: Endpoint, request: ChatRequest, completion: Completion) -> AsyncIterator[str]:
        """The text of the answer's chunks; what else they say goes into the completion."""
        began = time.monotonic()
        try:
            async with aclosing(self._client.stream(endpoint, request)) as chunks:
                async for chunk in chunks:
                    completion.usage = chunk.usage or completion.usage
                    completion.finish_reason = chunk.finish_reason or completion.finish_reason
                    completion.answered_by = chunk.model or completion.answered_by
                    if chunk.text:
                        completion.first_text_after = completion.first_text_after or time.monotonic() - began
                        yield chunk.text
        finally:
            completion.took = time.monotonic() - began


def _may_talk(prompt: Prompt, preferences: Preferences) -> bool:
    free = preferences.role_id is None or prompt.place.guild_id is None or prompt.author.manages
    return free or preferences.role_id in prompt.author.role_ids


def _nothing_to_answer(skipped: list[str]) -> str:
    if skipped:
        return "I have nothing to answer: " + "; ".join(skipped) + "."
    return "Write your question in the same message as the mention, and I will answer it. `/help` shows what else I do."


def _empty_answer(endpoint: Endpoint, completion: Completion) -> str:
    if completion.finish_reason == "length":
        return (
            f"⚠️ `{endpoint.full_name}` used up its tokens before it wrote anything. "
            "Ask for less, or have `max_tokens` raised in `/settings set`."
        )
    return f"⚠️ `{endpoint.full_name}` sent an empty answer. Try other words, or switch with `/model`."


async def _tell_apart(prompt: Prompt, surface: Surface, lost: SurfaceLost) -> None:
    """The reply cannot be shown where it belongs: say so where the person can read it."""
    log.warning("The reply to %s in channel %s was lost: %s", prompt.id, prompt.place.channel_id, lost)
    if isinstance(lost, MessageGone):
        sentence = "My reply was deleted while I was writing it, so I stopped. Ask again to have a new one."
        try:
            await surface.send(sentence)
        except (SurfaceLost, SurfaceBusy) as error:
            log.warning("Nor can that be said in the channel: %s", error)
    else:
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
