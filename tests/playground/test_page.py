"""The playground's page in a real browser, with the simulator and a small discord.py bot."""

import re

import discord
import pytest
from playwright.async_api import Browser, FilePayload, Locator, Page, expect

from bot.simulator import Simulator
from tests.playground.conftest import new_tab, showing
from tests.playground.small_bot import SmallBot
from tests.ports import unused_ports

pytestmark = pytest.mark.asyncio(loop_scope="package")

# one transparent pixel
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
HOSTILE = (
    "<img src=x onerror=hacked=1>",
    "<script>hacked=1</script>",
    "[press](javascript:hacked=1)",
    '"><svg onload=hacked=1>',
    "```html\n<script>hacked=1</script>\n```",
    "[x](https://a.b/\"onmouseover='hacked=1')",
)


async def say(page: Page, text: str) -> None:
    await page.get_by_test_id("composer").fill(text)
    await page.get_by_test_id("composer").press("Enter")


async def open_form(page: Page, command: str) -> None:
    """Type a command, so that its form opens."""
    await page.get_by_test_id("composer").press_sequentially(f"/{command} ")
    await expect(page.get_by_test_id("command-form")).to_be_visible()


async def run(page: Page) -> None:
    await page.get_by_test_id("command-run").click()


async def do(message: Locator, action: str) -> None:
    await message.hover()
    await message.get_by_test_id(action).click()


def messages(page: Page) -> Locator:
    return page.get_by_test_id("message")


def last(page: Page) -> Locator:
    return messages(page).last


def text_file(name: str) -> FilePayload:
    return {"name": name, "mimeType": "text/plain", "buffer": b"notes"}


async def post(sim: Simulator, page: Page, content: str) -> None:
    """Send a message as the other person."""
    await page.request.post(
        f"{sim.api_url}/channels/{sim.world.general.id}/messages",
        headers={"Authorization": sim.member_token},
        data={"content": content},
    )


# Reading and writing


async def test_streaming_answer_is_updated_in_place(page: Page, bot: SmallBot) -> None:
    await page.get_by_test_id("composer").press_sequentially("@Par")
    await expect(page.get_by_test_id("suggestion")).to_contain_text("@Parley")
    await page.get_by_test_id("composer").press("Tab")
    await page.get_by_test_id("composer").press_sequentially("hello")
    await page.get_by_test_id("composer").press("Enter")
    answer = last(page)
    await expect(answer.get_by_test_id("message-content")).to_have_text("One")
    await expect(answer.get_by_test_id("app-badge")).to_have_text("APP")
    await expect(answer.get_by_test_id("reply-preview")).to_contain_text("@Parley hello")
    await answer.evaluate("node => node.stayed = true")
    bot.grow.release()
    await expect(answer.locator("li")).to_have_text("two")
    bot.grow.release()
    await expect(answer.locator("code")).to_have_text("three = 3")
    await expect(answer.locator(".code header")).to_contain_text("py")
    bot.grow.release()
    await expect(answer.locator("strong")).to_have_text("four")
    await expect(answer.get_by_test_id("edited")).to_be_visible()
    assert await answer.evaluate("node => node.stayed"), "the message was rebuilt instead of updated"
    said = next(request for request in bot.cached_messages if request.author.name == "ana")
    assert said.content == f"<@{bot.user.id if bot.user else 0}> hello"


async def test_reply_preview_jumps_to_the_original(page: Page) -> None:
    await say(page, "first")
    await do(last(page), "reply")
    await expect(page.get_by_test_id("replying")).to_contain_text("Replying to Ana")
    await say(page, "second")
    await expect(last(page).get_by_test_id("reply-preview")).to_have_text("A@Anafirst")
    await last(page).get_by_test_id("reply-preview").click()
    await expect(messages(page).first).to_be_focused()


async def test_own_message_can_be_edited_and_deleted(page: Page) -> None:
    await say(page, "helo")
    await expect(last(page).get_by_test_id("message-content")).to_have_text("helo")
    await page.get_by_test_id("composer").press("ArrowUp")
    await page.get_by_test_id("editor").fill("hello **there**")
    await page.get_by_test_id("editor").press("Enter")
    await expect(last(page).locator("strong")).to_have_text("there")
    await expect(last(page).get_by_test_id("edited")).to_be_visible()
    await do(last(page), "copy")
    assert await page.evaluate("navigator.clipboard.readText()") == "hello **there**"
    await do(last(page), "delete")
    await page.get_by_test_id("dialog-confirm").click()
    await expect(messages(page)).to_have_count(0)


async def test_files_are_attached_by_dialog_paste_and_drop(page: Page, sim: Simulator) -> None:
    await page.get_by_test_id("files").set_input_files([text_file("notes.txt"), text_file("unwanted.txt")])
    hand_over = """(node, [event, name, bytes]) => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(bytes)], name, { type: 'image/png' }));
        const more = { bubbles: true, cancelable: true };
        node.dispatchEvent(event === 'paste' ? new ClipboardEvent(event, { clipboardData: data, ...more })
            : new DragEvent(event, { dataTransfer: data, ...more }));
    }"""
    composer = page.get_by_test_id("composer")
    await composer.evaluate(hand_over, ["paste", "pasted.png", list(PIXEL)])
    await composer.evaluate(hand_over, ["drop", "dropped.png", list(PIXEL)])
    await expect(page.get_by_test_id("attachment-preview")).to_have_count(4)
    await page.get_by_label("Remove unwanted.txt").click()
    await say(page, "see")
    await expect(page.get_by_test_id("attachment-preview")).to_have_count(0)
    await expect(last(page).get_by_test_id("attachment")).to_have_count(3)
    await expect(last(page).locator("img").first).to_have_js_property("naturalWidth", 1)
    stored = {attachment.filename: attachment.content for attachment in sim.world.attachments.values()}
    assert stored == {"notes.txt": b"notes", "pasted.png": PIXEL, "dropped.png": PIXEL}
    await last(page).get_by_role("button", name="pasted.png").click()
    await expect(page.get_by_test_id("lightbox")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("lightbox")).to_have_count(0)


async def test_markup_in_user_content_is_not_interpreted(page: Page, sim: Simulator, bot: SmallBot) -> None:
    general = bot.get_partial_messageable(sim.world.general.id)
    for words in HOSTILE:
        await general.send(words)
    await general.send(embed=hostile_embed())
    await page.get_by_test_id("files").set_input_files(text_file(HOSTILE[0]))
    await say(page, "@<b>Parley</b>")
    await expect(messages(page)).to_have_count(len(HOSTILE) + 2)
    await expect(messages(page).first.get_by_test_id("message-content")).to_have_text(HOSTILE[0])
    await expect(messages(page).nth(2).get_by_test_id("message-content")).to_have_text(HOSTILE[2])
    log = page.get_by_role("log")
    await expect(log.locator("script, img, svg[onload], [onerror], [onmouseover], a[href^=javascript]")).to_have_count(
        0
    )
    assert await page.evaluate("typeof hacked") == "undefined"


def hostile_embed() -> discord.Embed:
    words = HOSTILE[0]
    return discord.Embed(title=words, description=words).add_field(name=words, value=words).set_footer(text=words)


async def test_markdown_and_mentions_are_rendered(page: Page, sim: Simulator) -> None:
    await say(
        page, "# Title\n**b** *i* __u__ ~~s~~ `c` ||hidden|| <https://a.b/>\n> quoted\n-# small\n1. one\n   - inner"
    )
    content = last(page).get_by_test_id("message-content")
    for element, text in {
        "h1": "Title", "strong": "b", "em": "i", "u": "u", "s": "s", "code": "c", "a": "https://a.b/",
        "blockquote": "quoted", ".small": "small", "ol > li > ul > li": "inner",
    }.items():  # fmt: skip
        await expect(content.locator(element)).to_have_text(text)
    spoiler = content.locator(".spoiler")
    await expect(spoiler).not_to_have_attribute("data-open", "")
    await spoiler.click()
    await expect(spoiler).to_have_attribute("data-open", "")
    await say(page, "#random @Parley @nobody `@Parley`")
    mentions = messages(page).nth(1)
    await expect(mentions.get_by_test_id("message-content")).to_have_text("#random @Parley @nobody @Parley")
    await expect(mentions.locator(".mention")).to_have_count(2)
    mine = [message for message in sim.world.general.messages.values() if message.author is sim.world.person]
    assert mine[-1].content == f"<#{sim.world.random.id}> <@{sim.world.bot.id}> @nobody `@Parley`"


async def test_text_over_the_limit_is_counted_and_rejected(page: Page) -> None:
    composer = page.get_by_test_id("composer")
    await composer.fill("x" * 1800)
    await expect(page.get_by_test_id("characters-left")).to_be_hidden()
    await composer.fill("x" * 2001)
    await expect(page.get_by_test_id("characters-left")).to_have_text("-1")
    await composer.press("Enter")
    await expect(page.get_by_test_id("toast")).to_contain_text("2,000 characters")
    await expect(composer).to_have_value("x" * 2001)


async def test_failed_send_shows_discords_error_and_can_be_retried(page: Page, sim: Simulator) -> None:
    sim.faults.fail("POST /channels/*/messages", 500)
    await say(page, "hello")
    await expect(last(page).get_by_test_id("message-error")).to_contain_text("500: injected")
    await last(page).get_by_role("button", name="Try again").click()
    await expect(last(page).get_by_test_id("message-error")).to_have_count(0)
    assert [message.content for message in sim.world.general.messages.values()] == ["hello"]


async def test_newest_message_stays_in_view_unless_scrolled_up(page: Page, sim: Simulator) -> None:
    for number in range(60):
        await post(sim, page, f"line {number}")
    await expect(page.get_by_text("line 59", exact=True)).to_be_in_viewport()
    await page.reload()
    await expect(page.get_by_text("line 59", exact=True)).to_be_in_viewport()
    await expect(messages(page)).to_have_count(50)
    await messages(page).nth(20).hover()
    await page.mouse.wheel(0, -600)
    await expect(page.get_by_test_id("jump-to-present")).to_be_visible()
    await post(sim, page, "and one more")
    await expect(page.get_by_test_id("jump-to-present")).to_have_text("1 new")
    await expect(page.get_by_text("and one more")).not_to_be_in_viewport()
    await page.get_by_test_id("jump-to-present").click()
    await expect(page.get_by_text("and one more")).to_be_in_viewport()
    await page.mouse.wheel(0, -9000)
    await expect(page.get_by_text("line 0", exact=True)).to_be_attached()


# Places and people


async def test_channels_threads_and_dms(page: Page, sim: Simulator, bot: SmallBot) -> None:
    await page.get_by_test_id("create-channel").click()
    await page.get_by_test_id("name").fill("Deep Talk")
    await page.get_by_test_id("dialog-confirm").click()
    await expect(page.get_by_test_id("channel-title")).to_have_text("deep-talk")
    await say(page, "let us go deeper")
    await do(last(page), "create-thread")
    await page.get_by_test_id("name").fill("Deeper")
    await page.get_by_test_id("dialog-confirm").click()
    await expect(page.get_by_test_id("channel-title")).to_have_text("Deeper")
    await expect(messages(page).first).to_contain_text("let us go deeper")
    await page.get_by_test_id("channel-deep-talk").click()
    await expect(last(page).get_by_test_id("thread-link")).to_have_text("Deeper")
    await page.get_by_test_id("channel-Parley").click()
    await expect(page.get_by_test_id("welcome")).to_contain_text("Talk with Parley")
    await say(page, "just us")
    private = await bot.received("message", lambda message: message.content == "just us")
    assert private.guild is None
    await bot.get_partial_messageable(sim.world.random.id).send("over here")
    await expect(page.get_by_test_id("channel-random")).to_have_accessible_name("random, unread")


async def test_empty_channel_offers_examples(page: Page) -> None:
    example = page.get_by_test_id("example").filter(has_text="hello")
    await example.click()
    await expect(page.get_by_test_id("composer")).to_have_value("@Parley hello")
    await expect(page.get_by_test_id("composer")).to_be_focused()


async def test_member_sees_only_permitted_actions(page: Page) -> None:
    await page.get_by_test_id("composer").press_sequentially("/")
    await expect(page.get_by_test_id("suggestion").filter(has_text="/manage")).to_be_visible()
    await page.get_by_test_id("person-member").click()
    await expect(page.get_by_test_id("person-member")).to_have_attribute("aria-checked", "true")
    await expect(page.get_by_test_id("create-channel")).to_have_count(0)
    await page.get_by_test_id("composer").press_sequentially("/")
    await expect(page.get_by_test_id("suggestion")).to_have_count(3)
    await expect(page.get_by_test_id("suggestion").filter(has_text="/manage")).to_have_count(0)
    await say(page, "hello from Ben")
    await expect(last(page).get_by_test_id("author")).to_have_text("Ben")


async def test_typing_and_reactions_are_shown(page: Page, sim: Simulator, bot: SmallBot) -> None:
    general = bot.get_partial_messageable(sim.world.general.id)
    async with general.typing():
        await expect(page.get_by_test_id("typing")).to_have_text("Parley is typing…")
        message = await general.send("vote")
    await expect(page.get_by_test_id("typing")).to_have_text("")
    await message.add_reaction("👍")
    thumb = last(page).get_by_test_id("reaction-👍")
    await expect(thumb).to_have_attribute("aria-pressed", "false")
    await thumb.click()
    await expect(thumb).to_have_text("👍2")
    await do(last(page), "react")
    await page.get_by_test_id("choice-🚀").click()
    await expect(last(page).get_by_test_id("reaction-🚀")).to_have_attribute("aria-pressed", "true")


async def test_controls_are_labelled_and_reachable_by_keyboard(page: Page) -> None:
    await say(page, "hello")
    await do(last(page), "reply")
    await page.get_by_role("log").focus()
    await page.keyboard.press("ArrowUp")
    await expect(last(page)).to_be_focused()
    await expect(last(page)).to_have_accessible_name(re.compile("Ana, Today at .*: hello"))
    await page.keyboard.press("Tab")
    await expect(last(page).get_by_test_id("react")).to_be_focused()
    nameless = (
        "nodes => nodes.filter(n => !n.innerText.trim() && !n.ariaLabel && !n.labels?.length).map(n => n.outerHTML)"
    )
    assert await page.locator("button:visible, input:visible, textarea:visible").evaluate_all(nameless) == []


# Applications


async def test_command_form_with_autocomplete(page: Page, bot: SmallBot) -> None:
    await page.get_by_test_id("composer").press_sequentially("/pai")
    await page.get_by_test_id("composer").press("Enter")
    colour = page.get_by_test_id("command-option-colour")
    await expect(colour).to_be_focused()
    await expect(page.get_by_test_id("suggestion")).to_have_count(3)
    await colour.press_sequentially("azu")
    await expect(page.get_by_test_id("suggestion")).to_have_text(["Azure"])
    await colour.press("Enter")
    await expect(colour).to_have_value("Azure")
    await run(page)
    assert await page.get_by_test_id("command-option-coats").evaluate("node => node.validity.valueMissing")
    await page.get_by_test_id("command-option-coats").fill("2")
    await page.get_by_test_id("command-option-where").select_option("#random")
    await page.get_by_test_id("command-option-shiny").select_option("True")
    await page.get_by_test_id("command-option-shiny").press("Enter")
    await run(page)
    await expect(last(page).get_by_test_id("message-content")).to_have_text("azure 2 random True")
    await expect(last(page).get_by_test_id("command-used")).to_have_text("AAna used /paint")
    assert bot.asked[0] == ""
    assert bot.asked[-1] == "azu"


async def test_deferred_subcommand_shows_thinking(page: Page, bot: SmallBot) -> None:
    await open_form(page, "house clean")
    await page.get_by_test_id("command-option-room").select_option("The kitchen")
    await run(page)
    await expect(last(page).get_by_test_id("thinking")).to_contain_text("Parley is thinking")
    bot.grow.release()
    await expect(last(page).get_by_test_id("message-content")).to_have_text("kitchen is clean")


async def test_ephemeral_response_is_private_and_dismissible(page: Page, browser: Browser, sim: Simulator) -> None:
    await open_form(page, "paint")
    await page.get_by_test_id("command-option-colour").fill("crimson")
    await page.get_by_test_id("command-option-coats").fill("1")
    await run(page)
    await expect(last(page).get_by_test_id("ephemeral")).to_contain_text("Only you can see this")
    async with new_tab(browser) as tab, showing(tab, sim.url) as other:
        await other.get_by_test_id("person-member").click()
        await expect(other.get_by_test_id("welcome")).to_be_visible()
        await expect(messages(other)).to_have_count(0)
    await last(page).get_by_test_id("dismiss").click()
    await expect(messages(page)).to_have_count(0)


async def test_buttons_and_menus(page: Page) -> None:
    await open_form(page, "panel")
    await run(page)
    panel = messages(page).first
    await expect(panel.get_by_test_id("button-Read more")).to_have_attribute("href", "https://example.com/")
    await panel.get_by_test_id("button-Count").click()
    await expect(panel.get_by_test_id("message-content")).to_have_text("Counted: 1")
    await expect(panel.get_by_test_id("button-Counted")).to_be_enabled()
    await panel.locator(".picker").click()
    await page.get_by_test_id("choice-azure").click()
    await page.get_by_test_id("choice-amber").click()
    await page.keyboard.press("Escape")
    await expect(last(page).get_by_test_id("message-content")).to_have_text("Picked amber and azure")
    await panel.get_by_test_id("button-Silent").click()
    await expect(panel.get_by_test_id("message-error")).to_contain_text("This interaction failed")


async def test_modal_is_submitted(page: Page) -> None:
    await open_form(page, "panel")
    await run(page)
    await messages(page).first.get_by_test_id("button-Ask").click()
    modal = page.get_by_test_id("modal")
    await expect(modal).to_contain_text("A question")
    await modal.get_by_role("textbox").fill("Ana")
    await page.get_by_test_id("dialog-confirm").click()
    await expect(modal).to_contain_text("Make a selection in every required menu")
    await modal.locator(".picker").click()
    await page.get_by_test_id("choice-crimson").click()
    await page.get_by_test_id("dialog-confirm").click()
    await expect(modal).to_have_count(0)
    await expect(last(page).get_by_test_id("message-content")).to_have_text("Ana likes crimson")


# The connection


async def test_page_resumes_a_lost_connection(page: Page, sim: Simulator) -> None:
    await say(page, "before")
    await expect(last(page)).to_contain_text("before")
    assert sim.faults.cut(sim.world.person.id) == 1
    await expect(page.get_by_test_id("banner")).to_have_text("Reconnecting…")
    await post(sim, page, "meanwhile")
    await expect(last(page).get_by_test_id("message-content")).to_have_text("meanwhile")
    await expect(page.get_by_test_id("banner")).to_be_hidden()
    await expect(messages(page)).to_have_count(2)


async def test_page_reconnects_to_a_restarted_simulator(tab: Page) -> None:
    [port] = unused_ports(1)
    async with Simulator.open(port=port) as first:
        await tab.goto(first.url)
        await tab.get_by_test_id("channel-random").click()
        await say(tab, "soon forgotten")
        await expect(messages(tab)).to_have_count(1)
    await expect(tab.get_by_test_id("banner")).to_have_text("Reconnecting…")
    async with Simulator.open(port=port) as second:
        await expect(messages(tab)).to_have_count(0)
        await expect(tab.get_by_test_id("channel-title")).to_have_text("random")
        await say(tab, "hello again")
        await expect(last(tab).get_by_test_id("message-content")).to_have_text("hello again")
        assert [message.content for message in second.world.random.messages.values()] == ["hello again"]


async def test_layout_fits_a_phone(browser: Browser, sim: Simulator) -> None:
    phone = new_tab(browser, viewport={"width": 360, "height": 700}, has_touch=True, is_mobile=True)
    async with phone as tab, showing(tab, sim.url) as page:
        await say(page, "```\n" + "wide " * 60 + "\n```" + "x" * 300)
        await expect(messages(page)).to_have_count(1)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await expect(page.get_by_test_id("channel-random")).not_to_be_in_viewport()
        await page.get_by_test_id("show-channels").click()
        await page.get_by_test_id("channel-random").click()
        await expect(page.get_by_test_id("channel-title")).to_have_text("random")
        await expect(page.get_by_test_id("channel-random")).not_to_be_in_viewport()
