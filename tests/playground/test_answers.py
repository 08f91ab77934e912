"""How the page shows a bot's messages: buttons, menus, embeds, files, spoilers, pings."""

import io
import re

import discord
import pytest
from playwright.async_api import Page, expect

from bot.simulator import Simulator
from tests.playground.small_bot import SmallBot
from tests.playground.test_page import do, last, messages, post, say

pytestmark = pytest.mark.asyncio(loop_scope="package")

NO_MENTIONS = discord.AllowedMentions.none()
REPLY_PING = discord.AllowedMentions(replied_user=True)
MODELS = ("groq/small", "groq/large")


def channel(bot: SmallBot, sim: Simulator) -> discord.PartialMessageable:
    return bot.get_partial_messageable(sim.world.general.id)


class Menu(discord.ui.View):
    """An ephemeral menu that is edited into its result."""

    @discord.ui.select(
        placeholder="Which model?", options=[discord.SelectOption(label=model, emoji="⚡") for model in MODELS]
    )
    async def pick(self, interaction: discord.Interaction, select: discord.ui.Select["Menu"]) -> None:
        await interaction.response.edit_message(content=f"{select.values[0]} answers from now on", view=None)


class Tools(discord.ui.View):
    @discord.ui.button(emoji="◀️", disabled=True, custom_id="back")
    async def back(self, interaction: discord.Interaction, button: discord.ui.Button["Tools"]) -> None: ...

    @discord.ui.button(label="Other model", emoji="🔀")
    async def other(self, interaction: discord.Interaction, button: discord.ui.Button["Tools"]) -> None:
        await interaction.response.send_message("Choose", view=Menu(), ephemeral=True)

    @discord.ui.button(label="Delete", style=discord.ButtonStyle.danger)
    async def delete(self, interaction: discord.Interaction, button: discord.ui.Button["Tools"]) -> None:
        await interaction.response.defer()
        await interaction.delete_original_response()


async def test_button_opens_an_ephemeral_menu(page: Page, sim: Simulator, bot: SmallBot) -> None:
    await channel(bot, sim).send("an answer", view=Tools())
    answer = messages(page).first
    await expect(answer.get_by_test_id("button-back")).to_be_disabled()
    await expect(answer.get_by_test_id("button-back")).to_have_accessible_name("◀️")
    await expect(answer.get_by_test_id("button-Other model")).to_have_text("🔀Other model")
    await answer.get_by_test_id("button-Other model").click()
    await expect(last(page).get_by_test_id("ephemeral")).to_contain_text("Only you can see this")
    await last(page).locator(".picker").click()
    await page.get_by_test_id("choice-groq/large").click()
    await expect(last(page).get_by_test_id("message-content")).to_have_text("groq/large answers from now on")
    await expect(last(page).locator(".picker")).to_have_count(0)
    await last(page).get_by_test_id("dismiss").click()
    await expect(messages(page)).to_have_count(1)
    await answer.get_by_test_id("button-Delete").click()
    await expect(messages(page)).to_have_count(0)


async def test_embed_is_updated_in_place(page: Page, sim: Simulator, bot: SmallBot) -> None:
    sent = await channel(bot, sim).send(embed=discord.Embed(description="One", colour=0x2E8B57))
    embed = last(page).get_by_test_id("embed")
    await expect(embed).to_have_attribute("style", "--bar: #2e8b57")
    await embed.evaluate("node => node.stayed = true")
    await sent.edit(embed=discord.Embed(description="One\n**two**", colour=0xC04040))
    await expect(embed.locator("strong")).to_have_text("two")
    await expect(embed).to_have_attribute("style", "--bar: #c04040")
    assert await embed.evaluate("node => node.stayed")
    await expect(last(page)).to_have_accessible_name(re.compile(r"Parley, .*: One \*\*two\*\*"))


async def test_file_added_by_an_edit_can_be_read_and_downloaded(page: Page, sim: Simulator, bot: SmallBot) -> None:
    sent = await channel(bot, sim).send("thinking")
    file = discord.File(io.BytesIO(b"# Because\nof this"), "reasoning.md")
    sent = await sent.edit(content="thought", attachments=[file])
    await expect(last(page).get_by_test_id("attachment")).to_have_text("reasoning.md17 bytes")
    await last(page).get_by_test_id("read").click()
    await expect(page.get_by_test_id("reader").locator("pre")).to_have_text("# Because\nof this")
    await page.keyboard.press("Escape")
    async with page.expect_download() as download:
        await last(page).get_by_test_id("download").click()
    assert (await download.value).suggested_filename == "reasoning.md"
    await sent.edit(attachments=[])
    await expect(last(page).get_by_test_id("attachment")).to_have_count(0)


async def test_multiline_spoiler_stays_open_after_an_edit(page: Page, sim: Simulator, bot: SmallBot) -> None:
    sent = await channel(bot, sim).send("||first\n- second||\n-# a note")
    spoiler = last(page).locator(".spoiler")
    await expect(spoiler.locator("li")).to_have_text("second")
    await expect(spoiler.locator("li")).to_be_hidden()
    await spoiler.press("Enter")
    await expect(spoiler.locator("li")).to_be_visible()
    await sent.edit(content="||first\n- second\n- third||\n-# a note")
    await expect(spoiler.locator("li").last).to_have_text("third")
    await expect(spoiler.locator("li").last).to_be_visible()
    await expect(last(page).locator(".small")).to_have_text("a note")


async def test_reply_pings_only_if_allowed(page: Page, sim: Simulator, bot: SmallBot) -> None:
    await say(page, "a question")
    asked = await bot.received("message")
    await asked.reply("loud", allowed_mentions=REPLY_PING)
    await expect(last(page)).to_have_class(re.compile("mentioned"))
    await expect(last(page).get_by_test_id("reply-preview").locator("b")).to_have_text("@Ana")
    await asked.reply("quiet", allowed_mentions=NO_MENTIONS)
    await expect(last(page).get_by_test_id("message-content")).to_have_text("quiet")
    await expect(last(page)).not_to_have_class(re.compile("mentioned"))
    await expect(last(page).get_by_test_id("reply-preview").locator("b")).to_have_text("Ana")
    await do(last(page), "reply")
    await expect(page.get_by_test_id("reply-ping")).to_have_text("@ On")
    await page.get_by_test_id("reply-ping").click()
    await say(page, "thanks")
    assert (await bot.received("message", lambda message: message.content == "thanks")).mentions == []


async def test_reply_shows_that_the_original_message_was_deleted(page: Page, sim: Simulator, bot: SmallBot) -> None:
    await post(sim, page, "a question")
    asked = await bot.received("message")
    await asked.reply("an answer")
    await expect(last(page).get_by_test_id("reply-preview")).to_contain_text("a question")
    await do(messages(page).first, "delete")
    await page.get_by_test_id("dialog-confirm").click()
    await expect(last(page)).to_contain_text("The original message was deleted")


async def choose(page: Page, action: str) -> None:
    await page.get_by_test_id("moderate").click()
    await page.get_by_test_id(f"choice-{action}").click()


async def test_owner_moderates_threads_the_bot_and_slow_mode(page: Page, sim: Simulator, bot: SmallBot) -> None:
    await say(page, "apart")
    await do(last(page), "create-thread")
    await page.get_by_test_id("name").fill("Apart")
    await page.get_by_test_id("dialog-confirm").click()
    await choose(page, "Lock")
    await expect(page.get_by_test_id("channel-status")).to_have_text("locked")
    await page.get_by_test_id("person-member").click()
    await expect(page.get_by_test_id("composer")).to_have_attribute("placeholder", "This thread is locked.")
    await expect(page.get_by_test_id("moderate")).to_have_count(0)
    await page.get_by_test_id("person-owner").click()
    await choose(page, "Time out Parley for 1 minute")
    assert (await bot.received("member_update")) == bot.guilds[0].me
    assert bot.guilds[0].me.is_timed_out()
    await choose(page, "Delete thread")
    await page.get_by_test_id("dialog-confirm").click()
    await expect(page.get_by_test_id("channel-title")).to_have_text("general")
    await choose(page, "Enable slow mode (30 s)")
    await expect(page.get_by_test_id("channel-status")).to_have_text("slow mode: 30 s")
    await page.get_by_test_id("person-member").click()
    await say(page, "one")
    await expect(last(page)).to_contain_text("one")
    await say(page, "two")
    await expect(last(page).get_by_test_id("message-error")).to_contain_text(
        "Slow mode is on. You can send another message in"
    )
