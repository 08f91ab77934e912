"""What a client fills in: the options of a command, the fields of a modal."""

from collections.abc import Mapping
from typing import Any

from tests.listener import Json, id_of

File = tuple[str, bytes]
ATTACHMENT = 11


def given_options(
    declared: list[Json], path: list[str], options: Mapping[str, Any], files: list[File], focused: str | None
) -> list[Json]:
    """The options as a client sends them, subcommands around them."""
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


def find_component(components: list[Json], name: str) -> Json:
    for component in components:
        if name in (component.get("custom_id"), component.get("label")):
            return component
        inner = [*component.get("components", []), *(component[k] for k in ("accessory",) if k in component)]
        if inner and (found := find_component(inner, name)):
            return found
    return {}


def filled_in(components: list[Json], values: Mapping[str, Any]) -> list[Json]:
    """A modal's components with what was entered."""
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
