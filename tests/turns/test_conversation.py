"""A conversation of three turns and one image: what the person saw, what the provider got, what is remembered."""

import asyncio
import json
from base64 import b64encode
from pathlib import Path

from bot.app import App
from bot.preferences.declaration import SYSTEM_PROMPT
from bot.simulator import Finish, Say, Simulator, Wait
from bot.simulator.world import Event
from tests.conftest import StartParley
from tests.person import Person
from tests.turns.memory import rows
from tests.turns.pictures import PNG

MODEL = "openai/gpt-6-luna"
SYSTEM = {"role": "system", "content": SYSTEM_PROMPT}


def body(*messages: object) -> bytes:
    """The request, byte for byte, that these messages make with the model of this file."""
    request = {
        "model": "gpt-6-luna",
        "messages": [SYSTEM, *messages],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    return json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode()


async def test_three_turns_and_an_image(sim: Simulator, ana: Person, start_parley: StartParley, tmp_path: Path) -> None:
    seas, more = asyncio.Event(), asyncio.Event()
    sim.model.script(
        Say("There are"), Wait(seas), Say(" five oceans"), Wait(more), Say("."), Finish("stop", {"total_tokens": 9})
    )
    sim.model.script(Say("The Pacific."), Finish("stop"))
    sim.model.script(Say("A single dot 🔵."), Finish("length", {"prompt_tokens": 7, "completion_tokens": 3}))

    async with start_parley(default_model=MODEL):
        first = await ana.mention("how many oceans are there?")
        reply = await ana.sees("There are", reply_to=first)
        seas.set()
        await ana.sees("There are five oceans")
        more.set()
        await ana.sees("There are five oceans.")
        assert ana.saw(reply) == ["There are", "There are five oceans", "There are five oceans."]

        second = await ana.say(f"and the largest, <@{sim.world.bot.id}> ?")
        await ana.sees("The Pacific.", reply_to=second)

        third = await ana.mention("what is on this?", files=[("dot.png", PNG)])
        await ana.sees("A single dot", reply_to=third)

    asked = [request.body for request in sim.model.requests]
    turns = [
        {"role": "user", "content": "how many oceans are there?"},
        {"role": "assistant", "content": "There are five oceans."},
        {"role": "user", "content": "and the largest, ?"},
        {"role": "assistant", "content": "The Pacific."},
    ]
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{b64encode(PNG).decode()}"}}
    question = {"role": "user", "content": [{"type": "text", "text": "what is on this?"}, picture]}
    assert asked == [body(turns[0]), body(*turns[:3]), body(*turns, question)]

    database = tmp_path / "parley.db"
    said = rows(database, "SELECT id, parent_id, conversation_id, role, text FROM said ORDER BY id")
    assert [(row["role"], row["text"]) for row in said] == [
        *((turn["role"], turn["content"]) for turn in turns),
        ("user", "what is on this?"),
        ("assistant", "A single dot 🔵."),
    ]
    assert [row["parent_id"] for row in said] == [None, *(row["id"] for row in said[:-1])]
    assert len({row["conversation_id"] for row in said}) == 1
    ends = rows(
        database,
        "SELECT model, finish_reason, prompt_tokens, completion_tokens, error FROM said WHERE role = 'assistant'",
    )
    assert ends[2] == {
        "model": MODEL, "finish_reason": "length", "prompt_tokens": 7, "completion_tokens": 3, "error": None
    }  # fmt: skip
    shown = rows(database, "SELECT id FROM discord_messages ORDER BY message_id")
    assert [str(row["id"]) for row in shown][:3] == [first["id"], reply["id"], second["id"]]
    assert rows(database, "SELECT data FROM images") == [{"data": PNG}]
    assert all(
        0 <= row["first_text_after"] <= row["took"]
        for row in rows(database, "SELECT * FROM said WHERE role = 'assistant'")
    )


async def test_a_conversation_continues_after_a_restart(sim: Simulator, ana: Person, start_parley: StartParley) -> None:
    async with start_parley():
        await ana.asks("my cat is called Mimi", sees="Hello from")
        await sim.model.requests[0].ended.wait()
    sim.model.script(Say("Mimi."))
    async with start_parley():
        await ana.asks("what is she called?", sees="Mimi.")
    told = [message["content"] for message in sim.model.requests[1].json["messages"]]
    assert told[1] == "my cat is called Mimi"
    assert told[-1] == "what is she called?"


async def test_a_reply_continues_from_the_message_it_replies_to(
    sim: Simulator, ana: Person, ben: Person, parley: App
) -> None:
    for answer in ("one", "two", "three", "four"):
        sim.model.script(Say(f"answer {answer}"))
    older = await ana.asks("question one", sees="answer one")
    await ana.asks("question two", sees="answer two")

    await ben.say("and what about this?", reply_to=older)
    branch = await ben.sees("answer three")
    await ana.say("go on", reply_to=branch)
    await ana.sees("answer four")

    paths = [[message["content"] for message in request.json["messages"][1:]] for request in sim.model.requests]
    assert paths[2] == ["question one", "answer one", "and what about this?"]
    assert paths[3] == [*paths[2], "answer three", "go on"]


async def test_each_person_has_a_conversation_of_their_own(
    sim: Simulator, ana: Person, ben: Person, parley: App
) -> None:
    sim.model.script(Say("hello Ana"))
    sim.model.script(Say("hello Ben"))
    await ana.asks("I am Ana", sees="hello Ana")
    await ben.asks("who am I?", sees="hello Ben")
    assert [message["content"] for message in sim.model.requests[1].json["messages"][1:]] == ["who am I?"]


async def test_a_direct_message_needs_no_mention_and_is_one_conversation(
    sim: Simulator, ana: Person, parley: App
) -> None:
    dm = await ana.open_dm(sim.world.bot.id)
    sim.model.script(Say("first"))
    sim.model.script(Say("second"))
    await ana.say("hello", channel=dm)
    await ana.sees("first", channel=dm)
    await ana.say("again", channel=dm)
    await ana.sees("second", channel=dm)
    assert [message["content"] for message in sim.model.requests[1].json["messages"][1:]] == ["hello", "first", "again"]


async def test_a_thread_is_one_conversation_for_everyone(sim: Simulator, ana: Person, ben: Person, parley: App) -> None:
    thread = await ana.start_thread(await ana.say("let us talk"), "talk")
    sim.model.script(Say("first"))
    sim.model.script(Say("second"))
    await ana.asks("I am Ana", channel=thread, sees="first")
    await ben.asks("I am Ben", channel=thread, sees="second")
    said = [message["content"] for message in sim.model.requests[1].json["messages"][1:]]
    assert said == ["I am Ana", "first", "I am Ben"]


async def test_a_thread_started_on_an_answer_continues_from_it(sim: Simulator, ana: Person, parley: App) -> None:
    for answer in ("in the channel", "in the thread", "still there"):
        sim.model.script(Say(answer))
    thread = await ana.start_thread(await ana.asks("first", sees="in the channel"), "more of it")
    await ana.asks("second", channel=thread, sees="in the thread")
    await ana.asks("third", channel=thread, sees="still there")
    said = [message["content"] for message in sim.model.requests[2].json["messages"][1:]]
    assert said == ["first", "in the channel", "second", "in the thread", "third"]


async def test_two_questions_in_a_row_are_answered_one_after_the_other(
    sim: Simulator, ana: Person, parley: App
) -> None:
    go = asyncio.Event()
    sim.model.script(Say("to the first"), Wait(go))
    sim.model.script(Say("to the second"))
    await ana.asks("first", sees="to the first")
    await ana.mention("second")
    go.set()
    await ana.sees("to the second")
    said = [message["content"] for message in sim.model.requests[1].json["messages"][1:]]
    assert said == ["first", "to the first", "second"]


async def test_a_replied_to_message_from_outside_is_quoted_with_its_images(
    sim: Simulator, ana: Person, ben: Person, parley: App
) -> None:
    post = await ben.say("look at my boat", files=[("boat.png", PNG)])
    sim.model.script(Say("A fine boat."))
    await ana.asks("what do you think?", reply_to=post, sees="A fine boat.")
    text, picture = sim.model.requests[0].json["messages"][-1]["content"]
    assert text["text"] == "Ben wrote:\n> look at my boat\n\nwhat do you think?"
    assert picture["type"] == "image_url"


async def test_an_answer_longer_than_a_message_continues_in_further_ones(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path
) -> None:
    words = [f"word{number} " for number in range(900)]
    sim.model.script(*map(Say, words), Say("the end"))
    await ana.asks("tell me a lot", sees="the end")
    pages = [message["content"] for message in ana.messages_from(sim.world.bot.id)]
    assert " ".join(pages) == "".join(words) + "the end"  # Discord trims the space at a cut
    assert max(map(len, pages)) <= 2_000
    assert all(shown.startswith(before) for page in ana.messages_from(sim.world.bot.id)
               for before, shown in zip(ana.saw(page), ana.saw(page)[1:], strict=False))  # fmt: skip


async def test_an_event_that_comes_twice_is_answered_once(sim: Simulator, ana: Person, parley: App) -> None:
    happened: list[Event] = []
    sim.world.listeners.append(happened.append)
    sim.model.script(Say("once"))
    sim.model.script(Say("afterwards"))
    await ana.asks("hello", sees="once")
    sim.gateway.dispatch(next(event for event in happened if event.name == "MESSAGE_CREATE"))
    await ana.asks("and now?", sees="afterwards")
    assert len(sim.model.requests) == 2
    assert [message["content"] for message in ana.messages_from(sim.world.bot.id)] == ["once", "afterwards"]


async def test_a_resumed_connection_misses_nothing_in_the_middle_of_an_answer(
    sim: Simulator, ana: Person, parley: App
) -> None:
    go = asyncio.Event()
    sim.model.script(Say("half"), Wait(go), Say(" and whole"))
    sim.model.script(Say("asked while you were away"))
    await ana.asks("first", sees="half")
    assert sim.faults.cut() == 1
    await ana.mention("second")
    go.set()
    await ana.sees("half and whole")
    await ana.sees("asked while you were away")
    assert len(sim.model.requests) == 2


async def test_an_answer_of_nothing_but_markup_is_shown(sim: Simulator, ana: Person, parley: App) -> None:
    sim.model.script(Say("`" * 10_000))
    await ana.asks("tick", sees="`" * 1_000)
    sim.model.script(Say("| a | b |\n|---|---|\n"))
    await ana.asks("an empty table", sees=("a", "b"))


async def test_the_columns_of_a_table_line_up(sim: Simulator, ana: Person, parley: App) -> None:
    sim.model.script(Say("| Sea | Depth |\n|---|--:|\n| North | 95 |\n"), Say("| Baltic | 55 |\n\nThat is all."))
    reply = await ana.asks("how deep?", sees="That is all.")
    rows_shown = reply["content"].split("```")[1].splitlines()
    assert len({len(row) for row in rows_shown if row}) == 1, "the columns line up"


async def test_a_prompt_is_claimed_before_its_first_visible_word(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path
) -> None:
    known: list[int] = []  # the messages that the database has when one is posted

    def look(event: Event) -> None:
        if event.name == "MESSAGE_CREATE":
            known.append(len(rows(tmp_path / "parley.db", "SELECT id FROM discord_messages")))

    sim.world.listeners.append(look)
    sim.model.script(Say("The first word."))
    await ana.asks("hello", sees="The first word.")
    assert known == [0, 1], "at the question, and at the first word of the answer"
