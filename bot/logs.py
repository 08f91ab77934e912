"""Log lines for people or for machines, with every secret struck out of both."""

import json
import logging
from collections.abc import Iterable

from pythonjsonlogger.json import JsonFormatter

from bot.providers.errors import redacted

TEXT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
JSON = "%(levelname)s %(name)s %(message)s"
NOISY = ("alembic", "aiosqlite", "filelock", "asyncio")
"""Loggers whose INFO and DEBUG tell an operator nothing."""


class Redacting(logging.Formatter):
    """Takes the secrets out of what another formatter writes, tracebacks included."""

    def __init__(self, inner: logging.Formatter, secrets: Iterable[str]) -> None:
        super().__init__()
        self._inner = inner
        self._secrets = [form for secret in secrets for form in (secret, json.dumps(secret)[1:-1])]

    def format(self, record: logging.LogRecord) -> str:
        line = self._inner.format(record)
        return redacted(line, self._secrets)


def configure(level: str, style: str, secrets: Iterable[str]) -> None:
    """Log to standard error at this level, as `text` or as `json`."""
    inner = (
        JsonFormatter(JSON, timestamp="time", rename_fields={"levelname": "level", "name": "logger"})
        if style == "json"
        else logging.Formatter(TEXT)
    )
    lines = logging.StreamHandler()
    lines.setFormatter(Redacting(inner, secrets))
    logging.basicConfig(level=level, handlers=[lines], force=True)
    for name in NOISY:
        logging.getLogger(name).setLevel("WARNING")
