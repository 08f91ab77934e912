"""The types of what requests carry; a wrong type is refused before anything looks closer.

A shape is a type, `ID` for a snowflake, a list with the shape of its items, or a dictionary with the shapes of its
known keys. Keys may be missing and values null: what is required is the handler's business.
"""

from typing import Any

from bot.simulator.errors import Form, Json

ID = "snowflake"
ANY = object
Shape = Any  # type | ID | list[Shape] | dict[str, Shape]; recursive, for components contain components

EMBED: Json = {
    "title": str,
    "description": str,
    "url": str,
    "color": int,
    "timestamp": str,
    "footer": {"text": str, "icon_url": str},
    "author": {"name": str, "url": str, "icon_url": str},
    "image": {"url": str},
    "thumbnail": {"url": str},
    "fields": [{"name": str, "value": str, "inline": bool}],
}
EMOJI: Json = {"id": ID, "name": str, "animated": bool}
COMPONENT: Json = {
    "type": int,
    "id": int,
    "custom_id": str,
    "style": int,
    "label": str,
    "url": str,
    "content": str,
    "value": str,
    "values": [str],
    "min_values": int,
    "max_values": int,
    "max_length": int,
    "placeholder": str,
    "disabled": bool,
    "emoji": EMOJI,
    "options": [{"label": str, "value": str, "description": str, "default": bool, "emoji": EMOJI}],
    "media": {"url": str},
    "file": {"url": str},
    "items": [{"media": {"url": str}}],
}
COMPONENT |= {"components": [COMPONENT], "accessory": COMPONENT, "component": COMPONENT}
MESSAGE: Json = {
    "content": str,
    "embeds": [EMBED],
    "components": [COMPONENT],
    "attachments": [{"id": ID, "filename": str, "description": str}],
    "flags": int,
    "allowed_mentions": {"parse": [str], "users": [ID], "roles": [ID], "replied_user": bool},
    "message_reference": {"type": int, "message_id": ID, "channel_id": ID, "fail_if_not_exists": bool},
}
CHANNEL: Json = {
    "name": str,
    "type": int,
    "topic": str,
    "position": int,
    "parent_id": ID,
    "rate_limit_per_user": int,
    "permission_overwrites": [{"id": ID, "type": int, "allow": ID, "deny": ID}],
    "auto_archive_duration": int,
    "archived": bool,
    "locked": bool,
}
OPTION: Json = {
    "type": int,
    "name": str,
    "description": str,
    "choices": [{"name": str}],
    "required": bool,
    "autocomplete": bool,
    "min_length": int,
    "max_length": int,
    "min_value": float,
    "max_value": float,
}
OPTION["options"] = [OPTION]
COMMAND: Json = OPTION | {"default_member_permissions": ID, "contexts": [int]}
MEMBER: Json = {"nick": str, "roles": [ID], "communication_disabled_until": str}
ROLE: Json = {"name": str, "permissions": ID}
GIVEN: Json = {"name": str, "focused": bool}
GIVEN["options"] = [GIVEN]
INTERACTION: Json = {
    "type": int,
    "message_id": ID,
    "nonce": str,
    "data": {
        "id": ID,
        "version": ID,
        "type": int,
        "name": str,
        "target_id": ID,
        "options": [GIVEN],
        "custom_id": str,
        "values": [str],
        "components": [COMPONENT],
    },
}
CALLBACK: Json = {"type": int, "data": MESSAGE | {"choices": [{"name": str}], "title": str, "custom_id": str}}


def check_shape(form: Form, value: Any, shape: Shape, path: str = "") -> None:
    if value is None:
        return
    if isinstance(shape, list):
        _check_list(form, value, shape[0], path)
    elif isinstance(shape, dict):
        _check_object(form, value, shape, path)
    elif shape == ID:
        if not _is_number(value):
            form.wrong(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')
    elif not isinstance(value, (int, float) if shape is float else shape):
        form.wrong(path or "body", f"{shape.__name__.upper()}_TYPE_CONVERT", f"Not a valid {shape.__name__}.")


def _check_list(form: Form, value: Any, shape: Shape, path: str) -> None:
    if not isinstance(value, list):
        form.wrong(path or "body", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
        return
    for index, item in enumerate(value):
        inner = f"{path}.{index}".lstrip(".")
        if item is None:
            form.required(inner)
        check_shape(form, item, shape, inner)


def _check_object(form: Form, value: Any, shape: dict[str, Shape], path: str) -> None:
    if not isinstance(value, dict):
        form.wrong(path or "body", "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
        return
    for key in value.keys() & shape.keys():
        check_shape(form, value[key], shape[key], f"{path}.{key}".lstrip("."))


def _is_number(value: Any) -> bool:
    return isinstance(value, int) or (isinstance(value, str) and value.isascii() and value.isdigit())
