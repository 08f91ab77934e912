"""Command options, modals, buttons and selects, as a client reads and sends them."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.listener import Json, id_of

File = tuple[str, bytes]
ATTACHMENT = 11
BUTTON, TEXT_INPUT = 2, 4


def given_options(
    declared: list[Json], path: list[str], options: Mapping[str, Any], files: list[File], focused: str | None
) -> list[Json]:
    """The `options` that a client sends, nested in the subcommands of `path`. Appends attachments to `files`."""
    by_name = {option["name"]: option for option in declared}
    if path:
        inner = by_name[path[0]]
        nested = given_options(inner.get("options", []), path[1:], options, files, focused)
        return [{"name": path[0], "type": inner["type"], "options": nested}]
    given = []
    for name, value in options.items():
        kind = by_name[name]["type"]
        option = {"name": name, "type": kind, "value": _value(kind, value, files)}
        given.append(option | {"focused": True} if name == focused else option)
    return given


def _value(kind: int, value: Any, files: list[File]) -> Any:
    if kind == ATTACHMENT:
        files.append(value)
        return len(files) - 1
    return id_of(value) if isinstance(value, Mapping) else value


def every_component(components: list[Json]) -> Iterator[Json]:
    """All components, including nested ones."""
    for component in components:
        yield component
        yield from every_component([*component.get("components", []), *filter(None, [component.get("accessory")])])


def names_of(component: Json) -> tuple[str | None, ...]:
    """The names that identify a button or select: label, emoji, placeholder, custom_id."""
    emoji = (component.get("emoji") or {}).get("name")
    return component.get("label"), emoji, component.get("placeholder"), component.get("custom_id")


def find_component(components: list[Json], name: str) -> Json:
    """The button or select of this name. Raises LookupError with the names there are."""
    usable = [component for component in every_component(components) if any(names_of(component))]
    for component in usable:
        if name in names_of(component):
            return component
    offered = ", ".join(str(next(filter(None, names_of(component)))) for component in usable)
    raise LookupError(f"there is no {name!r}; there is {offered or 'nothing'}")


def buttons(message: Mapping[str, Any]) -> list[str]:
    """The labels or emoji of the buttons that are enabled."""
    pressable = [c for c in every_component(message["components"]) if c["type"] == BUTTON and not c.get("disabled")]
    return [next(filter(None, names_of(button))) or "" for button in pressable]


def choices(message: Mapping[str, Any], select: str) -> list[str]:
    """The option values of a string select."""
    return [option["value"] for option in find_component(message["components"], select)["options"]]


def filled_in(components: list[Json], values: Mapping[str, Any]) -> list[Json]:
    """A modal's components as a client submits them, with these values by custom_id."""
    filled: list[Json] = []
    for component in components:
        shown: Json = {key: component[key] for key in ("type", "id", "custom_id") if key in component}
        if "components" in component:
            shown["components"] = filled_in(component["components"], values)
        if "component" in component:
            [shown["component"]] = filled_in([component["component"]], values)
        if component["type"] == TEXT_INPUT:
            shown["value"] = component.get("value", "")  # a client sends what was filled in before
        if component.get("custom_id") in values:
            entered = values[component["custom_id"]]
            shown["values" if isinstance(entered, list) else "value"] = entered
        filled.append(shown)
    return filled
