"""A model that refuses the role of the system prompt, and a base URL that is no longer the current one."""

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


async def test_a_model_that_refuses_the_system_role_gets_the_developer_role_from_then_on(
    provider: Provider, client: ChatClient
) -> None:
    provider.answers.extend([refuses("system"), FINE, FINE])
    for _ in range(2):
        assert (await ask(client, provider.endpoint("openai"), ASKED)).text == "Fine"
    assert [said(asked)[0][0] for asked in provider.requests] == ["system", "developer", "developer"]
    assert [said(asked)[1:] for asked in provider.requests] == [[("user", "Hello")]] * 3


async def test_a_model_that_refuses_both_roles_gets_the_user_role_from_then_on(
    provider: Provider, client: ChatClient
) -> None:
    provider.answers.extend([refuses("system"), refuses("developer"), FINE, FINE])
    for _ in range(2):
        assert (await ask(client, provider.endpoint("openai"), ASKED)).text == "Fine"
    assert [said(asked)[0][0] for asked in provider.requests] == ["system", "developer", "user", "user"]
    assert said(provider.requests[-1]) == [("user", "Be brief.\n\nHello")]


async def test_a_system_prompt_before_an_answer_becomes_a_message_of_the_user(
    provider: Provider, client: ChatClient
) -> None:
    messages = [Message.of(Role.SYSTEM, "Be brief."), Message.of(Role.ASSISTANT, "Hi"), Message.of(Role.USER, "Hello")]
    provider.answers.extend([refuses("system"), refuses("developer"), FINE])
    await ask(client, provider.endpoint("openai"), ChatRequest(messages))
    assert said(provider.requests[-1]) == [("user", "Be brief."), ("assistant", "Hi"), ("user", "Hello")]


async def test_other_models_of_the_provider_get_the_usual_role(provider: Provider, client: ChatClient) -> None:
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
async def test_refusals_of_a_role_are_recognised_by_their_wording(
    provider: Provider, client: ChatClient, message: str
) -> None:
    provider.answers.extend([refusal(message), refusal(message), FINE])
    assert (await ask(client, provider.endpoint("gemini"), ASKED)).text == "Fine"
    assert said(provider.requests[-1]) == [("user", "Be brief.\n\nHello")]


async def test_without_a_system_prompt_a_refused_role_is_not_tried_again(
    provider: Provider, client: ChatClient
) -> None:
    provider.answers.append(refuses("system"))
    heard = await ask(client, provider.endpoint("openai"))
    assert isinstance(heard.error, BadRequest)
    assert len(provider.requests) == 1


def formerly(provider: Provider, path: str) -> Endpoint:
    """Gemini at a base URL that the catalogue calls a former one; nothing listens at the current one."""
    known = load_catalogue()["gemini"].model_copy(update={"former_base_urls": (f"{provider.url}/v1beta",)})
    access = Access.model_validate({"key": KEY, "base_url": f"{provider.url}{path}"})
    return Offer({"gemini": known}, {"gemini": access}).endpoint("gemini")


async def test_the_error_for_a_former_base_url_names_the_current_one(provider: Provider, client: ChatClient) -> None:
    provider.answers.append(Answer([b"<p>Not here</p>"], "404 Not Found", ["Content-Type: text/html"]))
    heard = await ask(client, formerly(provider, "/v1beta"))
    assert isinstance(heard.error, WrongAddress)
    assert heard.error.detail.startswith("GEMINI_BASE_URL is outdated")
    assert "https://generativelanguage.googleapis.com/v1beta/openai" in heard.error.detail
    assert len(provider.requests) == 1


async def test_the_error_for_an_operator_s_own_base_url_does_not_call_it_a_former_one(
    provider: Provider, client: ChatClient
) -> None:
    provider.answers.append(Answer([b"<p>Not here</p>"], "404 Not Found", ["Content-Type: text/html"]))
    heard = await ask(client, formerly(provider, "/proxy"))
    assert isinstance(heard.error, WrongAddress)
    assert "former" not in heard.error.detail
