"""Channels, threads, DMs, attachments, members."""

import struct
import zlib

import aiohttp
import discord
import pytest

from bot.simulator import Simulator
from tests.person import Person, Refused
from tests.simulator.recorder import Recorder


def png(width: int, height: int) -> bytes:
    """A black image."""

    def part(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\0" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", rows) + part(b"IEND", b"")


async def test_image_attachment_round_trip(bot: Recorder, ana: Person) -> None:
    picture = png(3, 2)
    said = await ana.say("look", files=[("my cat.png", picture)])
    [shown] = said["attachments"]
    assert (shown["filename"], shown["content_type"], shown["width"], shown["height"]) == (
        "my_cat.png",
        "image/png",
        3,
        2,
    )
    message = await bot.received("message")
    assert await message.attachments[0].read() == picture
    assert (message.attachments[0].size, message.attachments[0].width) == (len(picture), 3)


async def test_bot_sends_and_replaces_files(general: discord.TextChannel, ana: Person) -> None:
    def file(name: str) -> discord.File:
        return discord.File(__file__, name, description=f"the {name}")

    embed = discord.Embed(title="with picture").set_image(url="attachment://x.png")
    sent = await general.send("two", files=[file("x.png"), file("b.txt")], embed=embed)
    assert [attachment.filename for attachment in sent.attachments] == ["x.png", "b.txt"]
    assert sent.attachments[1].description == "the b.txt"
    assert sent.embeds[0].image.url == sent.attachments[0].url
    edited = await sent.edit(attachments=[sent.attachments[1], file("c.txt")])
    assert [attachment.filename for attachment in edited.attachments] == ["b.txt", "c.txt"]


async def test_attachment_urls_are_signed(ana: Person) -> None:
    said = await ana.say("look", files=[("a.txt", b"text")])
    url: str = said["attachments"][0]["url"]
    assert all(f"{key}=" in url for key in ("ex", "is", "hm"))
    async with aiohttp.ClientSession() as http:
        async with http.get(url) as response:
            assert (await response.read(), response.headers["Content-Type"]) == (b"text", "text/plain; charset=utf-8")
        async with http.get(url.replace("hm=", "hm=0")) as response:
            assert response.status == 404


async def test_too_large_file_is_rejected(general: discord.TextChannel, ana: Person) -> None:
    with pytest.raises(Refused) as refused:
        await ana.say("big", files=[("a.bin", bytes(10 * 1024 * 1024 + 1))])
    assert (refused.value.status, refused.value.code) == (413, 40005)


async def test_channels_are_created_edited_and_deleted(sim: Simulator, bot: Recorder, ana: Person, ben: Person) -> None:
    made = await ana.call("POST", f"/guilds/{sim.world.guild.id}/channels", {"name": "New Plans", "type": 0})
    channel = await bot.received("guild_channel_create")
    assert (str(channel.id), channel.name) == (made["id"], "new-plans")
    await ana.call("PATCH", f"/channels/{made['id']}", {"name": "old-plans", "topic": "what was"})
    assert (await bot.received("guild_channel_update")).name == "new-plans"
    fetched = await bot.fetch_channel(channel.id)
    assert isinstance(fetched, discord.TextChannel)
    assert (fetched.name, fetched.topic) == ("old-plans", "what was")
    with pytest.raises(Refused) as refused:
        await ben.call("POST", f"/guilds/{sim.world.guild.id}/channels", {"name": "no"})
    assert refused.value.code == 50013
    await ana.call("DELETE", f"/channels/{made['id']}")
    assert (await bot.received("guild_channel_delete")).id == channel.id
    names = [c["name"] for c in await ben.call("GET", f"/guilds/{sim.world.guild.id}/channels")]
    assert names == ["general", "random", "read-only"]


async def test_thread_from_a_message(sim: Simulator, bot: Recorder, general: discord.TextChannel, ana: Person) -> None:
    said = await ana.say("let us talk apart")
    started = await ana.start_thread(said, "apart")
    assert started["id"] == said["id"]
    thread = await bot.received("thread_create")
    assert (thread.parent_id, thread.owner_id) == (general.id, int(ana.id))
    starter = await bot.received("message", lambda message: message.channel.id == thread.id)
    assert (starter.type, starter.content) == (discord.MessageType.thread_starter_message, "")
    await ana.say("first", channel=started)
    message = await bot.received("message", lambda message: message.content == "first")
    assert message.channel.id == thread.id
    await message.reply("second")
    heard = await ana.sees("second", channel=started)
    assert heard["guild_id"] == str(sim.world.guild.id)
    with pytest.raises(discord.HTTPException) as refused:
        await general.get_partial_message(int(said["id"])).create_thread(name="again")
    assert refused.value.code == 160004


async def test_message_unarchives_a_thread_that_rejects_edits(bot: Recorder, general: discord.TextChannel) -> None:
    thread = await general.create_thread(name="by the bot", type=discord.ChannelType.public_thread)
    sent = await thread.send("one")
    await thread.edit(archived=True)
    with pytest.raises(discord.HTTPException) as refused:
        await sent.edit(content="two")
    assert refused.value.code == 50083
    await thread.send("open again")
    await bot.received("raw_thread_update", lambda event: not event.data["thread_metadata"]["archived"])


async def test_locked_thread_rejects_the_bot(general: discord.TextChannel, ana: Person) -> None:
    thread = await general.create_thread(name="quarrel", type=discord.ChannelType.public_thread)
    await ana.call("PATCH", f"/channels/{thread.id}", {"archived": True, "locked": True})
    with pytest.raises(discord.HTTPException) as refused:
        await thread.send("but")
    assert refused.value.code == 50083
    await ana.say("the owner may", channel=thread.id)


async def test_dms(sim: Simulator, bot: Recorder, ana: Person) -> None:
    dm = await ana.open_dm(sim.world.bot.id)
    await ana.say("psst", channel=dm)
    message = await bot.received("message")
    assert isinstance(message.channel, discord.DMChannel)
    await message.reply("yes?")
    await ana.sees("yes?", channel=dm)
    user = await bot.fetch_user(sim.world.member.id)
    await user.send("hello Ben")
    sim.world.member.accepts_dms = False
    with pytest.raises(discord.Forbidden) as refused:
        await user.send("still there?")
    assert refused.value.code == 50007
    assert [c["id"] for c in await ana.call("GET", "/users/@me/channels")] == [dm["id"]]


async def test_users_members_and_guilds_can_be_fetched(sim: Simulator, bot: Recorder, ana: Person) -> None:
    guild = await bot.fetch_guild(sim.world.guild.id)
    assert (guild.name, guild.owner_id) == ("Parley Playground", int(ana.id))
    member = await bot.guilds[0].fetch_member(sim.world.member.id)
    assert member.display_name == "Ben"
    [mine] = await ana.call("GET", "/users/@me/guilds")
    assert (mine["id"], mine["owner"]) == (str(guild.id), True)
    roles = await ana.call("GET", f"/guilds/{guild.id}/roles")
    assert [role["name"] for role in roles] == ["@everyone", "Parley"]
    assert (await ana.call("GET", "/users/@me"))["username"] == "ana"


async def test_bot_joins_another_guild(sim: Simulator, bot: Recorder) -> None:
    guild = sim.world.add_guild("Elsewhere")
    await bot.received("guild_join", lambda joined: joined.id == guild.id)
    assert len(bot.guilds) == 2
