"""The scripted model over real HTTP."""

import asyncio
import base64
import json
from typing import Any

import aiohttp
import pytest

from bot.simulator import Cut, Fail, Finish, Hang, Pause, Raw, Say, Simulator, Wait
from tests.simulator.test_places import png

URL = "/model/v1/chat/completions"


def body(*said: str, **more: Any) -> dict[str, Any]:
    roles = ("user", "assistant")
    messages = [{"role": roles[number % 2], "content": text} for number, text in enumerate(said)]
    return {"model": "demo", "messages": messages, "stream": True} | more


async def chunks(response: aiohttp.ClientResponse) -> list[Any]:
    lines = [line for line in (await response.text()).split("\n") if line]
    return [json.loads(line[6:]) if line != "data: [DONE]" else "DONE" for line in lines]


def text(events: list[Any]) -> str:
    deltas = [event["choices"][0]["delta"] for event in events if event != "DONE" and event["choices"]]
    return "".join(delta.get("content") or "" for delta in deltas)


async def test_default_answer_shows_what_it_received(sim: Simulator) -> None:
    picture = "data:image/png;base64," + base64.b64encode(png(4, 5)).decode()
    asked = body("my name is Ana", "noted", "what is my name?")
    asked["messages"][-1]["content"] = [
        {"type": "text", "text": "and this?"},
        {"type": "image_url", "image_url": {"url": picture}},
    ]
    async with aiohttp.ClientSession(sim.url) as http:
        events = await chunks(await http.post(URL, json=asked))
    said = text(events)
    for part in ("**demo**", "“and this?”", "2 earlier messages", "“my name is Ana”", "1 image: image/png", "4×5"):
        assert part in said
    assert events[-1] == "DONE"
    assert events[0]["choices"][0]["delta"]["role"] == "assistant"
    assert events[-2]["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize(
    ("prompt", "part"),
    [
        ("show me code", "```python"),
        ("a table please", "|---|"),
        ("count to 5", "1 2 3 4 5"),
        ("long", "## 8."),
        ("think", "</think>"),
    ],
)
async def test_default_answer_keywords(sim: Simulator, prompt: str, part: str) -> None:
    async with aiohttp.ClientSession(sim.url) as http:
        whole = await (await http.post(URL, json=body(prompt, stream=False))).json()
    content = whole["choices"][0]["message"]["content"]
    assert part in content
    assert (len(content) > 4000) == (prompt == "long")
    assert whole["usage"]["total_tokens"] == whole["usage"]["prompt_tokens"] + whole["usage"]["completion_tokens"]


async def test_script_runs_step_by_step(sim: Simulator) -> None:
    gate = asyncio.Event()
    sim.model.script(Say("Hel"), Wait(gate), Say("lo"), Finish("length", {"total_tokens": 7}))
    async with aiohttp.ClientSession(sim.url) as http:
        async with http.post(URL, json=body("x", stream_options={"include_usage": True})) as response:
            first = await response.content.readline()
            assert json.loads(first[6:])["choices"][0]["delta"]["content"] == "Hel"
            gate.set()
            rest = await chunks(response)
        assert text(rest) == "lo"
        assert rest[-3]["choices"][0]["finish_reason"] == "length"
        assert rest[-2]["usage"] == {"total_tokens": 7}
        assert rest[-2]["choices"] == []
        request = await sim.model.asked()
        assert json.loads(request.body) == request.json
        assert (request.text, request.headers["Content-Type"]) == ("x", "application/json")
        # the next request has no script
        assert "Hello from" in text(await chunks(await http.post(URL, json=body("y"))))


async def test_message_chunk_shape(sim: Simulator) -> None:
    sim.model.script(Say("a"), Say("b"), shape="message")
    async with aiohttp.ClientSession(sim.url) as http:
        first, second, done = await chunks(await http.post(URL, json=body("x")))
    assert (first["object"], first["choices"][0]["message"]["content"]) == ("chat.completion", "a")
    assert (second["choices"][0]["finish_reason"], "usage" in second, done) == ("", True, "DONE")


async def test_raw_bytes_failures_and_cuts(sim: Simulator) -> None:
    sim.model.script(Raw(b": comment\n\ndata: {oops\n\n"), done=False)
    sim.model.script(Pause(0.01), Fail(429, {"error": {"message": "slow down"}}, headers={"Retry-After": "2"}))
    sim.model.script(Fail(502, "<html>"))
    sim.model.script(Say("Hel"), Cut())
    async with aiohttp.ClientSession(sim.url) as http:
        async with http.post(URL, json=body("x")) as raw:
            assert (await raw.read()).startswith(b": comment\n\ndata: {oops\n\ndata: ")
        async with http.post(URL, json=body("x")) as limited:
            assert (limited.status, limited.headers["Retry-After"]) == (429, "2")
            assert (await limited.json())["error"]["message"] == "slow down"
        async with http.post(URL, json=body("x")) as html:
            assert (html.status, await html.text()) == (502, "<html>")
        async with http.post(URL, json=body("x")) as broken:
            assert b"Hel" in await broken.content.readline()
            with pytest.raises(aiohttp.ClientError):
                await broken.read()


async def test_client_disconnect_is_detected(sim: Simulator) -> None:
    sim.model.script(Say("Hel"), Hang())
    async with aiohttp.ClientSession(sim.url) as http, http.post(URL, json=body("x")) as response:
        await response.content.readline()
        response.close()
    request = await sim.model.asked()
    await asyncio.wait_for(request.left_early.wait(), 5)


async def test_models_keys_and_invalid_requests(sim: Simulator) -> None:
    sim.model.key = "secret"
    async with aiohttp.ClientSession(sim.url) as http:
        assert (await http.get("/model/v1/models")).status == 401
        assert (await (await http.post(URL, json=body("x"))).json())["error"]["code"] == "invalid_api_key"
        http.headers["Authorization"] = "Bearer secret"
        listed = await (await http.get("/model/v1/models")).json()
        assert [model["id"] for model in listed["data"]] == sim.model.models
        assert (await http.post(URL, data=b"{")).status == 400
        assert (await http.post(URL, json={"messages": []})).status == 400
        assert (await http.get("/model/v1/nothing")).status == 404


async def test_scripting_over_http(sim: Simulator) -> None:
    steps = [{"say": "one"}, {"wait": "go"}, {"say": " two"}, {"finish": "stop"}]
    async with aiohttp.ClientSession(sim.url) as http:
        assert (await http.post("/_control/model", json={"steps": steps})).status == 204
        async with http.post(URL, json=body("x")) as response:
            assert b"one" in await response.content.readline()
            await http.post("/_control/model/release", json={"wait": "go"})
            assert text(await chunks(response)) == " two"
        [seen] = await (await http.get("/_control/model")).json()
        assert json.loads(seen["body"]) == body("x")
        assert (await http.post("/_control/model", json={"steps": [{"what": 1}]})).status == 400
