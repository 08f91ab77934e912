"""The form of `/settings set` on the playground's page, with Parley itself behind it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from bot.app import open_app
from bot.playground import playground_settings
from bot.preferences.declaration import SYSTEM_PROMPT
from bot.simulator import Simulator
from tests.playground.conftest import showing
from tests.playground.test_page import last, open_form, run

pytestmark = pytest.mark.asyncio(loop_scope="package")


@pytest_asyncio.fixture(loop_scope="package")
async def settings_page(tab: Page, sim: Simulator, tmp_path: Path) -> AsyncIterator[Page]:
    async with open_app(playground_settings(sim, f"sqlite:///{tmp_path / 'parley.db'}")) as app:
        await app.ready()
        async with showing(tab, sim.url) as loaded:
            yield loaded


async def test_a_prefilled_form_of_two_inputs_is_changed_and_submitted(settings_page: Page, sim: Simulator) -> None:
    page = settings_page
    category = sim.world.add_channel("projects", 4)
    await open_form(page, "settings set")
    name = page.get_by_test_id("command-option-name")
    await name.press_sequentially("system")
    await expect(page.get_by_test_id("suggestion")).to_have_text(["System prompt"])
    await name.press("Enter")
    await page.get_by_test_id("command-option-where").select_option(str(category.id))
    await run(page)
    modal = page.get_by_test_id("modal")
    await expect(modal).to_contain_text("System prompt must be a text of at most 6000 characters.")
    first, second = modal.get_by_test_id("modal-part-0"), modal.get_by_test_id("modal-part-1")
    await expect(first).to_have_value(SYSTEM_PROMPT)
    await expect(second).to_have_value("")
    await first.fill("Be kind.\n")
    await second.fill("Be brief.")
    await page.get_by_test_id("dialog-confirm").click()
    await expect(modal).to_have_count(0)
    content = last(page).get_by_test_id("message-content")
    await expect(content).to_contain_text("System prompt Be kind. ⏎ Be brief., was not set")
