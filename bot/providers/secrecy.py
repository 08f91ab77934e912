"""Finds secrets that an operator wrote into a catalogue file: keys in headers, passwords in URLs.

A key from the environment is known to be one. Here the name or the form of a value has to tell: a URL sent for
attribution, or a version, must not be removed from every line of the log.
"""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

from bot.providers.catalogue import Provider

_SECRET_NAME = re.compile(
    r"auth|key|token|secret|passw|cookie|signature|credential|session|^sig$|^code$", re.IGNORECASE
)
_SECRET_VALUE = re.compile(r"(?=\S*[0-9])(?=\S*[A-Za-z])[A-Za-z0-9+/=_.~-]{20,}")
"""Long and mixed enough not to be a word, a version or a date."""


def literal_secrets(provider: Provider, urls: Iterable[str] = ()) -> list[str]:
    """Return the secrets written into a provider's catalogue entry, and those in further URLs of it."""
    found: list[str] = []
    for value in provider.auth.values():
        found += _from_value("auth", value)
    for table in (provider.headers, provider.query, provider.model_list.headers):
        for name, value in table.items():
            found += _from_value(name, value)
    for url in (provider.base_url, *provider.former_base_urls, *urls):
        found += _from_url(str(url))
    return list(dict.fromkeys(found))


def _from_value(name: str, value: str) -> Iterator[str]:
    """Yield the value without its scheme, as in `Bearer …`, if it looks like a secret."""
    *_, last = value.split() or [""]
    if last and "{key}" not in value and (_SECRET_NAME.search(name) or _SECRET_VALUE.fullmatch(last)):
        yield last


def _from_url(url: str) -> Iterator[str]:
    parts = urlsplit(url)
    if parts.password:
        yield from {parts.password, unquote(parts.password)}
    for name, value in parse_qsl(parts.query):
        yield from _from_value(name, value)
