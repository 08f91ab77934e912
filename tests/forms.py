"""The parts of Discord's forms: a command's options, a modal's fields, buttons and selects."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.listener import Json, id_of

File = tuple[str, bytes]
ATTACHMENT = 11
BUTTON = 2


def given_options(
    declared: list[Json], path: list[str], options: Mapping[str, Any], files: list[File], focused: str | None
) -> list[Json]:
    """The options as a client sends them, nested in their subcommands."""
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
    """All components, nested ones too."""
    for component in components:
        yield component
        yield from every_component([*component.get("components", []), *filter(None, [component.get("accessory")])])


def names_of(component: Json) -> tuple[str | None, ...]:
    """What a button or select can be called by: its label, emoji, placeholder or custom_id."""
    emoji = (component.get("emoji") or {}).get("name")
    return component.get("label"), emoji, component.get("placeholder"), component.get("custom_id")


def find_component(components: list[Json], name: str) -> Json:
    usable = [component for component in every_component(components) if any(names_of(component))]
    for component in usable:
        if name in names_of(component):
            return component
    offered = ", ".join(str(next(filter(None, names_of(component)))) for component in usable)
    raise LookupError(f"there is no {name!r}; there is {offered or 'nothing'}")


def buttons(message: Mapping[str, Any]) -> list[str]:
    """The enabled buttons, each by its label or emoji."""
    pressable = [c for c in every_component(message["components"]) if c["type"] == BUTTON and not c.get("disabled")]
    return [next(filter(None, names_of(button))) or "" for button in pressable]


def choices(message: Mapping[str, Any], select: str) -> list[str]:
    """The values a string select offers."""
    return [option["value"] for option in find_component(message["components"], select)["options"]]


def filled_in(components: list[Json], values: Mapping[str, Any]) -> list[Json]:
    """A modal's components with the values entered."""
    filled: list[Json] = []
    for component in components:
        shown: Json = {key: component[key] for key in ("type", "id", "custom_id") if key in component}
        if "components" in component:
            shown["components"] = filled_in(component["components"], values)
        if "component" in component:
            [shown["component"]] = filled_in([component["component"]], values)
        if component.get("custom_id") in values:
            entered = values[component["custom_id"]]
            shown["values" if isinstance(entered, list) else "value"] = entered
        filled.append(shown)
    return filled
