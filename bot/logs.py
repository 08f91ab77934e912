"""Logging as text or JSON, with all secrets redacted."""

import json
import logging
from collections.abc import Iterable

from pythonjsonlogger.json import JsonFormatter

from bot.providers.errors import redacted

TEXT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
JSON = "%(levelname)s %(name)s %(message)s"
NOISY = ("alembic", "aiosqlite", "filelock", "asyncio")
"""Loggers whose INFO and DEBUG records are of no use to an operator."""


class Redacting(logging.Formatter):
    """Wraps a formatter and redacts secrets from its output, including tracebacks."""

    def __init__(self, inner: logging.Formatter, secrets: Iterable[str]) -> None:
        super().__init__()
        self._inner = inner
        # in JSON output a secret may contain escapes
        self._secrets = [form for secret in secrets for form in (secret, json.dumps(secret)[1:-1])]

    def format(self, record: logging.LogRecord) -> str:
        line = self._inner.format(record)
        return redacted(line, self._secrets)


def configure(level: str, style: str, secrets: Iterable[str]) -> None:
    """Log to standard error; `style` is "text" or "json"."""
    inner = (
        JsonFormatter(JSON, timestamp="time", rename_fields={"levelname": "level", "name": "logger"})
        if style == "json"
        else logging.Formatter(TEXT)
    )
    stderr = logging.StreamHandler()
    stderr.setFormatter(Redacting(inner, secrets))
    logging.basicConfig(level=level, handlers=[stderr], force=True)
    for name in NOISY:
        logging.getLogger(name).setLevel("WARNING")
