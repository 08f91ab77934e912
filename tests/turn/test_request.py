"""What is sent to a model: how much of a conversation, of an answer to continue, and which images.

The windows here are the smallest that hold what is expected, so a change of the estimates or shares shows.
"""

from dataclasses import replace

import pytest

from bot.chat.messages import Completion, Message, Role
from bot.chat.parts import ImagePart, OmittedPart, TextPart
from bot.chat.prompts import Attachment
from bot.preferences.declaration import Preferences
from bot.providers.catalogue import Model, load_catalogue
from bot.providers.offer import Access, Endpoint, Offer
from bot.store.store import Store
from bot.turn.request import CONTINUE, RequestBuilder
from tests.store.conftest import MODEL, ROOT, Talk

PNG = b"\x89PNG\r\n\x1a\n and a cat"
WORDS = 46 * 4 * "w"
"""Text of 46 tokens; the message costs 4 more."""

SMALLEST_FOR_FIVE = 333
"""The smallest window that holds five such messages, 250 tokens, and the quarter that is reserved for the answer."""


def endpoint(window: int | None = None, *, vision: bool = True) -> Endpoint:
    known = Offer(load_catalogue(), {"xai": Access.model_validate({"key": "k"})}).endpoint("xai/m")
    return replace(known, model=Model(id="m", context=window, vision=vision))


async def sent(
    store: Store, talk: Talk, window: int, preferences: Preferences | None = None, begun: str = ""
) -> tuple[Message, ...]:
    """The messages of a request after three turns; every message, the prompt too, has 50 tokens."""
    for number in range(3):
        asked = talk.prompt(numbered(2 * number))
        await talk.record(asked, Completion(MODEL, numbered(2 * number + 1)), asked.id + 1)
    prompt = talk.prompt(numbered(6))
    position = await store.conversations.locate(prompt)
    requests = RequestBuilder(store.conversations, preferences or Preferences(), position, prompt.parts, begun=begun)
    request = await requests.build(endpoint(window))
    system = sum(message.role is Role.SYSTEM for message in request.messages)
    assert requests.context.used == len(request.messages) - system
    assert requests.context.used + requests.context.dropped == (9 if begun else 7)
    return tuple(request.messages)


def numbered(number: int) -> str:
    return f"{number}{WORDS[1:]}"


def numbers(messages: tuple[Message, ...]) -> str:
    return "".join(message.text[0] for message in messages)


@pytest.mark.parametrize(
    ("window", "numbers_sent"),
    [(SMALLEST_FOR_FIVE, "23456"), (SMALLEST_FOR_FIVE - 1, "456"), (1, "6"), (9_999, "0123456")],
)
async def test_as_much_of_a_conversation_is_sent_as_fits_with_the_answer(
    store: Store, talk: Talk, window: int, numbers_sent: str
) -> None:
    assert numbers(await sent(store, talk, window)) == numbers_sent


@pytest.mark.parametrize(
    ("max_tokens", "window", "numbers_sent"),
    [
        (10, 260, "23456"),  # a short answer leaves more room
        (10, 259, "456"),
        (300, SMALLEST_FOR_FIVE, "23456"),  # a long one takes no more than its share
        (300, SMALLEST_FOR_FIVE - 1, "456"),
    ],
)
async def test_the_room_for_the_answer_is_limited_to_max_tokens(
    store: Store, talk: Talk, max_tokens: int, window: int, numbers_sent: str
) -> None:
    assert numbers(await sent(store, talk, window, Preferences(max_tokens=max_tokens))) == numbers_sent


async def test_the_system_prompt_counts_towards_the_window(store: Store, talk: Talk) -> None:
    system, *rest = await sent(store, talk, SMALLEST_FOR_FIVE, Preferences(system_prompt="Be brief."))
    assert system == Message.of(Role.SYSTEM, "Be brief.")
    assert numbers(tuple(rest)) == "456"


async def test_the_end_of_an_answer_to_continue_gets_half_of_the_room(store: Store, talk: Talk) -> None:
    begun = "".join(f"{number:04}" for number in range(1_000))
    *_, prompt, beginning, instruction = await sent(store, talk, SMALLEST_FOR_FIVE, begun=begun)
    assert prompt.text == numbered(6)
    assert beginning == Message.of(Role.ASSISTANT, begun[-500:])
    assert instruction == Message.of(Role.USER, CONTINUE)


async def test_a_short_answer_to_continue_is_sent_whole(store: Store, talk: Talk) -> None:
    messages = await sent(store, talk, SMALLEST_FOR_FIVE, begun="Half a lo")
    assert messages[-2].text == "Half a lo"


class CountedFile:
    """An attached image, and a count of how often it was fetched."""

    def __init__(self) -> None:
        self.fetched = 0

    @property
    def attachment(self) -> Attachment:
        return Attachment("cat.png", len(PNG), self._read)

    async def _read(self) -> bytes:
        self.fetched += 1
        return PNG


async def test_a_file_is_fetched_once_and_each_endpoint_gets_what_it_accepts(store: Store) -> None:
    file, seeing, blind = CountedFile(), endpoint(), endpoint(vision=False)
    requests = RequestBuilder(store.conversations, Preferences(), ROOT, (TextPart("What is it?"),), [file.attachment])
    await requests.read_files([blind, seeing])
    cat = ImagePart("cat.png", "image/png", PNG)
    assert requests.parts == (TextPart("What is it?"), cat)
    [asked] = (await requests.build(blind)).messages
    assert asked.parts == (TextPart("What is it?"), OmittedPart("cat.png"))
    assert list(map(str, requests.left_out)) == ["cat.png: this model can't see images"]
    [asked] = (await requests.build(seeing)).messages
    assert asked.images == (cat,)
    assert (requests.left_out, file.fetched) == ((), 1)


async def test_omitted_earlier_images_are_counted(store: Store, talk: Talk) -> None:
    await talk.turn("A cat", parts=(ImagePart("cat.png", "image/png", PNG),))
    prompt = talk.prompt("And now?")
    position = await store.conversations.locate(prompt)
    requests = RequestBuilder(store.conversations, Preferences(), position, prompt.parts)
    seen = await requests.build(endpoint())
    assert (seen.messages[0].images[0].data, requests.context.omitted_images) == (PNG, 0)
    unseen = await requests.build(endpoint(vision=False))
    assert "[image cat.png, not shown]" in unseen.messages[0].text
    assert requests.context.omitted_images == 1
