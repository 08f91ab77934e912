"""Finds what an operator wrote into a catalogue that must not be seen: keys as headers, passwords in addresses.

A key that stands in the environment is known as one. Here a name or a look has to tell, since an address that is sent
for attribution, or a version, is nothing to strike out of every line of a log.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from urllib.parse import parse_qsl, unquote, urlsplit

from bot.providers.catalogue import Provider

_NAME = re.compile(r"auth|key|token|secret|passw|cookie|signature|credential|session|^sig$|^code$", re.IGNORECASE)
_LOOK = re.compile(r"(?=\S*[0-9])(?=\S*[A-Za-z])[A-Za-z0-9+/=_.~-]{20,}")
"""A value long and mixed enough to be no word, no version and no date."""


def written_secrets(provider: Provider, addresses: Iterable[str] = ()) -> list[str]:
    """The literal secrets in a provider's paragraph, and in further addresses of it."""
    named: chain[tuple[str, str]] = chain(
        *(table.items() for table in (provider.headers, provider.query, provider.model_list.headers))
    )
    urls = [str(provider.base_url), *map(str, provider.former_base_urls), *addresses]
    found = [*_literal(provider.auth), *chain.from_iterable(_of_value(*each) for each in named)]
    return list(dict.fromkeys([*found, *chain.from_iterable(map(_of_address, urls))]))


def _literal(auth: Mapping[str, str]) -> Iterator[str]:
    for value in auth.values():
        yield from _of_value("auth", value)


def _of_value(name: str, value: str) -> Iterator[str]:
    """The value without its scheme, as in `Bearer …`, if it is one to hide."""
    *_, last = value.split() or [""]
    if last and "{key}" not in value and (_NAME.search(name) or _LOOK.fullmatch(last)):
        yield last


def _of_address(url: str) -> Iterator[str]:
    parts = urlsplit(url)
    if parts.password:
        yield from {parts.password, unquote(parts.password)}
    for name, value in parse_qsl(parts.query):
        yield from _of_value(name, value)
