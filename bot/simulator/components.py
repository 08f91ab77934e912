"""Message and modal components (Discord docs: Component Reference): validation of the common rules, and defaults."""

import zlib
from collections.abc import Iterator
from typing import Any

from bot.simulator.emoji import is_emoji
from bot.simulator.errors import Form, Json

ROW, BUTTON, STRING_SELECT, TEXT_INPUT = 1, 2, 3, 4
SELECTS = (3, 5, 6, 7, 8)
TEXT_DISPLAY, THUMBNAIL, FILE, SEPARATOR, CONTAINER, LABEL = 10, 11, 13, 14, 17, 18
LINK_STYLE, PREMIUM_STYLE = 5, 6
MAX_INPUT_LENGTH = 4000
DEFAULTS: dict[int, Json] = {
    THUMBNAIL: {"description": None, "spoiler": False},
    FILE: {"name": None, "size": None, "spoiler": False},
    SEPARATOR: {"spacing": 1, "divider": True},
    CONTAINER: {"accent_color": None, "spoiler": False},
    **{kind: {"min_values": 1, "max_values": 1} for kind in SELECTS},
}


def walk(components: list[Json]) -> Iterator[Json]:
    """Every component, depth first, including nested ones."""
    for component in components:
        yield component
        inner = list(component.get("components") or [])
        inner += [component[key] for key in ("accessory", "component") if isinstance(component.get(key), dict)]
        yield from walk(inner)


def find(components: list[Json], custom_id: str) -> Json | None:
    return next((item for item in walk(components) if item.get("custom_id") == custom_id), None)


def check_components(form: Form, components: list[Json], path: str, *, layout: bool = False) -> None:
    """Validate a message's components: action rows only, unless `layout` (the IS_COMPONENTS_V2 flag) is set."""
    form.length(path, components, 40 if layout else 5)
    for index, component in enumerate(components):
        _check(form, component, f"{path}.{index}", top=not layout)
    _check_ids(form, components, path)
    if layout:
        _check_layout(form, components, path)


def check_modal(form: Form, body: Json) -> None:
    form.length("data.title", body.get("title"), 45, 1)
    form.length("data.custom_id", body.get("custom_id"), 100, 1)
    components = body.get("components") or []
    form.length("data.components", components, 5, 1)
    for index, top in enumerate(components):
        path = f"data.components.{index}"
        form.choice(f"{path}.type", top.get("type"), (ROW, TEXT_DISPLAY, LABEL))
        if top.get("type") == LABEL:
            _check_label(form, top, path)
        for item in top.get("components") or []:
            _check_text_input(form, item, f"{path}.components.0", labelled=False)
    _check_ids(form, components, "data.components")


def _check_label(form: Form, label: Json, path: str) -> None:
    form.length(f"{path}.label", label.get("label"), 45, 1)
    if label.get("description") is not None:
        form.length(f"{path}.description", label["description"], 100)
    inside = label.get("component") or {}
    if inside.get("type") == TEXT_INPUT:
        _check_text_input(form, inside, f"{path}.component", labelled=True)
    elif inside.get("type") in SELECTS:
        _check_select(form, inside, f"{path}.component")
    elif not inside:
        form.required(f"{path}.component")


def _check_text_input(form: Form, text_input: Json, path: str, *, labelled: bool) -> None:
    """`labelled`: a Label around it says what it is for, so that it may have no label itself."""
    form.choice(f"{path}.type", text_input.get("type"), (TEXT_INPUT,))
    form.length(f"{path}.custom_id", text_input.get("custom_id"), 100, 1)
    form.choice(f"{path}.style", text_input.get("style"), (1, 2))
    if not labelled:
        form.length(f"{path}.label", text_input.get("label"), 45, 1)
    elif text_input.get("label") is not None:
        words = "A label is not allowed on a text input inside of a label component"
        form.wrong(f"{path}.label", "TEXT_INPUT_LABEL_NOT_ALLOWED", words)
    if text_input.get("placeholder") is not None:
        form.length(f"{path}.placeholder", text_input["placeholder"], 100)
    if text_input.get("value") is not None:
        form.length(f"{path}.value", text_input["value"], MAX_INPUT_LENGTH)
    for limit, lowest in (("min_length", 0), ("max_length", 1)):
        if text_input.get(limit) is not None and not lowest <= text_input[limit] <= MAX_INPUT_LENGTH:
            form.wrong(f"{path}.{limit}", "NUMBER_TYPE_MAX", f"Value must be from {lowest} to {MAX_INPUT_LENGTH}.")


def _check(form: Form, component: Json, path: str, *, top: bool) -> None:
    kind = component.get("type")
    if top and kind != ROW:
        form.choice(f"{path}.type", kind, (ROW,))
        return
    checks = {ROW: _check_row, BUTTON: _check_button} | dict.fromkeys(SELECTS, _check_select)
    checks.get(kind or 0, _check_inside)(form, component, path)


def _check_inside(form: Form, component: Json, path: str) -> None:
    for index, inner in enumerate(component.get("components") or []):
        _check(form, inner, f"{path}.components.{index}", top=False)


def _check_row(form: Form, row: Json, path: str) -> None:
    inside = row.get("components") or []
    form.length(f"{path}.components", inside, 5, 1)
    if len(inside) > 1 and any(item.get("type") in SELECTS for item in inside):
        form.wrong(f"{path}.components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the width")
    for index, item in enumerate(inside):
        _check(form, item, f"{path}.components.{index}", top=False)


def _check_button(form: Form, button: Json, path: str) -> None:
    form.choice(f"{path}.style", button.get("style"), (1, 2, 3, 4, 5, 6))
    if "label" in button and button["label"] is not None:
        form.length(f"{path}.label", button["label"], 80)
    elif not button.get("emoji") and button.get("style") != PREMIUM_STYLE:
        form.required(f"{path}.label")
    _check_emoji(form, button, path)
    if button.get("style") == LINK_STYLE:
        form.length(f"{path}.url", button.get("url"), 512, 1)
    elif button.get("style") in (1, 2, 3, 4):
        form.length(f"{path}.custom_id", button.get("custom_id"), 100, 1)


def _check_emoji(form: Form, holder: Json, path: str) -> None:
    emoji = holder.get("emoji") or {}
    if emoji and not emoji.get("id") and not is_emoji(emoji.get("name") or ""):
        form.wrong(f"{path}.emoji.name", "COMPONENT_INVALID_EMOJI", "Invalid emoji")


def _check_select(form: Form, select: Json, path: str) -> None:
    form.length(f"{path}.custom_id", select.get("custom_id"), 100, 1)
    if select.get("placeholder"):
        form.length(f"{path}.placeholder", select["placeholder"], 150)
    if select.get("type") != STRING_SELECT:
        return
    options = select.get("options") or []
    form.length(f"{path}.options", options, 25, 1)
    values = [option.get("value") for option in options]
    if len(values) != len(set(values)):
        form.wrong(f"{path}.options", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The specified option value is used")
    for index, option in enumerate(options):
        form.length(f"{path}.options.{index}.label", option.get("label"), 100, 1)
        form.length(f"{path}.options.{index}.value", option.get("value"), 100, 1)
        if option.get("description") is not None:
            form.length(f"{path}.options.{index}.description", option["description"], 100)
        _check_emoji(form, option, f"{path}.options.{index}")


def _check_ids(form: Form, components: list[Json], path: str) -> None:
    ids = [item["custom_id"] for item in walk(components) if item.get("custom_id")]
    if len(ids) != len(set(ids)):
        form.wrong(path, "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")


def _check_layout(form: Form, components: list[Json], path: str) -> None:
    everything = list(walk(components))
    if len(everything) > 40:
        form.wrong(path, "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", "The total number of components cannot exceed 40")
    words = sum(len(item.get("content") or "") for item in everything if item.get("type") == TEXT_DISPLAY)
    if words > 4000:
        form.wrong(path, "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", "The total displayable text cannot exceed 4000")


def with_defaults(components: list[Json]) -> list[Json]:
    """A copy with the ids and default values that Discord adds."""
    copies = [_copy(component) for component in components]
    for number, component in enumerate(walk(copies), 1):
        component["id"] = component.get("id") or number
    return copies


def _copy(component: Json) -> Json:
    given = {key: value for key, value in component.items() if value is not None}
    copy = DEFAULTS.get(given.get("type", 0), {}) | given
    if "components" in copy:
        copy["components"] = [_copy(inner) for inner in copy["components"]]
    for key in ("accessory", "component"):
        if key in copy:
            copy[key] = _copy(copy[key])
    for key in ("media", "file"):
        if key in copy:
            copy[key] = _media(copy[key])
    if "items" in copy:
        unsaid = {"description": None, "spoiler": False}
        copy["items"] = [unsaid | item | {"media": _media(item.get("media") or {})} for item in copy["items"]]
    return copy


def _media(media: Json) -> Json:
    url = str(media.get("url"))
    return {"id": str(zlib.crc32(url.encode())), "proxy_url": url} | media


def resolve_attachment_urls(value: Any, addresses: dict[str, str]) -> Any:
    """Replace attachment:// URLs, at any depth; `addresses` maps filenames to URLs."""
    if isinstance(value, dict):
        return {key: resolve_attachment_urls(inner, addresses) for key, inner in value.items()}
    if isinstance(value, list):
        return [resolve_attachment_urls(inner, addresses) for inner in value]
    if isinstance(value, str) and value.startswith("attachment://"):
        return addresses.get(value.removeprefix("attachment://"), value)
    return value
