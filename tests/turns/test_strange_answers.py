"""Whatever a model sends reaches people: as messages where it fits, else as a file, and without pinging anyone."""

import asyncio
from pathlib import Path

import pytest
import regex

from bot.app import App
from bot.simulator import Permission, Raw, Say, Simulator, Wait
from tests.listener import Json
from tests.person import Person
from tests.turns.memory import rows
from tests.turns.outcome import LIMIT, ended, next_turn_works, read, stored_answers

pytestmark = pytest.mark.usefixtures("no_errors_logged")

MARKS = "".join(chr(0x300 + number) for number in range(12))
ARABIC = "هذه جملة عربية طويلة بما يكفي، وفيها كلمات كثيرة. "
HEBREW = "זה משפט בעברית, והוא ארוך דיו. "
TORN = regex.compile(r"[\p{M}\u200d]")
UNPRINTABLE = regex.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
AROUND = regex.compile(r"```(?:python)?|\s|\u200b")

OVERLONG = {
    "characters without a space": "x" * 100_000,
    "an endless fence": "```python\n" + "".join(f"print({line})\n" for line in range(20_000)),
    "right to left": (ARABIC + HEBREW) * 300,
    "zalgo": "".join(letter + MARKS for letter in "zalgo" * 300),
    "a wide table": "\n".join("|" + f" {cell} |" * 3_000 for cell in ("a", "---", "b", "c")),
    "calls for everyone": "@everyone @here " * 1_500,
    "control characters": "nul \x00 bell \x07 escape \x1b[31m " * 1_000,
}
SHORT = {
    "backticks": ("`" * 10_000, "`"),
    "backticks around a word": ("`" * 5_000 + "word" + "`" * 5_000, "`word`"),
    "right to left": (f"# {HEBREW}\n{ARABIC}".strip(), f"# {HEBREW.strip()}\n{ARABIC.strip()}"),
    "one letter under a thousand marks": ("z" + MARKS * 100, "z" + MARKS * 100),
    "control characters": ("one\x00 two\x07 three\x1b[0m\x7f", "one two three[0m"),
    "invitations": (
        "Come to discord.gg/abcd, https://discord.gg/abcd or [here](https://discord.com/invite/abcd).",
        "Come to `discord.gg/abcd`, `discord.gg/abcd` or here `discord.com/invite/abcd`.",
    ),
}


def squeezed(text: str) -> str:
    """The text without whitespace, fences and unprintable characters."""
    return UNPRINTABLE.sub("", AROUND.sub("", text))


async def ask(sim: Simulator, ana: Person, text: str) -> list[Json]:
    """Have a model send this in eight parts, and return the messages that show it."""
    size = len(text) // 8 + 1
    sim.model.script(*(Say(text[at : at + size]) for at in range(0, len(text), size)))
    await ana.asks("tell me", sees=ended)
    return ana.messages_from(sim.world.bot.id)


def can_be_shown(ana: Person, pages: list[Json]) -> None:
    """Assert that no state of a page was too long, began inside a character, pinged anyone or was unprintable."""
    for page in pages:
        assert not TORN.match(page["content"])
        for state in ana.states(page):
            assert len(state["content"]) <= LIMIT
            assert not UNPRINTABLE.search(state["content"])
            assert not state["mention_everyone"]
        assert not ana.pinged(page)


@pytest.mark.parametrize("text", OVERLONG.values(), ids=OVERLONG)
async def test_an_answer_that_does_not_fit_into_eight_messages_comes_whole_as_a_file(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path, text: str
) -> None:
    pages = await ask(sim, ana, text)
    assert len(pages) == 9
    can_be_shown(ana, pages)
    assert pages[-1]["content"] == f"-# The whole answer ({len(text):,} characters) is in the file."
    assert await read(pages[-1]) == text
    await next_turn_works(sim, ana)
    assert stored_answers(tmp_path)[0] == {"text": text, "finished": 1, "error": None}


@pytest.mark.parametrize("name", [name for name in OVERLONG if name != "a wide table"])
async def test_without_permission_for_files_it_comes_as_many_messages(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path, name: str
) -> None:
    sim.world.deny(sim.world.general, Permission.ATTACH_FILES)
    text = OVERLONG[name][:20_000]
    pages = await ask(sim, ana, text)
    can_be_shown(ana, pages)
    assert len(pages) > 9
    assert "".join(squeezed(page["content"]) for page in pages) == squeezed(text)
    await next_turn_works(sim, ana)
    assert stored_answers(tmp_path)[0] == {"text": text, "finished": 1, "error": None}


@pytest.mark.parametrize(("text", "shown"), SHORT.values(), ids=SHORT)
async def test_strange_text_is_shown_as_far_as_possible(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path, text: str, shown: str
) -> None:
    pages = await ask(sim, ana, text)
    can_be_shown(ana, pages)
    assert pages[0]["content"].startswith(shown)
    await next_turn_works(sim, ana)
    assert stored_answers(tmp_path)[0] == {"text": text, "finished": 1, "error": None}


@pytest.mark.parametrize("text", [" \n\t \u3000 \u200b\n" * 500, "<think>I should say that it is blue"])
async def test_an_invisible_answer_is_called_empty(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path, text: str
) -> None:
    [page] = await ask(sim, ana, text)
    assert page["content"].startswith("⚠️")
    assert "sent an empty answer" in page["content"]
    await next_turn_works(sim, ana)
    [first, *_] = rows(
        tmp_path / "parley.db",
        "SELECT text, reasoning, finished, error FROM said WHERE role = 'assistant' ORDER BY id",
    )
    assert (first["text"] + first["reasoning"]).strip() == text.removeprefix("<think>").strip()
    assert (first["finished"], first["error"]) == (1, "empty answer")


async def test_a_letter_with_more_combining_marks_than_fit_into_a_message_is_cut(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path
) -> None:
    text = "z" + MARKS * 300
    pages = await ask(sim, ana, text)
    assert "".join(page["content"] for page in pages) == text
    await next_turn_works(sim, ana)


async def test_half_a_surrogate_pair_does_not_lose_the_answer(
    sim: Simulator, ana: Person, parley: App, tmp_path: Path
) -> None:
    sim.model.script(Say("A smile: "), Raw(b'data: {"choices":[{"delta":{"content":"\\ud83d"}}]}\n\n'), Say(" Done."))
    reply = await ana.asks("tell me", sees=("A smile:", "Done.", ended))
    can_be_shown(ana, [reply])
    await next_turn_works(sim, ana)
    assert stored_answers(tmp_path)[0]["error"] is None


async def test_an_endless_answer_is_cut(sim: Simulator, ana: Person, parley: App, tmp_path: Path) -> None:
    piece = "On and on. " * 10_000
    sim.model.script(*[Say(piece)] * 10, Wait(asyncio.Event()))
    last = await ana.asks("tell me", sees=("I cut `", "` off at 1,000,000 characters.", ended))
    assert await read(last) == piece * 10
    await sim.model.requests[0].left_early.wait()
    await next_turn_works(sim, ana)
    assert stored_answers(tmp_path)[0] == {"text": piece * 10, "finished": 1, "error": "cut at 1,000,000 characters"}


async def test_endless_reasoning_is_cut(sim: Simulator, ana: Person, parley: App, tmp_path: Path) -> None:
    thought = "round and round " * 10_000
    chunk = f'data: {{"choices":[{{"delta":{{"reasoning_content":"{thought}"}}}}]}}\n\n'
    sim.model.script(*[Raw(chunk.encode())] * 7, Wait(asyncio.Event()))
    await ana.asks("tell me", sees=("I cut `", "` off at 1,000,000 characters."))
    await next_turn_works(sim, ana)
    assert stored_answers(tmp_path)[0] == {"text": "", "finished": 1, "error": "cut at 1,000,000 characters"}


@pytest.mark.parametrize("form", ["{}", "`{}`", "```\n{}\n```", "# {}", "| {} |\n|---|\n| x |\n"])
async def test_nobody_is_pinged_even_where_the_bot_may_ping_everyone(
    sim: Simulator, ana: Person, parley: App, form: str
) -> None:
    role = sim.world.bot_role
    sim.world.set_permissions(role, role.permissions | Permission.MENTION_EVERYONE)
    calls = f"@everyone @here <@{ana.id}> <@&{role.id}>"
    go = asyncio.Event()
    sim.model.script(Say(form.format(calls) + "\n"), Wait(go), Say(form.format(calls)))
    await ana.asks("shout", sees="everyone")
    go.set()
    reply = await ana.sees(ended)
    for state in ana.states(reply):
        assert (state["mentions"], state["mention_everyone"], state["mention_roles"]) == ([], False, [])
