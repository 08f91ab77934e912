"""How often a turn asks the database, which has one writer for everyone."""

from bot.app import App
from bot.simulator import Say, Simulator
from tests.person import Person
from tests.sql import statements
from tests.turns.outcome import ended

ENDED = "INSERT INTO completions"
"""The last statement of a turn."""


async def test_a_mention_takes_at_most_fifteen_statements_and_reads_preferences_once(
    sim: Simulator, ana: Person, parley: App
) -> None:
    for question in ("hello", "and now?"):  # the first of a conversation, and one that continues it
        sim.model.script(Say("One chunk, one page."))
        with statements() as executed:
            await ana.asks(question, sees=ended)
            await executed.until(ENDED)
        assert len(executed) <= 15, "\n".join(executed)
        assert len(executed.of("FROM preferences")) == 1


async def test_a_regenerate_takes_at_most_twenty_statements_and_reads_preferences_once(
    sim: Simulator, ana: Person, parley: App
) -> None:
    with statements() as executed:
        sim.model.script(Say("Once."))
        reply = await ana.asks("hello", sees=ended)
        await executed.until(ENDED)
    sim.model.script(Say("Twice."))
    with statements() as executed:
        await ana.click(reply, "Regenerate")
        await ana.sees("Twice.", ended)
        await executed.until(ENDED)
    assert len(executed) <= 20, "\n".join(executed)
    assert len(executed.of("FROM preferences")) == 1


async def test_a_message_that_asks_for_nothing_takes_one_statement(sim: Simulator, ana: Person, parley: App) -> None:
    with statements() as executed:
        await ana.say("nobody in particular")
        sim.model.script(Say("Hello."))
        await ana.asks("hello", sees=ended)
        await executed.until(ENDED)
    assert len(executed.of("FROM preferences")) == 2
    assert len(executed.of("INSERT INTO discord_messages")) == 2, "the prompt and its reply"
