"""One answer to a prompt: which endpoints are asked, what comes of it, and what is said of it below."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

from bot.chat.attachments import ImageRules
from bot.chat.messages import Completion, Turn
from bot.chat.prompts import Prompt
from bot.preferences.declaration import Footer, Preferences
from bot.providers.asking import Asker, FellBack, Step, Waiting
from bot.providers.errors import ProviderError
from bot.providers.offer import Endpoint, NotOffered, Offer
from bot.providers.wire import Chunk
from bot.reply.controls import NONE, Controls, offered
from bot.reply.draft import SMALL
from bot.reply.reply import Reply
from bot.store.store import Store
from bot.store.versions import ShownVersion
from bot.turn.continuation import after, joint
from bot.turn.notes import footer
from bot.turn.request import Question

log = logging.getLogger(__name__)

LONGEST_ANSWER = 1_000_000
"""Characters, with the reasoning; a model may go round in circles for ever, and Discord takes files of 10 MiB."""

LONG_WAIT = 3.0
"""Seconds of waiting that a person is told of."""


class NothingToAnswer(Exception):
    """The prompt is empty; the message says what to do."""


class Answering:
    """Made for one answer and thrown away with it. `completion` and `notes` fill while the answer comes."""

    def __init__(self, prompt: Prompt, preferences: Preferences, offer: Offer, asker: Asker, store: Store) -> None:
        self._question = Question(prompt, preferences, store.conversations)
        self._preferences = preferences
        self._offer = offer
        self._asker = asker
        self._store = store
        self._fallen: list[str] = []
        self._earlier: Completion | None = None
        self._version = self._versions = 1
        self._waiting = False
        self.notes: list[str] = []
        self.completion = Completion(preferences.model or offer.default_model)

    async def publish(self, reply: Reply) -> None:
        """Show the answer as it comes, and then what there is to say about it. Raises NothingToAnswer."""
        asked = self._question
        await asked.ask()
        endpoints = await self._endpoints()
        if not asked.prompt.content and not asked.images:
            raise NothingToAnswer(_nothing_to_answer(asked.skipped))
        turn = Turn(asked.prompt, asked.images, asked.position, self.completion)
        answer_id = await self._store.conversations.open(turn)
        baring = asyncio.create_task(self._bare_parent(reply))
        try:
            await self._stream(endpoints, reply, answer_id)
        finally:
            await baring

    async def again(self, answered: ShownVersion, reply: Reply) -> None:
        """Answer a prompt once more, in the messages that show an earlier version."""
        self._question.ask_again(answered)
        self._version = self._versions = len(answered.versions) + 1
        endpoints = await self._endpoints()
        answer_id = await self._store.answers.another(answered, self._question.images, self.completion)
        await self._stream(endpoints, reply, answer_id)

    async def go_on(self, answered: ShownVersion, reply: Reply) -> None:
        """Go on with an answer that was cut, in its messages."""
        self._question.ask_for_more(answered)
        self._earlier = answered.completion
        self._version, self._versions = answered.versions.index(answered.answer_id) + 1, len(answered.versions)
        endpoints = await self._endpoints()
        await self._store.answers.reopen(answered.answer_id)
        await self._stream(endpoints, reply, answered.answer_id)

    async def _endpoints(self) -> list[Endpoint]:
        """The endpoint that was chosen, and those to fall back on; a fallback that is not offered is passed over.

        One of them may have eyes, so the images are looked at, too.
        """
        endpoints = []
        try:
            endpoints.append(self._offer.endpoint(self.completion.model))
        except NotOffered as error:
            self.completion.error = str(error)
            self.notes.append(f"⚠️ {error}")
        for name in (self._preferences.fallback or ()) if endpoints else ():
            try:
                endpoints.append(self._offer.endpoint(name))
            except NotOffered as error:
                log.warning("The fallback %s is passed over: %s", name, error)
        rules = [endpoint.image_rules for endpoint in endpoints] or [ImageRules()]
        await self._question.look(max(rules, key=lambda each: len(each.types)))
        return endpoints

    async def _stream(self, endpoints: list[Endpoint], reply: Reply, answer_id: int) -> None:
        """Show and keep the answer of the first endpoint that gives one, and close it."""
        reply.dress(self._preferences.look)

        async def keep() -> None:
            await self._store.conversations.keep(answer_id, reply.text, reply.message_ids)

        async with self._given_up_if_broken(answer_id, reply):
            if endpoints:
                await reply.publish(self._pieces(endpoints, reply), keep, lambda: self._last_words(reply))
            else:
                await reply.finish(*self._last_words(reply))
        completion = self._whole(reply)
        if reply.lost:
            completion.error = f"not shown to the end: {reply.lost}"
        await self._store.conversations.close(answer_id, completion, reply.message_ids)
        _log_turn(self._question.prompt, completion)

    @asynccontextmanager
    async def _given_up_if_broken(self, answer_id: int, reply: Reply) -> AsyncIterator[None]:
        """Expect no end of an answer that a fault of ours broke off; one that is cancelled is mended at a start."""
        broken = True
        try:
            yield
            broken = False
        except asyncio.CancelledError:
            broken = False
            raise
        finally:
            if broken:
                await self._store.conversations.give_up(answer_id, "a fault of Parley's own", "", reply.message_ids)

    async def _bare_parent(self, reply: Reply) -> None:
        """The answer before this one is not the conversation's last any more, so nothing can be done to it."""
        if self._question.position.parent_id is None or self._question.position.conversation_id is None:
            return
        if last_page := await self._store.answers.last_page(self._question.position.parent_id):
            await reply.bare(last_page)

    async def _pieces(self, endpoints: list[Endpoint], reply: Reply) -> AsyncIterator[str]:
        """The text of the answer's chunks; what else they say goes into the completion."""
        began = time.monotonic()
        try:
            async with aclosing(self._asker.ask(endpoints, self._question.request)) as steps:
                async for step in steps:
                    if text := self._take(step, reply):
                        yield self._first(text, reply, began) if self.completion.first_text_after is None else text
                    if len(reply.text) + len(self.completion.reasoning) >= LONGEST_ANSWER:
                        self._cut()
                        return
        except ProviderError as error:
            self._explain(error)
        finally:
            self.completion.took = time.monotonic() - began

    def _first(self, text: str, reply: Reply, began: float) -> str:
        """The first words, fitted to what they go on from."""
        self.completion.first_text_after = time.monotonic() - began
        return joint(reply.text, text) + text

    def _cut(self) -> None:
        """The answer is as long as it may get."""
        self.completion.error = f"cut at {LONGEST_ANSWER:,} characters"
        self.notes.append(f"⚠️ I cut `{self.completion.model}` off at {LONGEST_ANSWER:,} characters.")

    def _explain(self, error: ProviderError) -> None:
        endpoint = self._offer.endpoint(self.completion.model)
        log.warning("%s failed: %s: %s", endpoint.full_name, type(error).__name__, error.detail)
        self.completion.error = f"{type(error).__name__}: {error.detail}"
        self.notes.insert(0, f"⚠️ {error.sentence(endpoint.provider.title, f'`{endpoint.full_name}`')}")

    def _last_words(self, reply: Reply) -> tuple[str, Controls]:
        """What stands below the answer, for the person: sentences, the footer, and what can be done now."""
        if reply.lost:
            return "", NONE  # nobody sees it
        if reply.stopped:
            self.completion.error = f"stopped: {reply.stopped}"
            self.notes.insert(0, reply.stopped)
        elif reply.draft.blank and not self.completion.error:
            self.completion.error = "empty answer"
            self.notes.insert(0, _empty_answer(self.completion))
        small = []
        if self._fallen:
            outcome = "answered" if reply.text.strip() else "was asked instead"
            if faded := self._question.context.faded:
                outcome += f" without the {faded} images from before" if faded > 1 else " without the image from before"
            small.append(f"Fell back from {'; from '.join(self._fallen)}. `{self.completion.model}` {outcome}.")
        small += [f"Left out {phrase}." for phrase in self._question.skipped]
        completion = self._whole(reply)
        if answered := self._answered():
            cost = answered.price.cost(completion.usage) if answered.price and completion.usage else None
            small.append(footer(completion, self._preferences.footer or Footer.OFF, cost, self._question.context))
        lines = [*self.notes, *(f"{SMALL}{line}" for line in small if line)]
        self.completion.note = "\n".join(lines)
        return self.completion.note, offered(completion, self._version, self._versions)

    def _answered(self) -> Endpoint | None:
        """The endpoint that gave what there is."""
        return self._offer.endpoint(self.completion.model) if self.completion.first_text_after is not None else None

    def _whole(self, reply: Reply) -> Completion:
        """The completion with its text, and with what was there before where it was gone on with."""
        self.completion.text = reply.text
        return self.completion if self._earlier is None else after(self._earlier, self.completion)

    def _take(self, step: Step, reply: Reply) -> str:
        match step:
            case Chunk():
                completion = self.completion
                if self._waiting:
                    self._waiting = False
                    reply.say("")
                completion.usage = step.usage or completion.usage
                completion.finish_reason = step.finish_reason or completion.finish_reason
                completion.answered_by = step.model or completion.answered_by
                completion.reasoning += step.reasoning
                reply.draft.thought += step.reasoning
                return step.text
            case Waiting(endpoint, seconds):
                self.completion = Completion(endpoint.full_name)
                reply.draft.thought = ""
                if seconds > LONG_WAIT:
                    self._waiting = True
                    reply.say(f"Waiting for {endpoint.provider.title}, {seconds:.0f} s")
            case FellBack(endpoint, failed, error):
                self.completion = Completion(endpoint.full_name)
                reply.draft.thought = ""
                reply.say("")
                self._fallen.append(f"{failed.provider.title}: {error.reason}")
        return ""


def _nothing_to_answer(skipped: list[str]) -> str:
    if skipped:
        return "I have nothing to answer: " + "; ".join(skipped) + "."
    return "Write your question in the same message as the mention, and I will answer it. `/help` shows what else I do."


def _empty_answer(completion: Completion) -> str:
    if completion.finish_reason == "length":
        return (
            f"⚠️ `{completion.model}` used up its tokens before it wrote anything. "
            "Ask for less, or have `max_tokens` raised in `/settings set`."
        )
    if completion.finish_reason == "content_filter":
        return f"⚠️ `{completion.model}` will not answer that, by its rules on content. Try other words."
    return f"⚠️ `{completion.model}` sent an empty answer. Try other words, or switch with `/model`."


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
