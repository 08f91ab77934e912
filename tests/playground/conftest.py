"""Fixtures: a browser on the playground's page, the simulator that serves it, and a small bot."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Error, Page, async_playwright, expect

from bot.simulator import Limits, Simulator
from tests.playground.small_bot import SmallBot
from tests.simulator.recorder import running

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def browser() -> AsyncIterator[Browser]:
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        pytest.skip(f"none of {', '.join(CHROMIUM)} is installed; the page needs a browser")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        await browser.close()


@asynccontextmanager
async def new_tab(browser: Browser, **options: Any) -> AsyncIterator[Page]:
    context = await browser.new_context(permissions=["clipboard-read", "clipboard-write"], **options)
    yield await context.new_page()
    await context.close()


@asynccontextmanager
async def showing(tab: Page, url: str) -> AsyncIterator[Page]:
    """Load the page; an uncaught exception in its code fails the test."""
    faults: list[str] = []

    def note(error: Error) -> None:
        faults.append(str(error))

    tab.on("pageerror", note)
    await tab.goto(url)
    await expect(tab.get_by_test_id("channel-general")).to_be_attached()
    yield tab
    tab.remove_listener("pageerror", note)
    assert faults == []


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def tab(browser: Browser) -> AsyncIterator[Page]:
    """One tab for all tests, because opening one takes longer than most of them; each test has its own URL."""
    async with new_tab(browser, viewport={"width": 1100, "height": 700}) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="package")
async def sim() -> AsyncIterator[Simulator]:
    loose = Limits(messages=1000, webhooks=1000, overall=1000)
    async with Simulator.open(limits=loose, ack_window=1.5) as simulator:
        yield simulator


@pytest_asyncio.fixture(loop_scope="package")
async def bot(sim: Simulator) -> AsyncIterator[SmallBot]:
    client = SmallBot()
    async with running(sim, client):
        await client.tree.sync()
        yield client


@pytest_asyncio.fixture(loop_scope="package")
async def page(tab: Page, sim: Simulator, bot: SmallBot) -> AsyncIterator[Page]:
    """The page as the server's owner, with the small bot connected."""
    async with showing(tab, sim.url) as loaded:
        yield loaded
