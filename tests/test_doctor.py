"""The doctor tries the providers: what works, what does not, and how to fix it."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.doctor import ProviderFinding, examine_providers
from bot.settings import load_settings
from bot.simulator import Fail, Finish, Simulator
from tests.stub_server import RecordedRequest, StubServer, model_list
from tests.test_cli import Parley

KEY = "k3-not-a-real-one"
SAYS = {"choices": [{"index": 0, "message": {"content": "OK"}, "finish_reason": "stop"}]}


@pytest.fixture
async def stub() -> AsyncIterator[StubServer]:
    async with StubServer.open() as stub:
        yield stub


@pytest.fixture
def catalogue(tmp_path: Path, unused_port: int) -> Path:
    """An operator's file by which nothing runs on this machine."""
    path = tmp_path / "catalogue.toml"
    nowhere = f"http://127.0.0.1:{unused_port}/v1"
    path.write_text(f'[ollama]\nbase_url = "{nowhere}"\n[lmstudio]\nbase_url = "{nowhere}"\n', "utf-8")
    return path


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


async def examined(catalogue: Path, access: Mapping[str, Any], **settings: Any) -> dict[str, ProviderFinding]:
    """What is found out of the providers with these keys and addresses."""
    given = load_settings(catalogue_file=catalogue, access=dict(access), **settings)
    return {finding.provider: finding async for finding in examine_providers(given)}


def at(url: str, key: str | None = KEY) -> dict[str, str | None]:
    return {"key": key, "base_url": url}


async def test_a_provider_that_works(sim: Simulator, catalogue: Path) -> None:
    found = await examined(catalogue, {"groq": at(sim.model_url)})
    groq = found["groq"]
    assert (groq.ok, groq.works, groq.reachable, groq.key_accepted) == (True, True, True, True)
    assert (groq.models, groq.model, groq.remedy) == (3, "qwen/qwen3.6-27b", "")
    assert groq.first_token_seconds is not None
    assert f"Groq at {sim.model_url}: key accepted, 3 models listed, first token of qwen/qwen3.6-27b" in groq.what
    request = sim.model.requests[0].json
    assert (request["stream"], request["max_completion_tokens"]) == (True, 1)


async def test_a_missing_local_server_is_a_hint_unless_it_is_configured(catalogue: Path, unused_port: int) -> None:
    nowhere = f"http://127.0.0.1:{unused_port}/v1"
    found = await examined(catalogue, {})
    assert list(found) == ["ollama", "lmstudio"]
    assert (found["ollama"].ok, found["ollama"].works, found["ollama"].reachable) == (True, False, False)
    assert found["ollama"].what == f"Ollama is not running at {nowhere}"
    assert found["ollama"].remedy == "start it with `ollama serve`, or set OLLAMA_BASE_URL to its address"
    asked_for: list[dict[str, Any]] = [
        {"access": {"lmstudio": at(nowhere, None)}},
        {"access": {}, "default_model": "lmstudio/heron"},
        {"access": {}, "fallback_models": "lmstudio/heron"},
    ]
    for settings in asked_for:
        found = await examined(catalogue, **settings)
        assert (found["ollama"].ok, found["lmstudio"].ok) == (True, False)


async def test_a_local_server_is_tried_with_a_model_that_it_has(sim: Simulator, catalogue: Path) -> None:
    sim.model.models = ["pulled:7b"]
    found = await examined(catalogue, {"ollama": at(sim.model_url, None), "litellm": at(sim.model_url)})
    assert {name: each.model for name, each in found.items() if each.works} == {
        "ollama": "pulled:7b",
        "litellm": "pulled:7b",
    }
    assert found["ollama"].key_accepted is None


async def test_the_operators_model_is_tried(sim: Simulator, catalogue: Path) -> None:
    access = {"groq": at(sim.model_url), "xai": at(sim.model_url)}
    found = await examined(catalogue, access, default_model="groq/parley-demo")
    assert {name: each.model for name, each in found.items() if each.works} == {
        "groq": "parley-demo",
        "xai": "grok-4.20-non-reasoning",
    }


@pytest.mark.parametrize(
    ("answer", "remedy", "key_accepted"),
    [
        (Fail(401, {"error": {"message": f"Incorrect API key: {KEY}"}}), "check GROQ_API_KEY", False),
        (
            Fail(400, {"error": {"message": "No connected db."}}),
            "check GROQ_API_KEY",
            False,
        ),
        (Fail(402, {"error": {"message": "Insufficient Balance"}}), "add credit to your Groq account", True),
        (Fail(429, {"error": {"message": "slow down"}}), "wait and try again", True),
        (
            Fail(404, {"error": {"code": "model_not_found", "message": "no such model"}}),
            "set DEFAULT_MODEL to a model that it offers, such as groq/parley-demo, groq/parley-demo-mini",
            True,
        ),
        (Fail(410, {"error": {"message": "gone"}}), "set DEFAULT_MODEL to another model", None),
        (Fail(503, "busy"), "the problem is on the provider's side", None),
        (Fail(418, {"error": {"message": "I am a teapot"}}), "correct it in CATALOGUE_FILE", True),
        (Fail(200, "<html>welcome</html>", {"Content-Type": "text/html"}), "check GROQ_BASE_URL", None),
    ],
)
async def test_a_failure_comes_with_a_remedy(
    sim: Simulator, catalogue: Path, answer: Fail, remedy: str, key_accepted: bool | None
) -> None:
    sim.model.script(answer, times=2)
    groq = (await examined(catalogue, {"groq": at(sim.model_url)}))["groq"]
    assert (groq.ok, groq.works, groq.reachable, groq.key_accepted) == (False, False, True, key_accepted)
    assert remedy in groq.remedy
    assert KEY not in str(groq)
    assert "3 models listed" in groq.what
    assert "\n" not in groq.what


async def test_an_address_that_serves_nothing_is_blamed_rather_than_the_model(sim: Simulator, catalogue: Path) -> None:
    groq = (await examined(catalogue, {"groq": at(f"{sim.model_url}/v2")}))["groq"]
    assert (groq.error, groq.ok, groq.key_accepted) == ("WrongAddress", False, None)
    assert groq.remedy.startswith("check GROQ_BASE_URL")


async def test_a_missing_model_list_is_not_a_failure(stub: StubServer, catalogue: Path) -> None:
    stub.responses["/v1/chat/completions"] = SAYS
    for refusal in ((404, {"error": {"message": "none"}}), (403, {"error": {"message": "not with this key"}})):
        stub.responses["/v1/models"] = refusal
        found = await examined(catalogue, {"codestral": at(f"{stub.url}/v1")})
        assert (found["codestral"].ok, found["codestral"].models, found["codestral"].key_accepted) == (True, None, True)
        assert "no model list: " in found["codestral"].what


async def test_a_model_that_refuses_such_a_short_answer_is_asked_for_a_longer_one(
    sim: Simulator, catalogue: Path
) -> None:
    sim.model.script(Fail(400, {"error": {"message": "Could not finish the message: output limit was reached"}}))
    sim.model.script(Finish("stop"))
    found = await examined(catalogue, {"openai": at(sim.model_url)})
    assert found["openai"].works
    assert ["max_completion_tokens" in request.json for request in sim.model.requests] == [True, False]


async def test_a_former_address_that_responds_is_suggested_and_never_gets_the_key(
    stub: StubServer, catalogue: Path, unused_port: int
) -> None:
    stub.responses["/v1/models"] = model_list("heron")
    with catalogue.open("a", encoding="utf-8") as file:
        file.write(
            f'[acme]\ntitle = "Acme"\nkey = "ACME_API_KEY"\nbase_url = "http://127.0.0.1:{unused_port}/v2"\n'
            f'former_base_urls = ["http://127.0.0.1:{unused_port}/v0", "{stub.url}/v1"]\ndefault_model = "heron"\n'
        )
    acme = (await examined(catalogue, {"acme": {"key": KEY}}))["acme"]
    assert (acme.ok, acme.reachable, acme.answers_instead) == (False, False, f"{stub.url}/v1")
    assert acme.remedy == f"set ACME_BASE_URL={stub.url}/v1"
    assert [KEY in str(asked.headers) for asked in stub.requests] == [False]

    stub.requests.clear()
    acme = (await examined(catalogue, {"acme": at(f"http://127.0.0.1:{unused_port}/own")}))["acme"]
    assert (acme.ok, acme.answers_instead, stub.requests) == (False, None, [])


async def test_a_former_address_is_not_tried_if_the_current_one_works(stub: StubServer, catalogue: Path) -> None:
    async with StubServer.open() as former:
        stub.responses |= {"/v1/models": model_list("heron"), "/v1/chat/completions": SAYS}
        with catalogue.open("a", encoding="utf-8") as file:
            file.write(
                f'[acme]\ntitle = "Acme"\nkey = "ACME_API_KEY"\nbase_url = "{stub.url}/v1"\n'
                f'former_base_urls = ["{former.url}/v1"]\ndefault_model = "heron"\n'
            )
        assert (await examined(catalogue, {"acme": {"key": KEY}}))["acme"].works
        assert former.requests == []


async def test_a_retired_provider_with_a_key_is_reported_and_not_asked(catalogue: Path) -> None:
    github = (await examined(catalogue, {"github": {"key": KEY}}))["github"]
    assert (github.ok, github.reachable) == (False, None)
    assert "GitHub was retired on 2026-07-30" in github.what
    assert "remove GITHUB_API_KEY, or set GITHUB_BASE_URL to a compatible server" in github.remedy


async def test_five_providers_are_tried_concurrently(stub: StubServer, catalogue: Path) -> None:
    together = asyncio.Barrier(5)

    async def models(_: RecordedRequest) -> Any:
        await together.wait()
        return model_list("heron")

    stub.responses |= {"/v1/models": models, "/v1/chat/completions": SAYS}
    names = (
        "sambanova",
        "groq",
        "openrouter",
        "gemini",
        "deepseek",
        "codestral",
        "mistral",
        "openai",
        "glhf",
        "github",
    )
    found = await examined(catalogue, {name: at(f"{stub.url}/v1") for name in names})
    assert sum(each.works for each in found.values()) == 10
    assert stub.max_concurrent == 5


async def test_a_password_in_an_address_is_not_shown(sim: Simulator, catalogue: Path) -> None:
    url = sim.model_url.replace("http://", "http://ana:hunter2@")
    groq = (await examined(catalogue, {"groq": at(url)}))["groq"]
    assert "hunter2" not in str(groq)


# The command


async def test_the_command_prints_one_line_per_finding(sim: Simulator, catalogue: Path, tmp_path: Path) -> None:
    parley = Parley(tmp_path)
    environment = {"CATALOGUE_FILE": str(catalogue), "GROQ_API_KEY": KEY, "GROQ_BASE_URL": sim.model_url}
    ended = await parley("doctor", "--providers", **environment)
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert lines[0].startswith(f"ok    Groq at {sim.model_url}: key accepted, 3 models listed, first token of ")
    assert [line[:4] for line in lines[1:]] == ["hint", "    ", "hint", "    "]

    sim.model.key = "another"
    ended = await parley("doctor", "--providers", **environment)
    assert ended.code == 1
    lines = ended.out.splitlines()
    assert lines[0].startswith(f"FAIL  Groq at {sim.model_url}: API key rejected (HTTP 401 ")
    assert lines[1] == "      check GROQ_API_KEY"


async def test_the_command_prints_json(sim: Simulator, catalogue: Path, tmp_path: Path) -> None:
    parley = Parley(tmp_path)
    environment = {"CATALOGUE_FILE": str(catalogue), "GROQ_API_KEY": KEY, "GROQ_BASE_URL": sim.model_url}
    ended = await parley("doctor", "--providers", "--json", **environment)
    document = json.loads(ended.out)
    groq, ollama, lmstudio = document["providers"]
    assert (ended.code, document["ok"]) == (0, True)
    assert isinstance(groq.pop("first_token_seconds"), float)
    assert groq == {
        "ok": True,
        "what": groq["what"],
        "remedy": "",
        "provider": "groq",
        "base_url": sim.model_url,
        "configured": True,
        "works": True,
        "reachable": True,
        "key_accepted": True,
        "models": 3,
        "model": "qwen/qwen3.6-27b",
        "error": "",
        "detail": "",
        "answers_instead": None,
    }
    assert (ollama["ok"], ollama["configured"], ollama["error"]) == (True, False, "Unreachable")
    assert lmstudio["remedy"].startswith("start it with `lms server start`")

    sim.model.script(Fail(402, {"error": {"message": "Insufficient Balance"}}))
    ended = await parley("doctor", "--providers", "--json", **environment)
    assert (ended.code, json.loads(ended.out)["ok"]) == (1, False)


async def test_the_other_checks_are_printed_as_json_too(sim: Simulator, catalogue: Path, tmp_path: Path) -> None:
    environment = {"CATALOGUE_FILE": str(catalogue), "DISCORD_TOKEN": sim.bot_token, "DISCORD_API_URL": sim.api_url}
    ended = await Parley(tmp_path)("doctor", "--json", DEFAULT_MODEL="ollama/heron", **environment)
    document = json.loads(ended.out)
    assert (ended.code, document["ok"]) == (0, True)
    assert {"ok": True, "what": "the MESSAGE CONTENT intent is enabled", "remedy": ""} in document["findings"]
