"""Failures: whoever can fix it is told in one sentence, nothing is lost, and no one waits forever."""

import asyncio
import logging
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.app import App, CannotRun, open_app
from bot.playground import playground_settings
from bot.settings import Settings
from bot.simulator import Cut, Fail, Finish, Permission, Raw, Say, Simulator, Wait
from bot.store.engine import DatabaseUnusable
from tests.conftest import StartParley
from tests.person import Person
from tests.turns.memory import rows
from tests.turns.outcome import ended
from tests.turns.pictures import GIF, PDF, PNG

KEY = "sk-very-secret-0123456789"


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (Fail(401, {"error": {"message": f"Incorrect API key provided: {KEY}"}}), "does not accept this bot's API key"),
        (Fail(402, {"error": {"message": "Insufficient Balance"}}), "no credit left"),
        (Fail(404, {"error": {"code": "model_not_found", "message": "no such model"}}), "does not know the model"),
        (Fail(429, {"error": {"message": "slow down"}}), "is rate limiting this bot"),
        (Fail(400, {"error": {"code": "context_length_exceeded", "message": "too long"}}), "too long for"),
        (Fail(503, "<html>busy</html>"), "overloaded or broken"),
        (Raw(b'data: {"error": {"message": "engine failed", "type": "server_error"}}\n\n'), "overloaded or broken"),
        (Raw(b"data: {broken\n\n"), "invalid response"),
        (Finish("stop"), "empty answer"),
    ],
)
async def test_a_failing_provider_is_explained(
    sim: Simulator, ana: Person, parley: App, answer: Fail | Raw | Finish, sentence: str
) -> None:
    sim.model.script(answer)
    asked = await ana.mention("hello?")
    reply = await ana.sees(sentence, reply_to=asked)
    assert KEY not in reply["content"]

    sim.model.script(Say("Here I am."))
    await ana.say("once more", reply_to=reply)
    await ana.sees("Here I am.")
    assert [message["content"] for message in sim.model.requests[1].json["messages"][1:]] == ["hello?\n\nonce more"]


async def test_a_stream_that_breaks_keeps_its_text_and_says_so(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path
) -> None:
    sim.model.script(Say("The first half"), Cut())
    reply = await ana.asks("tell me", sees=("The first half", "broke before the answer was complete"))
    assert reply["content"].startswith("The first half\n-# ⚠️ ")
    await ana.asks("go on", sees="Hello from")
    stored = rows(tmp_path / "parley.db", "SELECT text, error FROM said WHERE role = 'assistant'")
    assert stored[0]["text"] == "The first half"
    assert stored[0]["error"].startswith("CutOff: ")


async def test_a_provider_that_is_down_is_named(
    ana: Person, start_parley: StartParley, settings: Settings, unused_port: int
) -> None:
    groq = settings.access["groq"].model_copy(update={"base_url": f"http://127.0.0.1:{unused_port}/v1"})
    async with start_parley(access=settings.access | {"groq": groq}, default_model="groq/x"):
        await ana.asks("hello", sees="Groq cannot be reached right now")


async def test_a_provider_without_its_key_is_not_offered_and_its_channel_is_told(
    ana: Person, start_parley: StartParley, settings: Settings, tmp_path: Path
) -> None:
    keyless = settings.access | {"groq": settings.access["groq"].model_copy(update={"key": None})}
    async with start_parley(access=keyless, default_model="groq/x"):
        await ana.asks("hello", sees="Groq is not set up. The bot's operator needs to set GROQ_API_KEY")
    assert rows(tmp_path / "parley.db", "SELECT text FROM said WHERE role = 'user'") == [{"text": "hello"}]


async def test_a_mention_without_a_question_is_told_what_to_do(ana: Person, parley: App) -> None:
    asked = await ana.mention()
    await ana.sees("Write your question in the same message", reply_to=asked)


async def test_an_image_alone_is_a_question(sim: Simulator, ana: Person, parley: App) -> None:
    await ana.mention(files=[("dot.png", PNG)])
    await sim.model.asked()
    [part] = sim.model.requests[0].json["messages"][-1]["content"]
    assert part["type"] == "image_url"


async def test_files_that_are_not_images_are_named(sim: Simulator, ana: Person, parley: App) -> None:
    asked = await ana.mention(files=[("paper.pdf", PDF)])
    await ana.sees("paper.pdf: I can only look at PNG, JPEG, GIF and WebP images", reply_to=asked)
    sim.model.script(Say("Seen."))
    await ana.asks(
        "compare",
        files=[("paper.pdf", PDF), ("photo.jpg", PNG), ("dance.gif", GIF)],
        sees=("Seen.", "-# Left out paper.pdf"),
    )
    [text, picture, _] = sim.model.requests[0].json["messages"][-1]["content"]
    assert text["text"] == "compare"
    assert picture["image_url"]["url"].startswith("data:image/png;base64,")  # the bytes decide, not the name


async def test_an_image_type_that_a_provider_rejects_is_sent_as_png(
    sim: Simulator, ana: Person, start_parley: StartParley
) -> None:
    sim.model.script(Say("Seen."))
    async with start_parley(default_model="xai/grok-4.3"):
        await ana.asks(
            "look",
            files=[("dance.gif", GIF), ("broken.gif", GIF[:12])],
            sees=("Seen.", "Left out broken.gif: it could not be converted to PNG"),
        )
    said = sim.model.requests[0].json["messages"][-1]["content"]
    assert [part["type"] for part in said] == ["text", "image_url", "text"]
    assert said[1]["image_url"]["url"].startswith("data:image/png;base64,iVBORw0KGgo")
    assert said[2]["text"] == "[image broken.gif, not shown]"


async def test_a_model_without_vision_says_that_it_has_none(
    sim: Simulator, ana: Person, start_parley: StartParley
) -> None:
    sim.model.script(Say("I only read."))
    async with start_parley(default_model="codestral/codestral-latest"):
        await ana.asks(
            "look", files=[("dot.png", PNG)], sees=("I only read.", "Left out dot.png: this model can't see images")
        )
    assert sim.model.requests[0].json["messages"][-1]["content"] == "look"
    assert not any(request.path.startswith("/cdn") for request in sim.requests)


async def test_where_it_cannot_write_the_person_gets_a_direct_message(
    sim: Simulator, ana: Person, parley: App, caplog: pytest.LogCaptureFixture
) -> None:
    channel = sim.world.read_only.id
    told = await ana.asks("hello", channel=channel, sees=(f"<#{channel}>", "Send Messages"))
    assert told["channel_id"] != str(channel)
    assert sim.model.requests == []
    assert "I'm missing the Send Messages permission there" in caplog.text


async def test_a_permission_lost_in_the_middle_is_reported_in_a_direct_message(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path
) -> None:
    go = asyncio.Event()
    sim.model.script(Say("a" * 1_500), Wait(go), Say(" b" * 1_000))
    await ana.asks("hello", sees="aaa")
    sim.world.set_overwrite(sim.world.general, sim.world.bot_role, deny=Permission.SEND_MESSAGES)
    go.set()
    await ana.sees("I couldn't answer you in", lambda told: told["channel_id"] != str(sim.world.general.id))
    await sim.model.requests[0].ended.wait()
    sim.world.set_overwrite(sim.world.general, sim.world.bot_role)
    await ana.asks("again?", sees="again?")
    stored = rows(tmp_path / "parley.db", "SELECT error FROM said WHERE role = 'assistant'")
    assert stored[0]["error"].startswith("not shown to the end")


async def test_deleting_a_reply_while_it_is_written_stops_it(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path
) -> None:
    go = asyncio.Event()
    sim.model.script(Say("never mind"), Wait(go), Say(" this"), Wait(asyncio.Event()))
    reply = await ana.asks("tell me", sees="never mind")
    await ana.delete(reply)
    go.set()
    await ana.sees("My reply was deleted while I was writing it")
    await sim.model.requests[0].left_early.wait()
    await ana.asks("sorry", sees="sorry")
    assert rows(tmp_path / "parley.db", "SELECT text FROM said")[1] == {"text": "never mind this"}


async def test_a_deleted_question_is_still_answered(sim: Simulator, ana: Person, parley: App) -> None:
    go = asyncio.Event()
    sim.model.script(Wait(go), Say("here it is"))
    asked = await ana.mention("tell me")
    await sim.model.asked()
    await ana.delete(asked)
    go.set()
    await ana.sees("here it is")


async def test_a_message_whose_response_is_lost_is_not_posted_twice(sim: Simulator, ana: Person, parley: App) -> None:
    go = asyncio.Event()
    sim.model.script(Wait(go), Say("just once"))
    asked = await ana.mention("hello")
    await sim.model.asked()
    sim.faults.drop("POST /channels/*/messages", after=True)
    go.set()
    await ana.sees("just once", reply_to=asked)
    await sim.model.requests[0].ended.wait()
    await ana.asks("and?", sees="and?")
    assert [message["content"] for message in ana.messages_from(sim.world.bot.id)].count("just once") == 1


async def test_nothing_that_a_model_writes_pings(sim: Simulator, ana: Person, parley: App) -> None:
    sim.model.script(Say(f"@everyone <@{ana.id}>"), Say(f" <@&{sim.world.bot_role.id}>"))
    reply = await ana.asks("shout", sees=f"<@&{sim.world.bot_role.id}>")
    assert (reply["mentions"], reply["mention_everyone"], reply["mention_roles"]) == ([], False, [])


async def test_messages_that_do_not_address_the_bot_are_not_answered(
    sim: Simulator, ana: Person, ben: Person, parley: App
) -> None:
    await ben.say("hello everyone")
    await ana.asks("hello", sees="Hello from")
    assert len(sim.model.requests) == 1


async def test_the_asker_stops_an_answer(sim: Simulator, ana: Person, ben: Person, parley: App, tmp_path: Path) -> None:
    sim.model.script(Say("On and on"), Wait(asyncio.Event()))
    await ben.asks("tell me", sees="On and on")
    assert "Stopped." in (await ben.command("stop"))["content"]
    await ana.sees(f"On and on\n-# Stopped by <@{ben.id}>.")
    await sim.model.requests[0].left_early.wait()
    assert "not writing anything" in (await ben.command("stop"))["content"]
    await ben.asks("and now?", sees="and now?")
    assert [message["content"] for message in sim.model.requests[1].json["messages"][1:3]] == ["tell me", "On and on"]


async def test_others_need_manage_messages_to_stop_an_answer(
    sim: Simulator, ana: Person, ben: Person, parley: App
) -> None:
    go = asyncio.Event()
    sim.model.script(Say("On"), Wait(go), Say(" and on"), Wait(asyncio.Event()))
    await ana.asks("tell me", sees="On")
    assert "not writing anything for you" in (await ben.command("stop"))["content"]
    go.set()
    await ana.sees("On and on")
    sim.model.script(Say("Ben's"), Wait(asyncio.Event()))
    await ben.asks("tell me, too", sees="Ben's")
    assert "Stopped." in (await ana.command("stop"))["content"]
    await ben.sees("Ben's\n-# Stopped by")


async def test_shutting_down_ends_a_running_reply_with_a_note(
    sim: Simulator, ana: Person, start_parley: StartParley, tmp_path: Path
) -> None:
    sim.model.script(Say("I was about to"), Wait(asyncio.Event()))
    async with start_parley():
        await ana.asks("tell me", sees="I was about to")
    await ana.sees("I was about to\n-# ⚠️ I was restarted while writing this")
    [stored] = rows(tmp_path / "parley.db", "SELECT text, error FROM said WHERE role = 'assistant'")
    assert stored["text"] == "I was about to"
    assert stored["error"].startswith("stopped: ")


async def test_a_rejected_token_is_explained_to_the_operator(settings: Settings) -> None:
    wrong = settings.model_copy(update={"discord_token": SecretStr("wrong.token.entirely")})
    async with open_app(wrong) as app:
        with pytest.raises(CannotRun, match="rejected DISCORD_TOKEN"):
            await app.run()


async def test_a_missing_intent_is_explained_to_the_operator(tmp_path: Path) -> None:
    async with (
        Simulator.open(message_content_intent=False) as sim,
        open_app(playground_settings(sim, f"sqlite:///{tmp_path}/parley.db")) as app,
    ):
        with pytest.raises(CannotRun, match="MESSAGE CONTENT"):
            await app.run()


async def test_two_bots_on_one_database_are_refused(settings: Settings, parley: App) -> None:
    with pytest.raises(DatabaseUnusable, match="Another Parley is already using"):
        async with open_app(settings):
            pass


@pytest.mark.parametrize("table", ["preferences", "discord_messages", "completions"])
async def test_a_broken_database_is_reported_and_logged(
    ana: Person, parley: App, tmp_path: Path, caplog: pytest.LogCaptureFixture, table: str
) -> None:
    rows(tmp_path / "parley.db", f"DROP TABLE {table}")
    with caplog.at_level(logging.ERROR):
        asked = await ana.mention("hello")
        await ana.sees("Something went wrong on my side", asked["id"])
    assert "no such table" in caplog.text


async def test_a_database_that_breaks_during_an_answer_is_reported_below_it(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path
) -> None:
    go = asyncio.Event()
    sim.model.script(Say("The first half"), Wait(go), Say(" and the second"))
    await ana.asks("hello", sees="The first half")
    rows(tmp_path / "parley.db", "DROP TABLE discord_messages")
    go.set()
    await ana.sees("The first half", "Something went wrong on my side")


async def test_a_press_that_a_broken_database_stops_is_reported_to_whoever_pressed(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path
) -> None:
    sim.model.script(Say("Once."))
    reply = await ana.asks("hello", sees=("Once.", ended))
    rows(tmp_path / "parley.db", "DROP TABLE discord_messages")
    for button in ("Regenerate", "Other model"):
        told = await ana.answer(await ana.click(reply, button))
        assert told["content"].startswith("⚠️ Something went wrong on my side.")
    assert ana.latest(reply)["content"] == "Once."


async def test_an_answer_whose_end_cannot_be_recorded_is_not_repaired_at_the_next_start(
    sim: Simulator, ana: Person, start_parley: StartParley, tmp_path: Path
) -> None:
    sim.model.script(Say("Whole."))
    async with start_parley():
        rows(tmp_path / "parley.db", "ALTER TABLE usage RENAME TO lost")
        reply = await ana.asks("hello", sees=("Whole.", "Something went wrong on my side"))
    rows(tmp_path / "parley.db", "ALTER TABLE lost RENAME TO usage")
    [stored] = rows(tmp_path / "parley.db", "SELECT text, finished, error FROM said WHERE role = 'assistant'")
    assert stored == {"text": "Whole.", "finished": 1, "error": "internal error"}
    async with start_parley():
        sim.model.script(Say("Here."))
        await ana.asks("and now?", sees=("Here.", ended))
    assert not any("I was restarted" in content for content in ana.saw(reply))


async def test_a_channel_where_everything_is_answered_reports_no_missing_permissions(
    sim: Simulator, ana: Person, ben: Person, parley: App
) -> None:
    await ana.sets("answer", "always", where=sim.world.read_only.id)
    await ben.say("just talking", channel=sim.world.read_only.id)
    sim.model.script(Say("In here I may."))
    await ben.asks("hello", channel=sim.world.general.id, sees="In here I may.")
    assert len(ben.messages_from(sim.world.bot.id)) == 1
