"""An unusual server, described only by an operator's catalogue entry, over a real connection."""

from pathlib import Path
from typing import Any

import pytest

from bot.chat.attachments import read_images
from bot.chat.messages import Message, Role
from bot.chat.parts import ImagePart
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
    """Return the endpoint of an operator's provider with these fields."""
    path = tmp_path / "own.toml"
    path.write_text(f'[barn]\ntitle = "Barn"\nbase_url = "{provider.url}/v1"\ndefault_model = "owl"\n{fields}\n')
    return Offer(load_catalogue(path), {"barn": Access()}).endpoint("barn")


async def seen(provider: Provider, client: ChatClient, endpoint: Endpoint, request: ChatRequest) -> dict[str, Any]:
    """Return what was sent to the server."""
    provider.answers.append(Answer([saying("Fine"), FINISH, DONE]))
    assert (await ask(client, endpoint, request)).text == "Fine"
    value = provider.requests[-1].json
    assert isinstance(value, dict)
    return value


async def test_any_optional_field_can_be_dropped(tmp_path: Path, provider: Provider, client: ChatClient) -> None:
    fields = 'drop = ["model", "stream", "stream_options", "top_p"]'
    request = ChatRequest(SAID[:2], temperature=0.5, top_p=0.5)
    assert (await seen(provider, client, own(tmp_path, provider, fields), request)).keys() == {
        "messages",
        "temperature",
    }


async def test_any_field_can_be_renamed(tmp_path: Path, provider: Provider, client: ChatClient) -> None:
    fields = 'rename = { model = "deployment", messages = "conversation", max_tokens = "limit", stream = "live" }'
    sent = await seen(provider, client, own(tmp_path, provider, fields), ChatRequest(SAID[:2], max_tokens=9))
    assert sent.keys() == {"deployment", "conversation", "limit", "live", "stream_options"}
    assert (sent["deployment"], sent["limit"], sent["live"]) == ("owl", 9, True)


@pytest.mark.parametrize("fields", ['drop = ["messages"]', 'rename = { seed = "random_seed" }', "order = 1"])
def test_an_unknown_or_required_field_cannot_be_dropped(tmp_path: Path, provider: Provider, fields: str) -> None:
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
async def test_consecutive_messages_are_merged_where_roles_must_alternate(
    tmp_path: Path, provider: Provider, client: ChatClient, fields: str, texts: list[str]
) -> None:
    sent = await seen(provider, client, own(tmp_path, provider, fields), ChatRequest(SAID))
    assert [message["content"] for message in sent["messages"]] == texts


async def test_merged_messages_keep_their_images_in_order(
    tmp_path: Path, provider: Provider, client: ChatClient
) -> None:
    cats = [Message.of(Role.USER, name, (ImagePart(name, "image/png", name.encode()),)) for name in ("one", "two")]
    sent = await seen(provider, client, own(tmp_path, provider, ""), ChatRequest(cats))
    (message,) = sent["messages"]
    assert [part["type"] for part in message["content"]] == ["text", "image_url"] * 2
    assert [part["image_url"]["url"][-4:] for part in message["content"][1::2]] == ["b25l", "dHdv"]


@pytest.mark.parametrize(("urls", "shown"), [('["data"]', 1), ('["data", "https"]', 1), ('["https"]', 0), ("[]", 0)])
async def test_images_are_sent_where_data_urls_are_accepted(
    tmp_path: Path, provider: Provider, client: ChatClient, urls: str, shown: int
) -> None:
    async def read() -> bytes:
        return PNG

    endpoint = own(tmp_path, provider, f"images = {{ urls = {urls} }}")
    images, left_out = await read_images([Attachment("cat.png", len(PNG), read)], endpoint.image_rules)
    assert list(map(str, left_out)) == ([] if shown else ["cat.png: this model can't see images"])
    sent = await seen(provider, client, endpoint, ChatRequest([Message.of(Role.USER, "A cat", images)]))
    assert str(sent["messages"]).count("data:image/png;base64,") == shown
