"""Pages as parsed by an independent parser of Discord's Markdown; `make markdown-reader` installs it."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bot.markdown.format import format
from bot.markdown.pages import LIMIT, split
from tests.markdown.corpus.answers import answers

READER = Path(__file__).with_name("reader")
INSTALLED = (READER / "node_modules" / "discord-markdown-parser").exists() and shutil.which("node") is not None

pytestmark = pytest.mark.skipif(not INSTALLED, reason="`make markdown-reader` was not run; it needs Node.js")


def read(pages: list[str]) -> list[dict[str, Any]]:
    """Return what the parser finds: code blocks, code spans, text outside both, pings."""
    command = ["node", str(READER / "read.js")]
    done = subprocess.run(command, input=json.dumps(pages), capture_output=True, text=True, check=True, timeout=60)
    readings: list[dict[str, Any]] = json.loads(done.stdout)
    return readings


@pytest.mark.parametrize("limit", [LIMIT, 500])
def test_every_page_is_parsed_and_its_code_is_balanced(limit: int) -> None:
    pages = [(name, page) for name, text in answers().items() for page in split(format(text), limit)]
    readings = read([page for _, page in pages])
    assert len(readings) == len(pages)
    for (name, page), reading in zip(pages, readings, strict=True):
        assert page.count("```") == 2 * len(reading["code"]), name
        assert "```" not in reading["text"], name
        assert reading["pings"] == 0, name


def test_no_emphasis_delimiter_is_left_over() -> None:
    pages = [(name, page) for name, text in answers().items() for page in split(format(text)) if name != "stray marks"]
    for (name, page), reading in zip(pages, read([page for _, page in pages]), strict=True):
        assert not any(mark in reading["text"] for mark in ("**", "__", "~~", "||", "](")), f"{name}: {page}"


def test_code_is_unchanged() -> None:
    code = "def f():\n    return '**x** &amp; $y$ @everyone'\n\n\nf()"
    [reading] = read(split(format(f"Look:\n\n~~~~python title=x\n{code}\n~~~~\n")))
    assert reading["code"] == [{"language": "python", "content": code}]
