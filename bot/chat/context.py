"""The messages chosen for one request: the system prompt, and as much of the conversation as the budget holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from bot.chat.attachments import ImageRules
from bot.chat.messages import Image, Message, Part, Role, Text

CHARACTERS_PER_TOKEN = 4
"""A usual average for English; it only has to be good enough to stay inside of a window."""

TOKENS_PER_IMAGE = 1_000
TOKENS_PER_MESSAGE = 4


@dataclass(frozen=True, slots=True)
class Context:
    """What goes to the model, and how many of the conversation's messages did not fit."""

    messages: tuple[Message, ...]
    dropped: int = 0


def tokens(message: Message) -> int:
    """About how many tokens a message costs."""
    return TOKENS_PER_MESSAGE + sum(_part_tokens(part) for part in message.parts)


def _part_tokens(part: Part) -> int:
    return -(-len(part.text) // CHARACTERS_PER_TOKEN) if isinstance(part, Text) else TOKENS_PER_IMAGE


def build_context(system_prompt: str | None, path: Sequence[Message], budget: int, rules: ImageRules) -> Context:
    """Choose messages for one request.

    `path` is oldest first and ends with the prompt, which is always kept, as is the system prompt. `budget` is in
    tokens. Images that the model does not take fade to their names; so do the oldest ones where there are too many or
    the budget is too small, before the oldest messages go. Empty messages are left out and neighbours of one role
    joined, since strict providers refuse both.
    """
    system = (Message.of(Role.SYSTEM, system_prompt),) if system_prompt else ()
    room = budget - sum(map(tokens, system))
    said = [message for message in path if message.parts]
    kept = _within(_faded(said, room, rules), room)
    return Context(system + tuple(_joined(kept)), len(said) - len(kept))


def fade(name: str) -> Text:
    """What stands in for an image that is not shown to the model."""
    return Text(f"[image {name}, not shown]")


def _faded(path: list[Message], room: int, rules: ImageRules) -> list[Message]:
    """Newest first, since the newest images matter most; those of the prompt itself only fade by the rules."""
    left = room - sum(tokens(message) - TOKENS_PER_IMAGE * len(message.images) for message in path)
    images = 0
    faded: list[Message] = []
    for message in reversed(path):
        parts: list[Part] = []
        for part in reversed(message.parts):
            if isinstance(part, Image):
                fits = left >= TOKENS_PER_IMAGE or not faded
                if fits and images < rules.most and rules.take(part):
                    images, left = images + 1, left - TOKENS_PER_IMAGE
                else:
                    part = fade(part.name)
            parts.insert(0, part)
        faded.insert(0, Message(message.role, tuple(parts)))
    return faded


def _within(path: list[Message], room: int) -> list[Message]:
    start = max(len(path) - 1, 0)
    left = room - sum(map(tokens, path[start:]))
    while start > 0 and tokens(path[start - 1]) <= left:
        start -= 1
        left -= tokens(path[start])
    while start < len(path) - 1 and path[start].role is Role.ASSISTANT:
        start += 1  # a conversation opens with a person
    return path[start:]


def _joined(path: Sequence[Message]) -> list[Message]:
    return [
        Message(role, tuple(part for message in group for part in message.parts))
        for role, group in groupby(path, key=lambda message: message.role)
    ]
