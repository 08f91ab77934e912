"""Types of request bodies, checked before a route reads them.

A schema is a type, `ID` for a snowflake, a list with the schema of its items, or a dictionary with the schemas of its
known keys. Keys may be missing and values null: the route itself checks what is required.
"""

from typing import Any

from bot.simulator.errors import Form, Json

ID = "snowflake"
ANY = object
Schema = Any  # type | ID | list[Schema] | dict[str, Schema]; recursive, since components contain components

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
OPTION_VALUE: Json = {"name": str, "focused": bool}
OPTION_VALUE["options"] = [OPTION_VALUE]
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
        "options": [OPTION_VALUE],
        "custom_id": str,
        "values": [str],
        "components": [COMPONENT],
    },
}
CALLBACK: Json = {"type": int, "data": MESSAGE | {"choices": [{"name": str}], "title": str, "custom_id": str}}


def check_schema(form: Form, value: Any, schema: Schema, path: str = "") -> None:
    """Add an error to the form for every value of the wrong type."""
    if value is None:
        return
    if isinstance(schema, list):
        _check_list(form, value, schema[0], path)
    elif isinstance(schema, dict):
        _check_object(form, value, schema, path)
    elif schema == ID:
        if not _is_snowflake(value):
            form.wrong(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')
    elif not isinstance(value, (int, float) if schema is float else schema):
        form.wrong(path or "body", f"{schema.__name__.upper()}_TYPE_CONVERT", f"Not a valid {schema.__name__}.")


def _check_list(form: Form, value: Any, schema: Schema, path: str) -> None:
    if not isinstance(value, list):
        form.wrong(path or "body", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
        return
    for index, item in enumerate(value):
        inner = f"{path}.{index}".lstrip(".")
        if item is None:
            form.required(inner)
        check_schema(form, item, schema, inner)


def _check_object(form: Form, value: Any, schema: dict[str, Schema], path: str) -> None:
    if not isinstance(value, dict):
        form.wrong(path or "body", "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
        return
    for key in value.keys() & schema.keys():
        check_schema(form, value[key], schema[key], f"{path}.{key}".lstrip("."))


def _is_snowflake(value: Any) -> bool:
    return isinstance(value, int) or (isinstance(value, str) and value.isascii() and value.isdigit())
