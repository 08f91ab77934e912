"""Edits change only the fields that they set: components, attachments, embeds, flags, mentions."""

import io
from typing import Any

import discord
import pytest

from bot.simulator import Permission, Simulator
from tests.forms import buttons
from tests.person import Person
from tests.simulator.raw import Response, as_bot

NO_MENTIONS = discord.AllowedMentions.none()


def one_button(label: str = "Stop") -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label=label, emoji="🛑", custom_id=label.lower()))
    return view


def file(name: str = "reasoning.md", content: bytes = b"# Because") -> discord.File:
    return discord.File(io.BytesIO(content), name)


async def edit_raw(sim: Simulator, sent: discord.Message, body: dict[str, Any]) -> Response:
    """Edit with exactly this body."""
    return await as_bot(sim, "PATCH", f"/channels/{sent.channel.id}/messages/{sent.id}", body)


async def test_edit_keeps_components_unless_removed(sim: Simulator, general: discord.TextChannel, ana: Person) -> None:
    sent = await general.send("one", view=one_button())
    message = await ana.sees("one")
    assert buttons(message) == ["Stop"]
    assert message["components"][0]["components"][0]["emoji"]["name"] == "🛑"
    await sent.edit(content="two")
    assert buttons(await ana.sees("two")) == ["Stop"]
    await sent.edit(content="three", view=None)
    assert buttons(await ana.sees("three")) == []
    await sent.edit(view=one_button("Again"))
    assert buttons(await ana.sees(lambda message: bool(message["components"]), "three")) == ["Again"]


async def test_edit_keeps_attachments_unless_removed(general: discord.TextChannel, ana: Person) -> None:
    sent = await general.send("thinking")
    edited = await sent.edit(content="done", attachments=[file()])
    assert [a.filename for a in edited.attachments] == ["reasoning.md"]
    assert await edited.attachments[0].read() == b"# Because"
    edited = await edited.edit(content="done twice")
    assert [a.filename for a in edited.attachments] == ["reasoning.md"]
    edited = await edited.add_files(file("answer.md"))
    assert [a.filename for a in edited.attachments] == ["reasoning.md", "answer.md"]
    edited = await edited.edit(attachments=[])
    assert edited.attachments == []
    assert [a["filename"] for a in ana.latest(str(sent.id))["attachments"]] == []


async def test_upload_without_attachment_list_is_appended(sim: Simulator, general: discord.TextChannel) -> None:
    sent = await general.send("with", file=file("a.md"))
    path = f"/channels/{general.id}/messages/{sent.id}"
    changed = await as_bot(sim, "PATCH", path, {"content": "and"}, [("b.md", b"b")])
    assert [a["filename"] for a in changed.json["attachments"]] == ["a.md", "b.md"]


async def test_edit_keeps_embeds_and_flags(sim: Simulator, general: discord.TextChannel) -> None:
    sent = await general.send("text", embed=discord.Embed(description="grows"), silent=True)
    changed = (await edit_raw(sim, sent, {"content": "more"})).json
    assert (changed["embeds"][0]["description"], changed["flags"]) == ("grows", 1 << 12)
    changed = (await edit_raw(sim, sent, {"content": None})).json
    assert (changed["content"], len(changed["embeds"])) == ("", 1)
    changed = (await edit_raw(sim, sent, {"flags": 4})).json
    assert (changed["flags"], changed["embeds"]) == (1 << 12 | 4, [])


@pytest.mark.parametrize("body", [{"content": ""}, {"content": None, "components": []}, {"content": " ", "embeds": []}])
async def test_edit_cannot_empty_a_message(sim: Simulator, general: discord.TextChannel, body: dict[str, Any]) -> None:
    refused = await edit_raw(sim, await general.send("something"), body)
    assert (refused.status, refused.code) == (400, 50006)
    sent = await general.send(file=file())
    refused = await edit_raw(sim, sent, body | {"attachments": []})
    assert (refused.status, refused.code) == (400, 50006)
    assert (await edit_raw(sim, sent, body)).status == 200


async def test_message_of_components_alone_is_not_empty(general: discord.TextChannel) -> None:
    sent = await general.send("text", view=one_button())
    assert (await sent.edit(content=None)).content == ""


async def test_mentions_change_only_with_the_content(sim: Simulator, general: discord.TextChannel, ana: Person) -> None:
    said = await ana.say("question")
    asked = general.get_partial_message(int(said["id"]))
    quiet = await asked.reply("answer", allowed_mentions=NO_MENTIONS)
    assert not ana.pinged(await ana.sees("answer"))
    await general.get_partial_message(quiet.id).edit(view=one_button())
    assert (await ana.sees(lambda message: bool(message["components"])))["mentions"] == []
    await asked.reply("loud", allowed_mentions=discord.AllowedMentions(replied_user=True))
    loud = await ana.sees("loud")
    assert ana.pinged(loud)
    assert [user["id"] for user in loud["mentions"]] == [ana.id]
    await general.send(f"<@{ana.id}> by name", allowed_mentions=NO_MENTIONS)
    assert not ana.pinged(await ana.sees("by name"))


async def test_enforced_nonce_deduplicates_messages_with_files(sim: Simulator, general: discord.TextChannel) -> None:
    first = await general.send("once", file=file(), nonce="9")
    again = await general.send("once", file=file(), nonce="9")
    assert (again.id, len(sim.world.general.messages)) == (first.id, 1)
    assert len(again.attachments) == 1


async def test_deletions_have_their_own_bucket(sim: Simulator, general: discord.TextChannel) -> None:
    sim.limits.deletions = 2
    paths = [f"/channels/{general.id}/messages/{(await general.send(str(number))).id}" for number in range(3)]
    answers = [await as_bot(sim, "DELETE", path) for path in paths]
    shown = [(answer.status, answer.headers["X-RateLimit-Remaining"]) for answer in answers]
    assert shown == [(204, "1"), (204, "0"), (429, "0")]
    edited = await as_bot(sim, "PATCH", paths[2], {"content": "still there"})
    assert edited.status == 200
    assert edited.headers["X-RateLimit-Bucket"] != answers[2].headers["X-RateLimit-Bucket"]


async def test_attaching_files_needs_permission(sim: Simulator, general: discord.TextChannel) -> None:
    sent = await general.send("text")
    sim.world.deny(sim.world.general, Permission.ATTACH_FILES)
    for attempt in (sent.edit(attachments=[file()]), general.send(file=file())):
        with pytest.raises(discord.Forbidden) as refused:
            await attempt
        assert refused.value.code == 50013


async def test_embeds_need_permission(sim: Simulator, general: discord.TextChannel) -> None:
    sent = await general.send("text", embed=discord.Embed(description="one"))
    sim.world.deny(sim.world.general, Permission.EMBED_LINKS)
    edited = await sent.edit(content="text", embed=discord.Embed(description="two"))
    assert (edited.content, edited.embeds) == ("text", [])
    for attempt, code in (
        (edited.edit(content=None, embed=discord.Embed(description="three")), 50006),
        (general.send(embed=discord.Embed(description="alone")), 50013),
    ):
        with pytest.raises(discord.HTTPException) as refused:
            await attempt
        assert refused.value.code == code
    assert (await general.send("with words", embed=discord.Embed(description="four"))).embeds == []
