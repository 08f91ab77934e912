"""One prompt on its way to an answer: which endpoints, which images, which context, and what is said of it below."""

import logging
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

from bot.chat.attachments import IMAGE_TYPES, ImageRules, read_images, read_once
from bot.chat.context import build_context
from bot.chat.messages import Attachment, Completion, Image, Message, Position, Prompt, Role, Turn
from bot.chat.preferences import Preferences
from bot.chat.reply import Reply
from bot.providers.asking import Asker, FellBack, Step, Waiting
from bot.providers.errors import ProviderError
from bot.providers.offer import Endpoint, NotOffered, Offer
from bot.providers.pictures import recoded
from bot.providers.request import ChatRequest
from bot.providers.wire import Chunk
from bot.store.store import Store

log = logging.getLogger(__name__)

ANSWER_SHARE = 4
"""One part in this many of a model's window is left for its answer."""

LONG_WAIT = 3.0
"""Seconds of waiting that a person is told of."""


class NothingToAnswer(Exception):
    """The prompt is empty; the message says what to do."""


class Answering:
    """Made for one prompt and thrown away with it. `completion` and `notes` fill while the answer comes."""

    def __init__(self, prompt: Prompt, preferences: Preferences, offer: Offer, asker: Asker, store: Store) -> None:
        self._prompt = prompt
        self._preferences = preferences
        self._offer = offer
        self._asker = asker
        self._store = store
        self._files: tuple[Attachment, ...] = ()
        self._position = Position()
        self._images: tuple[Image, ...] = ()
        self._skipped: list[str] = []
        self._fallen: list[str] = []
        self.notes: list[str] = []
        self.completion = Completion(preferences.model or offer.default_model)

    async def publish(self, reply: Reply) -> None:
        """Show the answer as it comes, and then what there is to say about it. Raises NothingToAnswer."""
        conversations, quote = self._store.conversations, self._prompt.quote
        self._position = await conversations.locate(self._prompt)
        if quote and await conversations.knows(quote.id):
            self._prompt = replace(self._prompt, quote=None)  # the conversation itself says it
        self._files = read_once(self._prompt.files)
        endpoints = self._endpoints()
        rules = [endpoint.image_rules for endpoint in endpoints] or [ImageRules()]
        await self._look(max(rules, key=lambda each: len(each.types)))  # one of them may have eyes
        if not self._prompt.content and not self._images:
            raise NothingToAnswer(_nothing_to_answer(self._skipped))
        answer_id = await conversations.open(Turn(self._prompt, self._images, self._position, self.completion))

        async def keep() -> None:
            await conversations.keep(answer_id, reply.text, reply.message_ids)

        if endpoints:
            await reply.publish(self._pieces(endpoints, reply), keep, lambda: self._last_words(reply))
        else:
            await reply.finish("\n".join(self.notes))
        if reply.lost:
            self.completion.error = f"not shown to the end: {reply.lost}"
        self.completion.text = reply.text
        await conversations.close(answer_id, self.completion, reply.message_ids)

    def _endpoints(self) -> list[Endpoint]:
        """The endpoint that was chosen, and those to fall back on; a fallback that is not offered is passed over."""
        try:
            endpoints = [self._offer.endpoint(self.completion.model)]
        except NotOffered as error:
            self.completion.error = str(error)
            self.notes.append(f"⚠️ {error}")
            return []
        for name in self._preferences.fallback or ():
            try:
                endpoints.append(self._offer.endpoint(name))
            except NotOffered as error:
                log.warning("The fallback %s is passed over: %s", name, error)
        return endpoints

    async def _pieces(self, endpoints: list[Endpoint], reply: Reply) -> AsyncIterator[str]:
        """The text of the answer's chunks; what else they say goes into the completion."""
        began = time.monotonic()
        try:
            async with aclosing(self._asker.ask(endpoints, self._request)) as steps:
                async for step in steps:
                    text = self._take(step, reply)
                    if text:
                        self.completion.first_text_after = self.completion.first_text_after or time.monotonic() - began
                        yield text
        except ProviderError as error:
            self._explain(error)
        finally:
            self.completion.took = time.monotonic() - began

    def _explain(self, error: ProviderError) -> None:
        endpoint = self._offer.endpoint(self.completion.model)
        log.warning("%s failed: %s: %s", endpoint.full_name, type(error).__name__, error.detail)
        self.completion.error = f"{type(error).__name__}: {error.detail}"
        self.notes.insert(0, f"⚠️ {error.sentence(endpoint.provider.title, f'`{endpoint.full_name}`')}")

    def _last_words(self, reply: Reply) -> str:
        """What stands below the answer, for the person."""
        if reply.stopped:
            self.completion.error = f"stopped: {reply.stopped}"
            self.notes.insert(0, reply.stopped)
        elif reply.blank and not self.completion.error:
            self.completion.error = "empty answer"
            self.notes.insert(0, _empty_answer(self.completion))
        if self._fallen:
            outcome = "answered" if reply.text.strip() else "was asked instead"
            self.notes.append(f"Fell back from {'; from '.join(self._fallen)}. `{self.completion.model}` {outcome}.")
        return "\n".join([*self.notes, *(f"Left out {phrase}." for phrase in self._skipped)])

    def _take(self, step: Step, reply: Reply) -> str:
        match step:
            case Chunk():
                completion = self.completion
                completion.usage = step.usage or completion.usage
                completion.finish_reason = step.finish_reason or completion.finish_reason
                completion.answered_by = step.model or completion.answered_by
                completion.reasoning += step.reasoning
                return step.text
            case Waiting(endpoint, seconds):
                self.completion = Completion(endpoint.full_name)
                if seconds > LONG_WAIT:
                    reply.say(f"-# Waiting for {endpoint.provider.title}, {seconds:.0f} s")
            case FellBack(endpoint, failed, error):
                self.completion = Completion(endpoint.full_name)
                self._fallen.append(f"{failed.provider.title}: {error.why}")
        return ""

    async def _look(self, rules: ImageRules) -> None:
        """Read the images that a model takes, and remember which files it is not shown."""
        # another type can be made of it
        readable = replace(rules, types=IMAGE_TYPES) if rules.types else rules
        images, self._skipped = await read_images(self._files, readable)
        self._images = self._images or images

    async def _request(self, endpoint: Endpoint) -> ChatRequest:
        """The request for this endpoint: its window, its images."""
        chosen, rules = self._preferences, endpoint.image_rules
        await self._look(rules)
        path = await self._store.conversations.path(
            self._position.parent_id, most_images=rules.count if rules.types else 0
        )
        path.append(Message.of(Role.USER, self._prompt.content, self._images))
        path = await recoded(path, rules.types)
        unsuited = [image for image in path[-1].images if rules.types and image.media_type not in rules.types]
        self._skipped += [f"{image.name}: it could not be made into a PNG" for image in unsuited]
        window = endpoint.context
        budget = window - min(chosen.max_tokens or window, window // ANSWER_SHARE)
        context = build_context(chosen.system_prompt, path, budget, rules)
        return ChatRequest(context.messages, chosen.temperature, chosen.top_p, chosen.max_tokens, chosen.image_detail)


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
