"""Messages over REST: validation, permissions, mentions, history, reactions."""

import asyncio
from typing import Any

import discord
import pytest

from bot.simulator import Permission, Simulator
from tests.person import Person, Refused
from tests.simulator.recorder import Recorder, running

BUTTON = {"type": 2, "style": 1, "custom_id": "a"}


def row(component: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": [component]}


def option(value: str, emoji: str = "⚡") -> dict[str, Any]:
    return {"label": value, "value": value, "emoji": {"name": emoji}}


async def test_too_long_content_is_rejected_with_discords_message(general: discord.TextChannel) -> None:
    assert len((await general.send("x" * 2000)).content) == 2000
    with pytest.raises(discord.HTTPException) as refused:
        await general.send("x" * 2001)
    assert (refused.value.status, refused.value.code) == (400, 50035)
    assert "Must be 2000 or fewer in length." in refused.value.text
    sent = await general.send("short")
    with pytest.raises(discord.HTTPException, match="2000 or fewer"):
        await sent.edit(content="x" * 2001)


async def test_form_errors_are_nested(ana: Person) -> None:
    with pytest.raises(Refused) as refused:
        await ana.call("POST", f"/channels/{ana.channel}/messages", {"content": "x" * 2001})
    assert refused.value.body == {
        "code": 50035,
        "message": "Invalid Form Body",
        "errors": {
            "content": {
                "_errors": [{"code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 2000 or fewer in length."}],
            }
        },
    }


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 50006),
        ({"content": "  \n "}, 50006),
        ({"embeds": [{"description": "x" * 4097}]}, 50035),
        ({"embeds": [{"description": "x" * 4000}, {"description": "x" * 2001}]}, 50035),
        ({"content": "x", "message_reference": {"message_id": "1"}}, 50035),
        ({"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}}, 50035),
        ({"content": "x", "components": [{"type": 2, "style": 1, "custom_id": "a"}]}, 50035),
        ({"content": "x", "components": [{"type": 1, "components": [{"type": 2, "style": 1}]}]}, 50035),
        ({"content": "x", "components": [{"type": 1, "components": []}]}, 50035),
        ({"content": "x", "flags": 1 << 15, "components": [{"type": 10, "content": "y"}]}, 50035),
        ({"flags": 1 << 15, "components": [{"type": 10, "content": "y" * 4001}]}, 50035),
        ({"content": "x", "components": [row(BUTTON)]}, 50035),
        (
            {"content": "x", "components": [row(BUTTON | {"emoji": {"name": "→"}})]},
            50035,
        ),
        (
            {"content": "x", "components": [row(BUTTON | {"emoji": {"name": "ok"}})]},
            50035,
        ),
        ({"content": "x", "components": [row({"type": 3, "custom_id": "a", "options": [option("a")] * 2})]}, 50035),
        ({"content": "x", "components": [row({"type": 3, "custom_id": "a", "options": [option("a", "§")]})]}, 50035),
        ({"nonce": "x" * 26, "content": "x"}, 50035),
        ({"content": 5}, 50035),
        ({"embeds": ["x"]}, 50035),
        ({"embeds": [{"footer": "x"}]}, 50035),
        ({"content": "x", "message_reference": "x"}, 50035),
        (["not", "an", "object"], 50035),
        ({"components": [None]}, 50035),
        ({"content": "x", "allowed_mentions": []}, 50035),
    ],
)
async def test_invalid_messages_are_rejected(ana: Person, body: Any, code: int) -> None:
    with pytest.raises(Refused) as refused:
        await ana.call("POST", f"/channels/{ana.channel}/messages", body)
    assert (refused.value.status, refused.value.code) == (400, code)


@pytest.mark.parametrize("emoji", ["◀️", "◀", "⏹️", "🗑️", "🔁", "1️⃣", "👩‍💻", "👍🏽", "🇩🇪"])
async def test_emoji_on_buttons_and_as_reactions(general: discord.TextChannel, emoji: str) -> None:
    view = discord.ui.View()
    view.add_item(discord.ui.Button(emoji=emoji))
    await (await general.send(view=view)).add_reaction(emoji)


async def test_invalid_reactions_are_rejected(general: discord.TextChannel) -> None:
    sent = await general.send("x")
    for word in ("ok", "→", "é", ":smile:"):
        with pytest.raises(discord.HTTPException) as refused:
            await sent.add_reaction(word)
        assert refused.value.code == 10014


async def test_layout_components_are_stored(bot: Recorder, general: discord.TextChannel, ana: Person) -> None:
    view = discord.ui.LayoutView()
    view.add_item(discord.ui.Container(discord.ui.TextDisplay("a heading"), discord.ui.Separator()))
    sent = await general.send(view=view)
    heard = await ana.sees(lambda message: bool(message["components"]))
    assert heard["id"] == str(sent.id)
    assert heard["components"][0]["components"][0]["content"] == "a heading"
    assert heard["flags"] & (1 << 15)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/channels/1", 404, 10003),
        ("GET", "/channels/{channel}/messages/1", 404, 10008),
        ("GET", "/guilds/1", 404, 10004),
        ("GET", "/users/1", 404, 10013),
        ("GET", "/guilds/{guild}/members/1", 404, 10013),
        ("GET", "/nowhere", 404, 0),
        ("GET", "/channels/x", 400, 50035),
        ("POST", "/interactions/1/abc/callback", 404, 10062),
        ("PATCH", "/webhooks/{app}/abc/messages/@original", 401, 50027),
    ],
)
async def test_unknown_resources(sim: Simulator, ana: Person, method: str, path: str, status: int, code: int) -> None:
    places = {"channel": ana.channel, "guild": sim.world.guild.id, "app": sim.world.application.id}
    with pytest.raises(Refused) as refused:
        await ana.call(method, path.format(**places), {} if method != "GET" else None)
    assert (refused.value.status, refused.value.code) == (status, code)


async def test_messages_of_others_cannot_be_edited_or_deleted(general: discord.TextChannel, ana: Person) -> None:
    said = await ana.say("mine")
    with pytest.raises(discord.Forbidden) as refused:
        await general.get_partial_message(int(said["id"])).edit(content="yours")
    assert refused.value.code == 50005
    with pytest.raises(discord.Forbidden) as refused:
        await general.get_partial_message(int(said["id"])).delete()
    assert refused.value.code == 50013


async def test_view_and_send_permissions(sim: Simulator, bot: Recorder, ana: Person) -> None:
    closed = bot.get_channel(sim.world.read_only.id)
    assert isinstance(closed, discord.TextChannel)
    with pytest.raises(discord.Forbidden) as refused:
        await closed.send("may I?")
    assert refused.value.code == 50013
    everyone = sim.world.guild.roles[sim.world.guild.id]
    for target in (everyone, sim.world.bot_role):
        sim.world.set_overwrite(sim.world.random, target, deny=Permission.VIEW_CHANNEL)
    with pytest.raises(discord.Forbidden) as refused:
        await bot.get_partial_messageable(sim.world.random.id).send("anyone?")
    assert refused.value.code == 50001
    await ana.say("the owner may", channel=sim.world.random.id)


async def test_single_permissions(sim: Simulator, general: discord.TextChannel, ana: Person) -> None:
    said = await ana.say("hello")
    world = sim.world
    deny = Permission.ATTACH_FILES | Permission.EMBED_LINKS | Permission.ADD_REACTIONS | Permission.READ_MESSAGE_HISTORY
    world.set_overwrite(world.general, world.bot, deny=deny)
    partial = general.get_partial_message(int(said["id"]))
    await general.send("text is fine")
    for attempt, code in (
        (general.send(embed=discord.Embed(title="x")), 50013),
        (partial.add_reaction("👍"), 50013),
        (partial.fetch(), 50013),
        (partial.reply("x"), 160002),
    ):
        with pytest.raises(discord.HTTPException) as refused:
            await attempt
        assert refused.value.code == code
    assert [message async for message in general.history()] == []


async def test_enforced_nonce_deduplicates(sim: Simulator, general: discord.TextChannel) -> None:
    first = await general.send("once", nonce="7")
    again = await general.send("once", nonce="7")
    assert again.id == first.id
    assert len(sim.world.general.messages) == 1


async def test_replies_reference_the_original(general: discord.TextChannel, bot: Recorder, ana: Person) -> None:
    said = await ana.say("question")
    message = await bot.received("message")
    reply = await message.reply("answer", mention_author=False)
    heard = await ana.sees("answer", reply_to=said)
    assert heard["type"] == 19
    assert heard["referenced_message"]["content"] == "question"
    assert heard["mentions"] == []
    assert reply.reference is not None
    await ana.delete(said)
    with pytest.raises(discord.HTTPException) as refused:
        await general.send("late", reference=message.to_reference(fail_if_not_exists=True))
    assert refused.value.code == 50035
    late = await general.send("late", reference=message.to_reference(fail_if_not_exists=False))
    assert late.reference is None


async def test_allowed_mentions_limit_mentions(sim: Simulator, general: discord.TextChannel, ana: Person) -> None:
    ana_id = sim.world.person.id
    loud = await general.send(f"hey <@{ana_id}>")
    assert [user.id for user in loud.mentions] == [ana_id]
    quiet = await general.send(f"hey <@{ana_id}>", allowed_mentions=discord.AllowedMentions.none())
    assert quiet.mentions == []
    # an edit without allowed_mentions parses everything again
    edited = await quiet.edit(content=f"hello <@{ana_id}>")
    assert [user.id for user in edited.mentions] == [ana_id]
    said = await ana.say("@everyone hi")
    assert said["mention_everyone"] is True
    assert not (await general.send("@everyone hi")).mention_everyone


async def test_history_is_paginated_newest_first(general: discord.TextChannel, ana: Person) -> None:
    for number in range(7):
        await ana.say(str(number))
    assert [m.content async for m in general.history(limit=3)] == ["6", "5", "4"]
    middle = [m async for m in general.history()][3]
    assert [m.content async for m in general.history(before=middle, limit=2)] == ["2", "1"]
    assert [m.content async for m in general.history(after=middle, limit=2)] == ["4", "5"]
    assert [m["content"] for m in await ana.history(around=middle.id, limit=3)] == ["4", "3", "2"]
    assert (await general.fetch_message(middle.id)).content == "3"


async def test_reactions(bot: Recorder, general: discord.TextChannel, ana: Person) -> None:
    said = await ana.say("react to me")
    message = await bot.received("message")
    await message.add_reaction("👀")
    await ana.react(said, "👀")
    await bot.received("raw_reaction_add", lambda event: event.user_id == int(ana.id))
    fetched = await general.fetch_message(message.id)
    assert (fetched.reactions[0].count, fetched.reactions[0].me) == (2, True)
    await message.remove_reaction("👀", general.guild.me)
    gone = await bot.received("raw_reaction_remove")
    assert str(gone.emoji) == "👀"


async def test_typing_start_events(sim: Simulator, bot: Recorder, general: discord.TextChannel, ana: Person) -> None:
    await ana.typing()
    assert (await bot.received("raw_typing")).user_id == int(ana.id)
    async with general.typing():
        told = await ana.event("TYPING_START", lambda data: data["user_id"] == str(sim.world.bot.id))
    assert told["channel_id"] == str(general.id)


async def test_suppressed_embeds_are_hidden(general: discord.TextChannel) -> None:
    embed = discord.Embed(title="t", description="d").add_field(name="n", value="v").set_footer(text="f")
    sent = await general.send(embed=embed)
    assert sent.embeds[0].fields[0].inline is True
    edited = await sent.edit(suppress=True)
    assert edited.embeds == []
    assert edited.flags.suppress_embeds


async def test_concurrent_messages_have_increasing_ids(sim: Simulator, ana: Person) -> None:
    said = await asyncio.gather(*(ana.say(str(number)) for number in range(20)))
    assert len({message["id"] for message in said}) == 20
    assert sorted(sim.world.general.messages) == list(sim.world.general.messages)


async def test_forward_carries_a_snapshot(sim: Simulator, bot: Recorder, ana: Person) -> None:
    said = await ana.say("worth repeating")
    reference = {"type": 1, "channel_id": ana.channel, "message_id": said["id"]}
    path = f"/channels/{sim.world.random.id}/messages"
    await ana.call("POST", path, {"message_reference": reference})
    await ana.delete(said)
    message = await bot.received("message", lambda message: message.channel.id == sim.world.random.id)
    assert (message.content, message.message_snapshots[0].content) == ("", "worth repeating")


async def test_pinned_messages(general: discord.TextChannel, bot: Recorder, ana: Person) -> None:
    said = await ana.say("remember this")
    await ana.call("PUT", f"/channels/{general.id}/messages/pins/{said['id']}")
    assert (await bot.received("raw_message_edit")).message.pinned
    assert [pin.content async for pin in general.pins()] == ["remember this"]


async def test_bulk_delete(sim: Simulator, bot: Recorder, ana: Person) -> None:
    said = [await ana.say(str(number)) for number in range(3)]
    ids = [message["id"] for message in said[:2]]
    await ana.call("POST", f"/channels/{ana.channel}/messages/bulk-delete", {"messages": ids})
    gone = await bot.received("raw_bulk_message_delete")
    assert gone.message_ids == {int(one) for one in ids}
    assert len(sim.world.general.messages) == 1


async def test_rest_blanks_content_without_the_intent() -> None:
    async with (
        Simulator.open(message_content_intent=False) as sim,
        Person.connect(sim.api_url, sim.gateway_url, sim.person_token) as ana,
        running(sim, Recorder(discord.Intents.default())) as bot,
    ):
        await ana.say("for others", channel=sim.world.general.id)
        await ana.say(sim.world.bot.mention)
        channel = bot.get_partial_messageable(sim.world.general.id)
        assert [m.content async for m in channel.history()] == [sim.world.bot.mention, ""]
