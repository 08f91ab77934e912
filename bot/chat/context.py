"""The messages chosen for one request: the system prompt, and as much of the conversation as the budget holds."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.chat.attachments import ImageRules
from bot.chat.messages import Faded, Image, Message, Part, Role, Text

CHARACTERS_PER_TOKEN = 4
"""A usual average for English; it only has to be good enough to stay inside of a window."""

TOKENS_PER_IMAGE = 1_000
TOKENS_PER_MESSAGE = 4


@dataclass(frozen=True, slots=True)
class Context:
    """What goes to the model; of the conversation's messages the last so many, and how many did not fit.

    `faded` is how many images of earlier messages the model is not shown.
    """

    messages: tuple[Message, ...]
    used: int = 0
    dropped: int = 0
    faded: int = 0


def tokens(message: Message) -> int:
    """About how many tokens a message costs."""
    return TOKENS_PER_MESSAGE + sum(_part_tokens(part) for part in message.parts)


def _part_tokens(part: Part) -> int:
    return -(-len(part.text) // CHARACTERS_PER_TOKEN) if isinstance(part, Text) else TOKENS_PER_IMAGE


def build_context(
    system_prompt: str | None, path: Sequence[Message], budget: int, rules: ImageRules, *, last: int = 1
) -> Context:
    """Choose messages for one request.

    `path` is oldest first; its `last` messages, of which the first is the prompt, are always kept, as is the system
    prompt. `budget` is in tokens. Images that the model does not take fade to their names; so do the oldest ones where
    there are too many or the budget is too small, before the oldest messages go. Empty messages are left out, since
    providers refuse them.
    """
    system = (Message.of(Role.SYSTEM, system_prompt),) if system_prompt else ()
    room = budget - sum(map(tokens, system))
    said = [message for message in path if message.parts]
    kept = _within(_faded(said, room, rules, last), room, last)
    faded = sum(isinstance(part, Faded) for message in kept[:-last] for part in message.parts)
    return Context(system + tuple(kept), len(kept), len(said) - len(kept), faded)


@dataclass(slots=True)
class _Room:
    """What is left for images: tokens, bytes and a count."""

    tokens: int
    rules: ImageRules
    bytes: int = 0
    count: int = 0

    def admit(self, image: Image, *, of_prompt: bool) -> bool:
        """Take the image in if it fits; those of the prompt itself only have to keep to the rules."""
        fits = of_prompt or self.tokens >= TOKENS_PER_IMAGE
        if not fits or self.count >= self.rules.count or not self.rules.take(image):
            return False
        if self.bytes + len(image.data) > self.rules.in_all:
            return False
        self.tokens, self.bytes, self.count = (
            self.tokens - TOKENS_PER_IMAGE,
            self.bytes + len(image.data),
            self.count + 1,
        )
        return True


def _faded(path: list[Message], room: int, rules: ImageRules, last: int) -> list[Message]:
    """The path with only those images that fit; newest first, since the newest matter most."""
    words = sum(tokens(message) - TOKENS_PER_IMAGE * len(message.images) for message in path)
    left = _Room(room - words, rules)
    shown = [
        Message(
            message.role,
            tuple(
                Faded.of(part.name) if isinstance(part, Image) and not left.admit(part, of_prompt=age < last) else part
                for part in message.parts
            ),
        )
        for age, message in enumerate(reversed(path))
    ]
    return shown[::-1]


def _within(path: list[Message], room: int, last: int) -> list[Message]:
    start = max(len(path) - last, 0)
    left = room - sum(map(tokens, path[start:]))
    while start > 0 and tokens(path[start - 1]) <= left:
        start -= 1
        left -= tokens(path[start])
    while start < len(path) - last and path[start].role is Role.ASSISTANT:
        start += 1  # a conversation opens with a person
    return path[start:]
