"""Builds the requests of one turn: the prompt with its images, and as much of the conversation as a model can hold."""

from collections.abc import Sequence
from dataclasses import replace

from bot.chat.attachments import IMAGE_TYPES, ImageRules, read_images, read_once
from bot.chat.context import CHARACTERS_PER_TOKEN, Context, build_context
from bot.chat.messages import Message, Role
from bot.chat.parts import ImagePart, Part
from bot.chat.prompts import Attachment, Position
from bot.preferences.declaration import Preferences
from bot.providers.offer import Endpoint
from bot.providers.pictures import convert_images
from bot.providers.request import ChatRequest
from bot.store.conversations import Conversations
from bot.text import Text

ANSWER_SHARE = 4
"""One part in this many of a model's context window is left for its answer."""

BEGINNING_SHARE = 2
"""One part in this many of the rest is the most that the text to be continued may take."""

CONTINUE = "Continue exactly where your answer stopped. Do not repeat any of it, and do not mention that you continue."
"""How a model is asked for the rest of an answer; few providers accept an unfinished message of the model's."""


class RequestBuilder:
    """What is asked in one turn, of whichever endpoint.

    `left_out` names the files that the model last asked is not shown, and `context` is what it was sent.
    """

    def __init__(
        self,
        conversations: Conversations,
        preferences: Preferences,
        position: Position,
        parts: Sequence[Part],
        files: Sequence[Attachment] = (),
        begun: str = "",
    ) -> None:
        """`parts` are the prompt's, `files` what may add images to them, and `begun` is an answer to continue."""
        self._conversations = conversations
        self.preferences = preferences
        self._position = position
        self._parts = tuple(parts)
        self._files = read_once(files) if files else ()
        self._begun = begun
        self.images: tuple[ImagePart, ...] = ()
        self.left_out: tuple[Text, ...] = ()
        self.context = Context(())

    @property
    def parts(self) -> tuple[Part, ...]:
        """The prompt as it is asked and recorded."""
        return self._parts + self.images

    async def read_files(self, endpoints: Sequence[Endpoint]) -> None:
        """Fetch the images that any of the endpoints takes; where there is no endpoint, all of them."""
        rules = [endpoint.image_rules for endpoint in endpoints] or [ImageRules()]
        await self._read_images(max(rules, key=lambda each: len(each.types)))

    async def build(self, endpoint: Endpoint) -> ChatRequest:
        """The request for this endpoint: as much as its context window holds, the images that it takes."""
        chosen, rules = self.preferences, endpoint.image_rules
        await self._read_images(rules)
        path = await self._conversations.path(self._position.parent_id, most_images=rules.count if rules.types else 0)
        path = await convert_images([*path, Message(Role.USER, self.parts)], rules.types)
        unsuited = [image for image in path[-1].images if rules.types and image.media_type not in rules.types]
        self.left_out += tuple(Text("{file}: it could not be converted to PNG", file=image.name) for image in unsuited)
        window = endpoint.context
        budget = window - min(chosen.max_tokens or window, window // ANSWER_SHARE)
        more: list[Message] = []
        if self._begun:  # the end of the text that is continued, and the instruction
            end = self._begun[-budget * CHARACTERS_PER_TOKEN // BEGINNING_SHARE :]
            more = [Message.of(Role.ASSISTANT, end), Message.of(Role.USER, CONTINUE)]
        self.context = build_context(chosen.system_prompt, path + more, budget, rules, last=1 + len(more))
        return ChatRequest(
            self.context.messages, chosen.temperature, chosen.top_p, chosen.max_tokens, chosen.image_detail
        )

    async def _read_images(self, rules: ImageRules) -> None:
        self.left_out = ()
        if not self._files:
            return
        # an image of another type can be converted
        readable = replace(rules, types=IMAGE_TYPES) if rules.types else rules
        images, self.left_out = await read_images(self._files, readable)
        self.images = self.images or images
