"""A model that does not take the system prompt in the role that it has, and an address that is no longer the one."""

import json

import pytest

from bot.chat.messages import Message, Role
from bot.providers.catalogue import load_catalogue
from bot.providers.client import ChatClient
from bot.providers.errors import BadRequest, WrongAddress
from bot.providers.offer import Access, Endpoint, Offer
from bot.providers.request import ChatRequest
from tests.providers.conftest import DONE, FINISH, KEY, Answer, Provider, Request, ask, saying

JSON = ("Content-Type: application/json",)
FINE = Answer([saying("Fine"), FINISH, DONE])
ASKED = ChatRequest([Message.of(Role.SYSTEM, "Be brief."), Message.of(Role.USER, "Hello")])


def refusal(message: str, status: str = "400 Bad Request", **more: str) -> Answer:
    return Answer([json.dumps({"error": {"message": message, **more}}).encode()], status, JSON)


def refuses(role: str) -> Answer:
    words = f"Unsupported value: 'messages[0].role' cannot be '{role}' for this one."
    return refusal(words, code="unsupported_value", param="messages[0].role")


def said(request: Request) -> list[tuple[str, str]]:
    return [(message["role"], message["content"]) for message in request.json["messages"]]


async def test_a_model_that_refuses_system_is_told_as_developer_from_then_on(
    provider: Provider, client: ChatClient
) -> None:
    provider.answers.extend([refuses("system"), FINE, FINE])
    for _ in range(2):
        assert (await ask(client, provider.endpoint("openai"), ASKED)).text == "Fine"
    assert [said(asked)[0][0] for asked in provider.requests] == ["system", "developer", "developer"]
    assert [said(asked)[1:] for asked in provider.requests] == [[("user", "Hello")]] * 3


async def test_a_model_without_either_role_is_told_by_the_user_from_then_on(
    provider: Provider, client: ChatClient
) -> None:
    provider.answers.extend([refuses("system"), refuses("developer"), FINE, FINE])
    for _ in range(2):
        assert (await ask(client, provider.endpoint("openai"), ASKED)).text == "Fine"
    assert [said(asked)[0][0] for asked in provider.requests] == ["system", "developer", "user", "user"]
    assert said(provider.requests[-1]) == [("user", "Be brief.\n\nHello")]


async def test_where_an_answer_comes_first_the_system_prompt_is_a_message_of_the_user_s_own(
    provider: Provider, client: ChatClient
) -> None:
    messages = [Message.of(Role.SYSTEM, "Be brief."), Message.of(Role.ASSISTANT, "Hi"), Message.of(Role.USER, "Hello")]
    provider.answers.extend([refuses("system"), refuses("developer"), FINE])
    await ask(client, provider.endpoint("openai"), ChatRequest(messages))
    assert said(provider.requests[-1]) == [("user", "Be brief."), ("assistant", "Hi"), ("user", "Hello")]


async def test_other_models_of_the_provider_are_told_as_before(provider: Provider, client: ChatClient) -> None:
    provider.answers.extend([refuses("system"), FINE, FINE])
    await ask(client, provider.endpoint("openai", "one"), ASKED)
    await ask(client, provider.endpoint("openai", "another"), ASKED)
    assert [said(asked)[0][0] for asked in provider.requests] == ["system", "developer", "system"]


@pytest.mark.parametrize(
    "message",
    [
        "System role not supported",
        "This template: the system role is not supported here",
        "Developer instruction is not enabled for models/finch-3",
        "system messages are not allowed",
    ],
)
async def test_templates_without_the_role_say_so_in_other_words(
    provider: Provider, client: ChatClient, message: str
) -> None:
    provider.answers.extend([refusal(message), refusal(message), FINE])
    assert (await ask(client, provider.endpoint("gemini"), ASKED)).text == "Fine"
    assert said(provider.requests[-1]) == [("user", "Be brief.\n\nHello")]


async def test_a_role_that_is_not_the_system_prompt_s_is_not_asked_for_again(
    provider: Provider, client: ChatClient
) -> None:
    provider.answers.append(refuses("system"))
    heard = await ask(client, provider.endpoint("openai"))
    assert isinstance(heard.error, BadRequest)
    assert len(provider.requests) == 1


def formerly(provider: Provider, path: str) -> Endpoint:
    """Gemini at an address that the catalogue says was its former one; today's is where nobody is."""
    known = load_catalogue()["gemini"].model_copy(update={"former_base_urls": (f"{provider.url}/v1beta",)})
    access = Access.model_validate({"key": KEY, "base_url": f"{provider.url}{path}"})
    return Offer({"gemini": known}, {"gemini": access}).endpoint("gemini")


async def test_a_former_base_url_that_is_not_there_is_told_with_the_one_of_today(
    provider: Provider, client: ChatClient
) -> None:
    provider.answers.append(Answer([b"<p>Not here</p>"], "404 Not Found", ["Content-Type: text/html"]))
    heard = await ask(client, formerly(provider, "/v1beta"))
    assert isinstance(heard.error, WrongAddress)
    assert heard.error.detail.startswith("GEMINI_BASE_URL is a former one")
    assert "https://generativelanguage.googleapis.com/v1beta/openai" in heard.error.detail
    assert len(provider.requests) == 1


async def test_an_address_of_the_operator_s_own_is_not_said_to_be_a_former_one(
    provider: Provider, client: ChatClient
) -> None:
    provider.answers.append(Answer([b"<p>Not here</p>"], "404 Not Found", ["Content-Type: text/html"]))
    heard = await ask(client, formerly(provider, "/proxy"))
    assert isinstance(heard.error, WrongAddress)
    assert "former" not in heard.error.detail
