"""What can stop a bot from writing: deletions, permissions, timeouts, slow mode, archived and locked threads."""

from collections.abc import Awaitable

import discord
import pytest

from bot.simulator import Limits, Permission, Simulator
from tests.person import Person, Refused
from tests.simulator.raw import as_bot
from tests.simulator.recorder import Recorder


async def refusal(request: Awaitable[object]) -> tuple[int, int]:
    """HTTP status and JSON error code that discord.py raises for the request."""
    with pytest.raises(discord.HTTPException) as refused:
        await request
    return refused.value.status, refused.value.code


@pytest.fixture
async def thread(general: discord.TextChannel) -> discord.Thread:
    return await general.create_thread(name="apart", type=discord.ChannelType.public_thread)


async def test_deleted_channel(sim: Simulator, bot: Recorder, general: discord.TextChannel, ana: Person) -> None:
    sent = await general.send("growing")
    await ana.delete_channel(sim.world.general.id)
    await bot.received("guild_channel_delete")
    for request in (sent.edit(content="more"), general.send("new"), sent.delete()):
        assert await refusal(request) == (404, 10003)


async def test_deleted_thread(sim: Simulator, bot: Recorder, thread: discord.Thread, ana: Person) -> None:
    sent = await thread.send("growing")
    await ana.delete_channel(thread.id)
    await bot.received("raw_thread_delete")
    assert await refusal(sent.edit(content="more")) == (404, 10003)
    assert await refusal(thread.send("new")) == (404, 10003)


async def test_deleted_message(general: discord.TextChannel, ana: Person) -> None:
    sent = await general.send("growing")
    await ana.delete(await ana.sees("growing"))
    assert await refusal(sent.edit(content="more")) == (404, 10008)
    assert await refusal(sent.delete()) == (404, 10008)


@pytest.mark.parametrize(
    ("denied", "sending", "editing"),
    [(Permission.VIEW_CHANNEL, 50001, 50001), (Permission.SEND_MESSAGES, 50013, 0)],
)
async def test_denied_permissions(
    sim: Simulator, general: discord.TextChannel, ana: Person, denied: Permission, sending: int, editing: int
) -> None:
    sent = await general.send("growing")
    await ana.deny(sim.world.general.id, sim.world.bot.id, denied)
    assert (await refusal(general.send("new")))[1] == sending
    if editing:
        assert (await refusal(sent.edit(content="more")))[1] == editing
    else:
        await sent.edit(content="more")
    await ana.deny(sim.world.general.id, sim.world.bot.id, 0)
    await general.send("again")


async def test_thread_inherits_overwrites_of_its_channel(sim: Simulator, bot: Recorder, thread: discord.Thread) -> None:
    sim.world.deny(sim.world.channels[thread.id], Permission.SEND_MESSAGES_IN_THREADS)
    assert await refusal(thread.send("new")) == (403, 50013)
    await bot.received("guild_channel_update")
    assert not thread.permissions_for(thread.guild.me).send_messages_in_threads


async def test_role_permissions_change(sim: Simulator, bot: Recorder, general: discord.TextChannel) -> None:
    everyone = sim.world.guild.roles[sim.world.guild.id]
    for role in (everyone, sim.world.bot_role):
        sim.world.set_permissions(role, role.permissions & ~Permission.SEND_MESSAGES)
    await bot.received("guild_role_update", lambda before, after: after.id == sim.world.bot_role.id)
    assert not general.permissions_for(general.guild.me).send_messages
    assert await refusal(general.send("new")) == (403, 50013)


async def test_timed_out_bot_cannot_write(
    sim: Simulator, bot: Recorder, general: discord.TextChannel, ana: Person
) -> None:
    sent = await general.send("growing")
    said = await ana.say("react to this")
    await ana.time_out(sim.world.bot.id, 60)
    await bot.received("member_update")  # without the members intent
    assert general.guild.me.is_timed_out()
    asked = general.get_partial_message(int(said["id"]))
    for request in (sent.edit(content="more"), general.send("new"), asked.add_reaction("👍"), general.typing()):
        assert await refusal(request) == (403, 50013)
    assert (await general.fetch_message(sent.id)).content == "growing"
    sim.world.time_out(sim.world.bot, 0)
    await sent.edit(content="more")


async def test_timeouts_need_permission_and_a_valid_target(sim: Simulator, ana: Person, ben: Person) -> None:
    for person, member in ((ben, ana.id), (ana, ana.id)):
        with pytest.raises(Refused) as refused:
            await person.time_out(member)
        assert refused.value.code == 50013
    await ana.time_out(ben.id)
    assert (await ben.event("GUILD_MEMBER_UPDATE"))["communication_disabled_until"]
    with pytest.raises(Refused) as refused:
        await ben.say("but")
    assert refused.value.code == 50013
    with pytest.raises(Refused) as refused:
        await ana.time_out(ben.id, 29 * 86_400)
    assert refused.value.code == 50035


async def test_kicked_bot_loses_access(
    sim: Simulator, bot: Recorder, general: discord.TextChannel, ana: Person
) -> None:
    sent = await general.send("growing")
    await ana.kick(sim.world.bot.id)
    await bot.received("guild_remove")
    for request in (sent.edit(content="more"), general.send("new"), sent.delete()):
        assert await refusal(request) == (403, 50001)
    with pytest.raises(Refused) as refused:
        await ana.kick(ana.id)
    assert refused.value.code == 50013


async def test_slow_mode_limits_people_but_not_bots(
    sim: Simulator, general: discord.TextChannel, ana: Person, ben: Person
) -> None:
    await ana.call("PATCH", f"/channels/{general.id}", {"rate_limit_per_user": 60})
    for person in (ana, ana, ben):
        await person.say("hello")
    with pytest.raises(Refused) as refused:
        await ben.say("hello again")
    assert (refused.value.status, refused.value.code) == (429, 20016)
    assert 0 < refused.value.body["retry_after"] <= 60
    for text in ("one", "two"):
        await general.send(text)
    role = sim.world.add_role("hasty", Permission.BYPASS_SLOWMODE)
    sim.world.set_roles(sim.world.member, role)
    await ben.say("hello again")


async def test_message_unarchives_a_thread(bot: Recorder, thread: discord.Thread, ana: Person) -> None:
    sent = await thread.send("growing")
    await ana.archive(thread.id)
    await bot.received("raw_thread_update", lambda event: event.data["thread_metadata"]["archived"])
    assert await refusal(sent.edit(content="more")) == (400, 50083)
    await sent.delete()
    await thread.send("open again")
    await bot.received("raw_thread_update", lambda event: not event.data["thread_metadata"]["archived"])


@pytest.mark.parametrize("archived", [True, False])
async def test_locked_thread_rejects_messages_and_edits(
    sim: Simulator, thread: discord.Thread, ana: Person, archived: bool
) -> None:
    sent = await thread.send("growing")
    await (ana.archive(thread.id, locked=True) if archived else ana.lock(thread.id))
    assert (await refusal(thread.send("new")))[1] == 50083
    assert (await refusal(sent.edit(content="more")))[1] == 50083
    if not archived:
        sim.world.set_permissions(sim.world.bot_role, sim.world.bot_role.permissions | Permission.MANAGE_THREADS)
        await sent.edit(content="more")
    await ana.reopen(thread.id)
    await thread.send("new")


async def test_archived_thread_can_only_be_unarchived(thread: discord.Thread, ana: Person) -> None:
    await ana.archive(thread.id)
    with pytest.raises(Refused) as refused:
        await ana.call("PATCH", f"/channels/{thread.id}", {"locked": True})
    assert refused.value.code == 50083


async def test_world_archives_locks_and_reopens_threads(sim: Simulator, bot: Recorder, thread: discord.Thread) -> None:
    channel = sim.world.channels[thread.id]
    sim.world.archive(channel, locked=True)
    assert (await refusal(thread.send("new")))[1] == 50083
    sim.world.reopen(channel)
    await thread.send("new")
    sim.world.lock(channel)
    assert (await refusal(thread.send("newer")))[1] == 50083
    sim.world.remove_channel(channel)
    assert await refusal(thread.send("newest")) == (404, 10003)


async def test_request_log_is_bounded() -> None:
    async with Simulator.open(max_logged_requests=10, limits=Limits(messages=1000)) as sim:
        for number in range(25):
            await as_bot(sim, "POST", f"/channels/{sim.world.general.id}/messages", {"content": str(number)})
        assert len(sim.requests) <= 10
        assert sim.requests[-1].json["content"] == "24"
