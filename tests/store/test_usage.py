"""The ledger: what was used stays, whatever becomes of the messages and of the people."""

from dataclasses import replace

from bot.chat.messages import Completion, Usage
from bot.chat.places import Place, PlaceKind
from bot.store.usage import LedgerEntry
from tests.store.conftest import ANA, BEN, DM, GENERAL, MODEL, Talk

WHOLE = LedgerEntry(ANA.id, 700, 300, MODEL, Usage(812, 5, 840), 0.002, "openrouter", "EUR", "guild")


async def record(talk: Talk, entry: LedgerEntry, place: Place = GENERAL) -> int:
    asked = talk.prompt("one", place=place)
    await talk.record(asked, Completion(MODEL, "ONE"), asked.id + 1, entry=entry)
    return asked.id + 1


async def test_an_entry_is_read_as_it_was_stored(talk: Talk) -> None:
    await record(talk, WHOLE)
    unpriced = LedgerEntry(BEN.id, DM.channel_id, None, "ollama/llama")
    await record(talk, unpriced, DM)
    (used,) = await talk.store.usage.entries(300)
    assert used.entry == WHOLE
    (direct,) = await talk.store.usage.entries(None)
    assert direct.entry == unpriced
    assert await talk.store.usage.entries(300, since=used.at + 1) == []


async def test_forgetting_an_answer_keeps_its_usage(talk: Talk) -> None:
    await talk.store.versions.forget(await talk.recalled(await record(talk, WHOLE)))
    assert [used.entry.usage for used in await talk.store.usage.entries(300)] == [WHOLE.usage]


async def test_anonymising_removes_only_the_person(talk: Talk) -> None:
    for entry in (WHOLE, replace(WHOLE, person_id=BEN.id), WHOLE):
        await record(talk, entry)
    assert await talk.store.usage.anonymise(ANA.id) == 2
    assert await talk.store.usage.anonymise(ANA.id) == 0
    used = await talk.store.usage.entries(300)
    assert [(each.entry.person_id, each.entry.cost) for each in used] == [(None, 0.002), (BEN.id, 0.002), (None, 0.002)]


async def test_usage_is_listed_by_server_and_for_dms(talk: Talk) -> None:
    elsewhere = Place(PlaceKind.CHANNEL, 701, 301)
    await record(talk, replace(WHOLE, guild_id=301), elsewhere)
    assert [await talk.store.usage.entries(guild_id) for guild_id in (300, None)] == [[], []]
