"""Chooses the messages of one request: the system prompt, and as much of the conversation as fits the token budget."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.chat.attachments import ImageRules
from bot.chat.messages import Message, Role
from bot.chat.parts import ImagePart, OmittedPart, Part

CHARACTERS_PER_TOKEN = 4
"""A common average for English; precise enough to stay within a context window."""

TOKENS_PER_IMAGE = 1_000
TOKENS_PER_MESSAGE = 4


@dataclass(frozen=True, slots=True)
class Context:
    """What is sent to the model.

    `used` and `dropped` count the messages of the conversation that are sent and that did not fit, `omitted_images` the
    images of earlier messages that are not sent.
    """

    messages: tuple[Message, ...]
    used: int = 0
    dropped: int = 0
    omitted_images: int = 0


def tokens(message: Message) -> int:
    """Estimate the tokens of a message."""
    cost = TOKENS_PER_MESSAGE
    for part in message.parts:
        cost += TOKENS_PER_IMAGE if isinstance(part, ImagePart) else -(-len(part.words) // CHARACTERS_PER_TOKEN)
    return cost


def build_context(
    system_prompt: str | None, path: Sequence[Message], budget: int, rules: ImageRules, *, last: int = 1
) -> Context:
    """Choose the messages of one request; `budget` is in tokens.

    `path` is oldest first. Its `last` messages, which start with the prompt, and the system prompt are always kept.
    Images that the model does not accept are replaced by their names. If there are too many images, or the budget is
    too small, so are the oldest ones; then the oldest messages are dropped. Empty messages are left out, since
    providers refuse them.
    """
    system = (Message.of(Role.SYSTEM, system_prompt),) if system_prompt else ()
    room = budget - sum(map(tokens, system))
    said = [message for message in path if message.parts]
    kept = _newest_that_fit(_with_images_that_fit(said, room, rules, last), room, last)
    omitted = sum(isinstance(part, OmittedPart) for message in kept[:-last] for part in message.parts)
    return Context(system + tuple(kept), len(kept), len(said) - len(kept), omitted)


@dataclass(slots=True)
class _ImageRoom:
    """What is left for images: tokens, bytes, and a number of images."""

    tokens: int
    rules: ImageRules
    bytes: int = 0
    count: int = 0

    def admit(self, image: ImagePart, *, of_prompt: bool) -> bool:
        """Admit the image if it fits; the prompt's own images need no token budget. Returns whether it was admitted."""
        fits = of_prompt or self.tokens >= TOKENS_PER_IMAGE
        if not fits or self.count >= self.rules.count or not self.rules.accepts(image):
            return False
        if self.bytes + len(image.data) > self.rules.in_all:
            return False
        self.tokens -= TOKENS_PER_IMAGE
        self.bytes += len(image.data)
        self.count += 1
        return True


def _with_images_that_fit(path: list[Message], room: int, rules: ImageRules, last: int) -> list[Message]:
    """The path, with images that do not fit replaced by OmittedParts; the newest images take precedence."""
    words = sum(tokens(message) - TOKENS_PER_IMAGE * len(message.images) for message in path)
    left = _ImageRoom(room - words, rules)
    newest_first: list[Message] = []
    for age, message in enumerate(reversed(path)):
        shown: list[Part] = []
        for part in message.parts:
            if isinstance(part, ImagePart) and not left.admit(part, of_prompt=age < last):
                shown.append(OmittedPart(part.name, part.origin))
            else:
                shown.append(part)
        newest_first.append(Message(message.role, tuple(shown)))
    return newest_first[::-1]


def _newest_that_fit(path: list[Message], room: int, last: int) -> list[Message]:
    start = max(len(path) - last, 0)
    left = room - sum(map(tokens, path[start:]))
    while start > 0 and tokens(path[start - 1]) <= left:
        start -= 1
        left -= tokens(path[start])
    while start < len(path) - last and path[start].role is Role.ASSISTANT:
        start += 1  # a conversation starts with a user message
    return path[start:]
