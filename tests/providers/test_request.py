"""Requests, byte by byte: what was set and what the provider takes, and nothing else."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.messages import Detail, Message, Role
from bot.chat.parts import ImagePart, TextPart
from bot.providers.catalogue import load_catalogue
from bot.providers.offer import Access, Endpoint, Offer
from bot.providers.request import PIECE, Body, ChatRequest, encode

CATALOGUE = load_catalogue()
ASK = Message.of(Role.USER, "Hello")
CAT = ImagePart("cat.png", "image/png", b"\x89PNG a cat")


def endpoint(name: str, model: str = "", **changes: Any) -> Endpoint:
    """An endpoint of the catalogue, with changes to its provider's entry."""
    catalogue = {name: CATALOGUE[name].model_copy(update=changes)}
    access = Access.model_validate({"key": "k", "base_url": "http://localhost:9/v1"})
    return Offer(catalogue, {name: access}).endpoint(f"{name}/{model}")


async def sent(body: Body) -> bytes:
    return b"".join([piece async for piece in body.pieces()])


async def fields(endpoint: Endpoint, request: ChatRequest) -> dict[str, Any]:
    value = json.loads(await sent(encode(endpoint, request)))
    assert isinstance(value, dict)
    return value


async def test_a_conversation_is_written_byte_for_byte() -> None:
    messages = [
        Message.of(Role.SYSTEM, "Be brief."),
        Message.of(Role.USER, 'Say "Grüße"\nand a \N{CAT FACE}'),
        Message.of(Role.ASSISTANT, "Grüße \\ \u2028"),
        Message.of(Role.USER, "Again"),
    ]
    body = encode(endpoint("ollama", "gemma4"), ChatRequest(messages))
    assert (
        await sent(body)
        == (
            '{"model":"gemma4","messages":['
            '{"role":"system","content":"Be brief."},'
            '{"role":"user","content":"Say \\"Grüße\\"\\nand a \N{CAT FACE}"},'
            '{"role":"assistant","content":"Grüße \\\\ \u2028"},'
            '{"role":"user","content":"Again"}'
            '],"stream":true,"stream_options":{"include_usage":true}}'
        ).encode()
    )


async def test_an_image_stands_in_the_message_as_a_data_url_with_its_detail() -> None:
    message = Message(Role.USER, (TextPart("What is this?"), CAT, TextPart("And now?")))
    request = ChatRequest([message], image_detail=Detail.LOW)
    picture = base64.b64encode(CAT.data).decode()
    assert (
        await sent(encode(endpoint("mistral", "mistral-small-latest"), request))
        == (
            '{"model":"mistral-small-latest","messages":[{"role":"user","content":['
            '{"type":"text","text":"What is this?"},'
            '{"type":"image_url","image_url":{"url":"data:image/png;base64,' + picture + '","detail":"low"}},'
            '{"type":"text","text":"And now?"}'
            ']}],"stream":true}'
        ).encode()
    )


async def test_detail_is_left_out_unless_it_is_set() -> None:
    part = (await fields(endpoint("openai"), ChatRequest([Message.of(Role.USER, "", (CAT,))])))["messages"][0]
    assert list(part["content"][0]["image_url"]) == ["url"]


async def test_parameters_are_sent_when_they_are_set_and_only_then() -> None:
    everything = ChatRequest([ASK], temperature=0, top_p=0.5, max_tokens=9)
    assert await fields(endpoint("xai"), ChatRequest([ASK])) == {
        "model": "grok-4.20-non-reasoning",
        "messages": [{"role": "user", "content": "Hello"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    written = await fields(endpoint("xai"), everything)
    assert (written["temperature"], written["top_p"], written["max_tokens"]) == (0, 0.5, 9)


@pytest.mark.parametrize("name", CATALOGUE)
async def test_the_longest_answer_has_the_name_that_the_provider_takes(name: str) -> None:
    written = await fields(endpoint(name, "some-model"), ChatRequest([ASK], max_tokens=9))
    expected = "max_completion_tokens" if name in ("openai", "groq") else "max_tokens"
    assert {field for field in written if "tokens" in field} == {expected}
    assert written[expected] == 9


@pytest.mark.parametrize("name", CATALOGUE)
async def test_usage_is_asked_for_where_the_provider_does_not_refuse_that(name: str) -> None:
    written = await fields(endpoint(name, "some-model"), ChatRequest([ASK]))
    refuses = name in ("gemini", "mistral", "codestral")
    assert written.get("stream_options") == (None if refuses else {"include_usage": True})
    assert ("stream_options" in written) is not refuses


@pytest.mark.parametrize("name", CATALOGUE)
async def test_no_request_has_a_null_or_a_field_that_strict_providers_refuse(name: str) -> None:
    request = ChatRequest([Message.of(Role.SYSTEM, "Be brief."), Message.of(Role.USER, "", (CAT,))])
    written = await sent(encode(endpoint(name, "some-model"), request))
    assert b"null" not in written
    value = json.loads(written)
    assert value.keys() <= {"model", "messages", "stream", "stream_options"}
    assert all(message.keys() == {"role", "content"} for message in value["messages"])


async def test_a_provider_that_cannot_stream_is_not_asked_to() -> None:
    written = await fields(endpoint("litellm", "local", stream=False), ChatRequest([ASK]))
    assert written["stream"] is False
    assert "stream_options" not in written


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("anthropic/claude-haiku-5-5", {}),
        ("anthropic/claude-haiku-4-5", {"temperature": 0.5}),
        ("openai/gpt-6-luna", {}),
        ("openai/gpt-4.1", {"temperature": 0.5, "top_p": 0.9}),
    ],
)
async def test_parameters_that_a_model_refuses_are_not_sent(model: str, expected: dict[str, float]) -> None:
    name, _, model_id = model.partition("/")
    written = await fields(endpoint(name, model_id), ChatRequest([ASK], temperature=0.5, top_p=0.9))
    assert {field: written[field] for field in ("temperature", "top_p") if field in written} == expected


@pytest.mark.parametrize(("name", "written"), [("mistral", 1.5), ("anthropic", 1), ("xai", 2)])
async def test_a_temperature_is_brought_into_the_provider_s_range(name: str, written: float) -> None:
    request = ChatRequest([ASK], temperature=2)
    assert (await fields(endpoint(name, "some-model"), request))["temperature"] == written


async def test_system_and_assistant_are_always_plain_strings() -> None:
    messages = [Message(role, (TextPart("a"), TextPart("b"))) for role in Role]
    written = (await fields(endpoint("xai"), ChatRequest(messages)))["messages"]
    assert [message["content"] for message in written] == ["a\n\nb"] * 3


images = st.builds(ImagePart, st.just("x.png"), st.just("image/png"), st.binary(min_size=1, max_size=50))
texts = st.builds(TextPart, st.text(st.characters(codec="utf-8"), max_size=20))
messages = st.builds(
    lambda role, parts: Message(role, tuple(p for p in parts if role is Role.USER or isinstance(p, TextPart))),
    st.sampled_from(Role),
    st.lists(texts | images, min_size=1, max_size=4),
)


@given(st.lists(messages, max_size=5))
async def test_the_length_is_announced_exactly_and_the_bytes_are_the_json_of_the_messages(
    messages: list[Message],
) -> None:
    body = encode(endpoint("xai"), ChatRequest(messages))
    written = await sent(body)
    assert len(written) == body.length
    contents = [message["content"] for message in json.loads(written)["messages"]]
    parts = [part for content in contents if isinstance(content, list) for part in content]
    urls = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
    found = [base64.b64decode(url.removeprefix("data:image/png;base64,")) for url in urls]
    assert found == [image.data for message in messages for image in message.images]


@pytest.mark.parametrize("size", [1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 2])
async def test_a_large_image_is_sent_in_pieces_whose_base64_concatenates(size: int) -> None:
    data = bytes(index % 251 for index in range(size))
    body = encode(endpoint("xai"), ChatRequest([Message.of(Role.USER, "", (ImagePart("a", "image/png", data),))]))
    pieces = [piece async for piece in body.pieces()]
    assert max(map(len, pieces)) <= PIECE * 4 // 3
    assert base64.b64encode(data) in b"".join(pieces)
    assert sum(map(len, pieces)) == body.length
