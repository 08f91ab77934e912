"""Parses a provider's list of models; the catalogue describes the format of each.

Parsing is tolerant: a fact that is missing, null or of another type counts as unknown, and an item without a usable id
is left out.
"""

import json
import math
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

from bot.providers.catalogue import Model, ModelList, Price
from bot.providers.errors import InvalidResponse
from bot.providers.failures import error_from_body

MAX_ID_LENGTH = 200
MAX_CONTEXT = 10**9
"""Tokens; a larger number is an error."""

MAX_DOLLARS = 10**6
"""Per million tokens; a larger number is an error."""

_VISION_WORDS = {"image", "vision", "vlm", "true"}
"""Values that mean vision, in whichever fact a list states it."""


def parse_items(body: bytes, form: ModelList) -> list[Any]:
    """Return the items of a list, wherever the body has them. Raises ProviderError if there is no list."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidResponse(f"a list of models that is not JSON: {body[:200]!r}") from None
    if isinstance(value, list):
        return value
    for path in (form.items, "data", "models"):
        if isinstance(items := lookup(value, path), list):
            return items
    if isinstance(value, dict) and form.items in value and value[form.items] is None:
        return []  # a server that has no models yet
    raise error_from_body(body) or InvalidResponse(f"no list of models: {body[:200]!r}")


def parse_models(items: Sequence[Any], form: ModelList) -> tuple[Model, ...]:
    """Return the chat models, each once. Raises InvalidResponse if there are items and none of them has an id."""
    parsed = [(model, item) for item in items if (model := _parse_model(item, form))]
    if items and not parsed:
        raise InvalidResponse("a list of models in which none has a usable id")
    models: dict[str, Model] = {}
    for model, item in parsed:
        if _can_chat(model.id, item, form):
            models.setdefault(model.id, model)
    return tuple(models.values())


def parse_detail(body: bytes) -> dict[str, Any]:
    """Return what a provider says about a single model; nothing if it cannot be parsed."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def lookup(item: Any, path: str) -> Any:
    """Return the value at a dotted path, None if there is none. Names may contain dots; `*` matches any characters."""
    if not path or not isinstance(item, dict):
        return None
    if path in item:
        return item[path]
    if "*" in path:
        found = next((name for name in item if fnmatchcase(name, path)), None)
        if found is not None:
            return item[found]
    name, dot, rest = path.partition(".")
    return lookup(item.get(name), rest) if dot else None


def parse_id(item: Any, form: ModelList) -> str | None:
    """Return the id of an item, None if it has none that can be shown and sent."""
    model_id = lookup(item, form.id)
    if not isinstance(model_id, str):
        return None
    model_id = model_id.strip().removeprefix(form.strip)
    usable = 0 < len(model_id) <= MAX_ID_LENGTH and model_id.isprintable() and "`" not in model_id
    return model_id if usable else None


def _parse_model(item: Any, form: ModelList) -> Model | None:
    model_id = parse_id(item, form)
    if model_id is None:
        return None
    return Model(
        id=model_id,
        context=_context(lookup(item, form.context)),
        vision=_vision(lookup(item, form.vision)),
        price=_price(lookup(item, form.prompt_price), lookup(item, form.completion_price), form.price_factor),
    )


def _can_chat(model_id: str, item: Any, form: ModelList) -> bool:
    if form.skip and re.search(form.skip, model_id, re.IGNORECASE):
        return False
    facts = ((_words(lookup(item, path)), set(wanted)) for path, wanted in form.only.items())
    return all(not words or words & wanted for words, wanted in facts)


def _words(value: Any) -> set[str]:
    """Return a value, or the values of a list, as words; nothing if they are of another type."""
    values = value if isinstance(value, list) else [value]
    return {str(each).casefold() for each in values if isinstance(each, str | bool)}


def _vision(value: Any) -> bool | None:
    words = _words(value)
    return bool(words & _VISION_WORDS) if words else None


def _context(value: Any) -> int | None:
    number = _number(value)
    return int(number) if number is not None and 1 <= number <= MAX_CONTEXT else None


def _price(prompt: Any, completion: Any, factor: float) -> Price | None:
    """Return the price, None if it is unknown: lists use negative numbers for models whose price varies."""
    amounts = [_number(prompt), _number(completion)]
    dollars = [round(amount * factor, 6) for amount in amounts if amount is not None]
    valid = len(dollars) == 2 and all(0 <= amount <= MAX_DOLLARS for amount in dollars)
    return Price(prompt=dollars[0], completion=dollars[1]) if valid else None


def _number(value: Any) -> float | None:
    """Return a number, parsed from "131072", "0.0000004" or "$0.0000004" if need be; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value.strip().removeprefix("$") if isinstance(value, str) else value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
