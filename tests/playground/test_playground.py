"""`parley playground` in its own process, with the whole bot and a real browser."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.playground.conftest import new_tab, showing

pytestmark = pytest.mark.asyncio(loop_scope="package")

PICTURE = Path(__file__).parents[2] / "docs" / "playground.png"
WATCH = """() => {
    window.grown = [];
    const look = () => {
        const text = document.querySelector('.message:last-child [data-testid=app-badge]')
            && document.querySelector('.message:last-child [data-testid=message-content]').textContent;
        if (text && text !== window.grown.at(-1)) window.grown.push(text);
    };
    const everything = { subtree: true, childList: true, characterData: true };
    new MutationObserver(look).observe(document.querySelector('#messages'), everything);
}"""


@pytest_asyncio.fixture(loop_scope="package")
async def address(tmp_path: Path) -> AsyncIterator[str]:
    """The URL that `parley playground` prints."""
    command = (sys.executable, "-m", "bot", "playground", "--no-browser", "--port", "0")
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, cwd=tmp_path)
    assert process.stdout is not None
    try:
        line = (await asyncio.wait_for(process.stdout.readline(), 20)).decode()
        found = re.search(r"http://\S+", line)
        assert found, f"no address in {line!r}"
        yield found[0]
    finally:
        process.terminate()
        await process.communicate()


async def say(page: Page, text: str) -> None:
    await page.get_by_test_id("composer").press_sequentially(text)
    await page.get_by_test_id("composer").press("Enter")


async def test_first_visit_streams_an_answer_and_switches_the_model(
    browser: Browser, address: str, tmp_path: Path
) -> None:
    screen = new_tab(browser, viewport={"width": 1200, "height": 1000}, color_scheme="dark")
    async with screen as tab, showing(tab, address) as page:
        answer = page.get_by_test_id("message").last.get_by_test_id("message-content")
        await expect(page.get_by_test_id("welcome")).to_contain_text("No account or API key needed")
        await page.evaluate(WATCH)
        await say(page, "@Parley hello! Can you count to 12?")
        await expect(answer).to_contain_text("1 2 3 4 5 6 7 8 9 10 11 12", timeout=15_000)
        grown = await page.evaluate("window.grown")
        assert len(grown) >= 3, grown
        assert all(later.startswith(earlier) for earlier, later in pairwise(grown)), grown

        await page.get_by_test_id("composer").press_sequentially("/model ")
        await page.get_by_test_id("command-option-name").press_sequentially("claude")
        choice = page.get_by_test_id("suggestion").first
        await expect(choice).to_contain_text("claude")
        model = await choice.inner_text()
        await choice.click()
        await page.get_by_test_id("command-run").click()
        await expect(answer).to_contain_text(model)
        await expect(page.get_by_test_id("ephemeral")).to_contain_text("Only you can see this")

        portrait = "PARLEY_SCREENSHOT" in os.environ
        await say(page, "@Parley and now show me some code" if portrait else "@Parley and now?")
        await expect(answer).to_contain_text(f"Hello from {model.partition('/')[2]}!")
        if portrait:
            await expect(answer).to_contain_text("work as well.", timeout=15_000)
        await page.screenshot(path=PICTURE if portrait else tmp_path / "playground.png")
