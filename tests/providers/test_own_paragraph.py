"""A server with ways of its own, described by an operator's paragraph alone, over a real connection."""

from pathlib import Path
from typing import Any

import pytest

from bot.chat.attachments import read_images
from bot.chat.messages import Image, Message, Role
from bot.chat.prompts import Attachment
from bot.providers.catalogue import InvalidCatalogue, load_catalogue
from bot.providers.client import ChatClient
from bot.providers.offer import Access, Endpoint, Offer
from bot.providers.request import ChatRequest
from tests.providers.conftest import DONE, FINISH, Answer, Provider, ask, saying

PNG = b"\x89PNG\r\n\x1a\n and a cat"
SAID = [
    Message.of(Role.SYSTEM, "Be brief."),
    Message.of(Role.USER, "Hello?"),
    Message.of(Role.USER, "Anybody?"),
    Message.of(Role.ASSISTANT, "Yes"),
    Message.of(Role.USER, "Good"),
]


def own(tmp_path: Path, provider: Provider, fields: str) -> Endpoint:
    """A provider of the operator's with these fields in its paragraph."""
    path = tmp_path / "own.toml"
    path.write_text(f'[barn]\ntitle = "Barn"\nbase_url = "{provider.url}/v1"\ndefault_model = "owl"\n{fields}\n')
    return Offer(load_catalogue(path), {"barn": Access()}).endpoint("barn")


async def seen(provider: Provider, client: ChatClient, endpoint: Endpoint, request: ChatRequest) -> dict[str, Any]:
    """What the server was sent."""
    provider.answers.append(Answer([saying("Fine"), FINISH, DONE]))
    assert (await ask(client, endpoint, request)).text == "Fine"
    value = provider.requests[-1].json
    assert isinstance(value, dict)
    return value


async def test_any_field_that_it_can_do_without_is_left_out(
    tmp_path: Path, provider: Provider, client: ChatClient
) -> None:
    fields = 'drop = ["model", "stream", "stream_options", "top_p"]'
    request = ChatRequest(SAID[:2], temperature=0.5, top_p=0.5)
    assert (await seen(provider, client, own(tmp_path, provider, fields), request)).keys() == {
        "messages",
        "temperature",
    }


async def test_any_field_has_the_name_that_it_takes(tmp_path: Path, provider: Provider, client: ChatClient) -> None:
    fields = 'rename = { model = "deployment", messages = "conversation", max_tokens = "limit", stream = "live" }'
    sent = await seen(provider, client, own(tmp_path, provider, fields), ChatRequest(SAID[:2], max_tokens=9))
    assert sent.keys() == {"deployment", "conversation", "limit", "live", "stream_options"}
    assert (sent["deployment"], sent["limit"], sent["live"]) == ("owl", 9, True)


@pytest.mark.parametrize("fields", ['drop = ["messages"]', 'rename = { seed = "random_seed" }', "order = 1"])
def test_a_field_that_no_request_has_or_can_be_without_is_a_fault(
    tmp_path: Path, provider: Provider, fields: str
) -> None:
    with pytest.raises(InvalidCatalogue, match=r"own\.toml: barn: "):
        own(tmp_path, provider, fields)


@pytest.mark.parametrize(
    ("fields", "texts"),
    [
        ("", ["Be brief.", "Hello?\n\nAnybody?", "Yes", "Good"]),
        ('roles = "strict"', ["Be brief.", "Hello?\n\nAnybody?", "Yes", "Good"]),
        ('roles = "free"', ["Be brief.", "Hello?", "Anybody?", "Yes", "Good"]),
    ],
)
async def test_messages_of_one_role_are_joined_where_roles_have_to_take_turns(
    tmp_path: Path, provider: Provider, client: ChatClient, fields: str, texts: list[str]
) -> None:
    sent = await seen(provider, client, own(tmp_path, provider, fields), ChatRequest(SAID))
    assert [message["content"] for message in sent["messages"]] == texts


async def test_joined_messages_keep_their_images_in_order(
    tmp_path: Path, provider: Provider, client: ChatClient
) -> None:
    cats = [Message.of(Role.USER, name, (Image(name, "image/png", name.encode()),)) for name in ("one", "two")]
    sent = await seen(provider, client, own(tmp_path, provider, ""), ChatRequest(cats))
    (message,) = sent["messages"]
    assert [part["type"] for part in message["content"]] == ["text", "image_url"] * 2
    assert [part["image_url"]["url"][-4:] for part in message["content"][1::2]] == ["b25l", "dHdv"]


@pytest.mark.parametrize(("urls", "shown"), [('["data"]', 1), ('["data", "https"]', 1), ('["https"]', 0), ("[]", 0)])
async def test_images_go_along_where_data_urls_are_taken(
    tmp_path: Path, provider: Provider, client: ChatClient, urls: str, shown: int
) -> None:
    async def read() -> bytes:
        return PNG

    endpoint = own(tmp_path, provider, f"images = {{ urls = {urls} }}")
    images, skipped = await read_images([Attachment("cat.png", len(PNG), read)], endpoint.image_rules)
    assert skipped == ([] if shown else ["cat.png: this model cannot see images"])
    sent = await seen(provider, client, endpoint, ChatRequest([Message.of(Role.USER, "A cat", images)]))
    assert str(sent["messages"]).count("data:image/png;base64,") == shown
