"""Log lines for people and machines, without secrets."""

import json
import logging
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonjsonlogger.json import JsonFormatter

from bot.logs import JSON, TEXT, Redacting

SECRET = "k7-Zq2mmA0pLw9"

SCRIPT = f"""
import logging
from bot import logs
logs.configure("INFO", {{style!r}}, ["{SECRET}"])
log = logging.getLogger("parley.test")
log.debug("not to be seen")
log.info("with %s inside", "{SECRET}")
log.info('header Authorization: Bearer abcdefghij, image data:image/png;base64,iVBORw0KGgo= behind')
logging.getLogger("alembic.runtime").info("not to be seen")
def fail(key):
    raise ValueError(f"{{{{key}}}} was wrong")
try:
    fail("{SECRET}")
except ValueError:
    log.exception("It failed")
"""


def run(style: str, folder: Path) -> list[str]:
    """The log lines of a real process."""
    script = folder / "script.py"
    script.write_text(SCRIPT.format(style=style), "utf-8")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout == ""
    return done.stderr.splitlines()


def formatted(style: str, message: str, secrets: list[str], **extra: Any) -> str:
    inner = JsonFormatter(JSON) if style == "json" else logging.Formatter(TEXT)
    record = logging.makeLogRecord({"name": "parley", "levelname": "INFO", "msg": message, **extra})
    return Redacting(inner, secrets).format(record)


def test_text_lines_are_readable_and_contain_no_secret(tmp_path: Path) -> None:
    text = "\n".join(run("text", tmp_path))
    assert SECRET not in text
    assert "INFO    parley.test: with [redacted] inside" in text
    assert "ValueError: [redacted] was wrong" in text
    assert 'fail("[redacted]")' in text
    assert "abcdefghij" not in text
    assert "iVBORw0KGgo" not in text
    assert "behind" in text
    assert "not to be seen" not in text


def test_every_json_line_is_an_object_and_contains_no_secret(tmp_path: Path) -> None:
    lines = run("json", tmp_path)
    assert SECRET not in "\n".join(lines)
    first, second, third = map(json.loads, lines)
    assert first.keys() >= {"time", "level", "logger", "message"}
    assert datetime.fromisoformat(first["time"]).utcoffset() == timedelta(0)
    assert (first["level"], first["logger"], first["message"]) == ("INFO", "parley.test", "with [redacted] inside")
    assert "abcdefghij" not in second["message"]
    assert "iVBORw0KGgo" not in second["message"]
    assert second["message"].endswith("behind")
    assert third["message"] == "It failed"
    assert "ValueError: [redacted] was wrong" in third["exc_info"]


@pytest.mark.parametrize("style", ["text", "json"])
@pytest.mark.parametrize(
    "ending",
    [
        "Bearer abcdef.ghi-jkl",
        "data:image/png;base64,iVBORw0KGgo=",
        "sk-proj-0123456789",
        "xai-0123456789ab",
        "AIzaSyA0123456789abcdefABCDEF",
    ],
)
def test_redacting_a_secret_at_the_end_removes_nothing_else(style: str, ending: str) -> None:
    line = formatted(style, f"it was {ending}", [])
    assert ending[-8:] not in line
    if style == "json":
        assert json.loads(line)["message"] == "it was [redacted]"
    else:
        assert line.endswith("it was [redacted]")


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=30), st.text(max_size=20))
def test_any_secret_that_fits_into_a_header_is_redacted_in_json_too(secret: str, before: str) -> None:
    line = formatted("json", f"{before} {secret} behind", [secret])
    message = json.loads(line)["message"]
    assert secret not in message.replace("[redacted]", "\x00")
    assert message.endswith("behind")
