"""A list of models, read tolerantly: every provider's has another form, which the catalogue describes.

Every fact may be missing, null or of another type; then it is not known. An item without a usable id is left out.
"""

import json
import math
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

from bot.providers.catalogue import Model, ModelList, Price
from bot.providers.errors import BrokenAnswer
from bot.providers.failures import error_from_body

LONGEST_ID = 200
MOST_CONTEXT = 10**9
"""Tokens; a larger number is a mistake."""

MOST_DOLLARS = 10**6
"""For a million tokens; likewise."""

_SIGHT = {"image", "vision", "vlm", "true"}
"""Words for a model that sees, in whatever fact a list says it."""


def read_items(body: bytes, form: ModelList) -> list[Any]:
    """The items of a list, wherever it has them. Raises ProviderError for a body that holds none."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise BrokenAnswer(f"a list of models that is no JSON: {body[:200]!r}") from None
    if isinstance(value, list):
        return value
    for path in (form.items, "data", "models"):
        if isinstance(items := fact(value, path), list):
            return items
    if isinstance(value, dict) and form.items in value and value[form.items] is None:
        return []  # a server that has no models yet
    raise error_from_body(body) or BrokenAnswer(f"no list of models: {body[:200]!r}")


def read_models(items: Sequence[Any], form: ModelList) -> tuple[Model, ...]:
    """The models that chat, each once. Raises BrokenAnswer where there are items, and none of them has an id."""
    read = [(model, item) for item in items if (model := _read_model(item, form))]
    if items and not read:
        raise BrokenAnswer("a list of models in which none has a usable id")
    kept: dict[str, Model] = {}
    for model, item in read:
        if _chats(model.id, item, form):
            kept.setdefault(model.id, model)
    return tuple(kept.values())


def read_detail(body: bytes) -> dict[str, Any]:
    """What a provider tells of a single model; nothing where that cannot be read."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def fact(item: Any, path: str) -> Any:
    """What stands at a dotted path, None where nothing does. Names may have dots themselves; `*` is any characters."""
    if not path or not isinstance(item, dict):
        return None
    if path in item:
        return item[path]
    if "*" in path:
        found = next((name for name in item if fnmatchcase(name, path)), None)
        if found is not None:
            return item[found]
    name, dot, rest = path.partition(".")
    return fact(item.get(name), rest) if dot else None


def read_id(item: Any, form: ModelList) -> str | None:
    """The id of an item, None where it has none that can be shown and sent."""
    name = fact(item, form.id)
    if not isinstance(name, str):
        return None
    name = name.strip().removeprefix(form.strip)
    usable = 0 < len(name) <= LONGEST_ID and name.isprintable() and "`" not in name
    return name if usable else None


def _read_model(item: Any, form: ModelList) -> Model | None:
    name = read_id(item, form)
    if name is None:
        return None
    return Model(
        id=name,
        context=_count(fact(item, form.context)),
        vision=_sees(fact(item, form.vision)),
        price=_price(fact(item, form.prompt_price), fact(item, form.completion_price), form.price_factor),
    )


def _chats(name: str, item: Any, form: ModelList) -> bool:
    if form.skip and re.search(form.skip, name, re.IGNORECASE):
        return False
    said = ((_words(fact(item, path)), set(wanted)) for path, wanted in form.only.items())
    return all(not words or words & wanted for words, wanted in said)


def _words(value: Any) -> set[str]:
    """What a fact says, as words; nothing where it says nothing."""
    values = value if isinstance(value, list) else [value]
    return {str(each).casefold() for each in values if isinstance(each, str | bool)}


def _sees(value: Any) -> bool | None:
    words = _words(value)
    return bool(words & _SIGHT) if words else None


def _count(value: Any) -> int | None:
    number = _number(value)
    return int(number) if number is not None and 1 <= number <= MOST_CONTEXT else None


def _price(prompt: Any, completion: Any, factor: float) -> Price | None:
    """Dollars for a million tokens; negative prices stand for models whose price depends."""
    amounts = [_number(prompt), _number(completion)]
    dollars = [round(amount * factor, 6) for amount in amounts if amount is not None]
    sensible = len(dollars) == 2 and all(0 <= amount <= MOST_DOLLARS for amount in dollars)
    return Price(prompt=dollars[0], completion=dollars[1]) if sensible else None


def _number(value: Any) -> float | None:
    """A number, also out of "131072", "0.0000004" or "$0.0000004"."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value.strip().removeprefix("$") if isinstance(value, str) else value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
