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
"""One nth of a model's context window is reserved for its answer."""

BEGINNING_SHARE = 2
"""The text to be continued may take at most one nth of the rest."""

CONTINUE = "Continue exactly where your answer was cut off. Do not repeat any of it or comment on continuing."
"""Asks a model for the rest of its answer; few providers accept a partial message to complete."""


class RequestBuilder:
    """Builds the requests of one turn, for any endpoint.

    `left_out` names the files that were not sent to the model that was asked last; `context` is what it was sent.
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
        """`parts` are those of the prompt, `files` may contain more images, `begun` is an answer to continue."""
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
        """The parts of the prompt, as they are sent and recorded."""
        return self._parts + self.images

    async def read_files(self, endpoints: Sequence[Endpoint]) -> None:
        """Fetch the images that any of the endpoints accepts; all of them if there is no endpoint."""
        rules = [endpoint.image_rules for endpoint in endpoints] or [ImageRules()]
        await self._read_images(max(rules, key=lambda each: len(each.types)))

    async def build(self, endpoint: Endpoint) -> ChatRequest:
        """The request for this endpoint: what fits its context window, with the images that it accepts."""
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
