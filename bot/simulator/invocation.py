"""Parsing of a command invocation: what a person's client sends, validated, becomes the interaction data."""

from typing import Any

from bot.simulator.commands import (
    ATTACHMENT,
    BOOLEAN,
    CHAT_INPUT,
    INTEGER,
    NUMBER,
    STRING,
    SUBCOMMAND,
    SUBCOMMAND_GROUP,
    USER_COMMAND,
    can_use,
)
from bot.simulator.drafts import Upload
from bot.simulator.errors import ApiError, ErrorCode, Form, Json, field_error, parse_snowflake
from bot.simulator.message_payload import attachment_payload
from bot.simulator.messages import render, store_upload
from bot.simulator.objects import Channel, Command, User
from bot.simulator.payloads import Viewer, channel_payload, id_or_none, member_payload, role_payload, user_payload
from bot.simulator.permissions import channel_permissions
from bot.simulator.world import World


class Invocation:
    """Parses the `data` of a command or autocomplete interaction into the `data` that the application receives."""

    def __init__(self, world: World, user: User, channel: Channel, uploads: dict[int, Upload], viewer: Viewer) -> None:
        self.world, self.user, self.channel = world, user, channel
        self.uploads, self.viewer = uploads, viewer
        self.form = Form()
        self.resolved: Json = {}

    def find(self, body: Json) -> Command:
        wanted, guild_id = body.get("id"), self.channel.guild_id
        known = self.world.application.commands.values()
        if wanted is None:
            key = (body.get("type") or CHAT_INPUT, body.get("name"))
            candidates = [command for command in known if command.key == key and command.guild_id in (None, guild_id)]
        else:
            candidates = [command for command in known if str(command.id) == str(wanted)]
        if not candidates:
            raise ApiError(ErrorCode.UNKNOWN_COMMAND)
        # a guild command takes precedence over a global one of the same name
        command = max(candidates, key=lambda candidate: candidate.guild_id is not None)
        if not can_use(self.world, self.user, command, self.channel, guild_id):
            raise ApiError(ErrorCode.MISSING_PERMISSIONS)
        if body.get("version") is not None and str(body["version"]) != str(command.version):
            message = "This command is outdated, please try again in a few minutes"
            raise field_error("data", "INTERACTION_APPLICATION_COMMAND_INVALID_VERSION", message)
        return command

    def read(self, body: Json, *, autocomplete: bool = False) -> Json:
        command = self.find(body)
        data: Json = {"id": str(command.id), "name": command.body["name"], "type": command.body["type"]}
        if command.guild_id:
            data["guild_id"] = id_or_none(command.guild_id)
        if command.body["type"] == CHAT_INPUT:
            declared = command.body.get("options", [])
            data["options"] = self._options(declared, body.get("options") or [], "data.options", autocomplete)
        else:
            data["target_id"] = str(body.get("target_id"))
            self._target(command.body["type"], parse_snowflake(body.get("target_id"), "data.target_id"))
        self.form.check()
        return data | {"resolved": self.resolved} if self.resolved else data

    def _options(self, declared: list[Json], given: list[Json], path: str, autocomplete: bool) -> list[Json]:
        by_name = {option["name"]: option for option in declared}
        shown = []
        for index, option in enumerate(given):
            if option.get("name") not in by_name:
                self.form.choice(f"{path}.{index}.name", option.get("name"), tuple(by_name))
                continue
            shown.append(self._option(by_name[option["name"]], option, f"{path}.{index}", autocomplete))
        if not autocomplete:
            self._check_missing(declared, shown, path)
        return shown

    def _check_missing(self, declared: list[Json], shown: list[Json], path: str) -> None:
        names = {option["name"] for option in shown}
        for option in declared:
            if option.get("required") and option["name"] not in names:
                self.form.required(f"{path}.{option['name']}")
        nested = [option["name"] for option in declared if option["type"] in (SUBCOMMAND, SUBCOMMAND_GROUP)]
        if nested and not names:
            self.form.required(path)

    def _option(self, declared: Json, given: Json, path: str, autocomplete: bool) -> Json:
        kind, name = declared["type"], declared["name"]
        if kind in (SUBCOMMAND, SUBCOMMAND_GROUP):
            inner = self._options(
                declared.get("options", []), given.get("options") or [], f"{path}.options", autocomplete
            )
            return {"name": name, "type": kind, "options": inner}
        shown: Json = {"name": name, "type": kind, "value": given.get("value")}
        if autocomplete and given.get("focused"):
            return shown | {"focused": True}
        if autocomplete:
            return shown
        return shown | {"value": self._value(declared, given.get("value"), f"{path}.value")}

    def _value(self, declared: Json, value: Any, path: str) -> Any:
        kind = declared["type"]
        if kind == STRING:
            self.form.length(path, value, declared.get("max_length", 6000), declared.get("min_length", 0))
        elif kind in (INTEGER, NUMBER):
            self._check_number(declared, value, path)
        elif kind == BOOLEAN:
            self.form.choice(path, value, (True, False))
        elif kind == ATTACHMENT:
            return self._attachment(value, path)
        else:
            self.resolve(parse_snowflake(value, path), path)
            self._check_channel_type(declared, str(value), path)
            return str(value)
        choices = declared.get("choices")
        if choices:
            self.form.choice(path, value, tuple(choice["value"] for choice in choices))
        return value

    def _check_channel_type(self, declared: Json, value: str, path: str) -> None:
        offered = declared.get("channel_types")
        chosen = self.resolved.get("channels", {}).get(value)
        if offered and chosen:
            self.form.choice(path, chosen["type"], tuple(offered))

    def _check_number(self, declared: Json, value: Any, path: str) -> None:
        is_integer = declared["type"] == INTEGER
        if isinstance(value, bool) or not isinstance(value, int if is_integer else int | float):
            self.form.wrong(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not {"int" if is_integer else "float"}.')
            return
        if "min_value" in declared and value < declared["min_value"]:
            self.form.wrong(path, "NUMBER_TYPE_MIN", f"Value must be {declared['min_value']} or more.")
        if "max_value" in declared and value > declared["max_value"]:
            self.form.wrong(path, "NUMBER_TYPE_MAX", f"Value must be {declared['max_value']} or less.")

    def _attachment(self, value: Any, path: str) -> str:
        """Store the upload with this index; returns the attachment's id."""
        upload = self.uploads.get(parse_snowflake(value, path))
        if upload is None:
            raise field_error(path, "BASE_TYPE_REQUIRED", "Attachment data for attachment was not found")
        attachment = store_upload(self.world, self.channel.id, upload, {})
        attachment.ephemeral = True
        self._add("attachments", attachment.id, attachment_payload(attachment, self.viewer.origin))
        return str(attachment.id)

    def resolve(self, snowflake: int, path: str) -> None:
        """Add the user, role or channel with this id to `resolved`."""
        guild = self.world.guild_of(self.channel)
        if snowflake in self.world.users:
            self._resolve_user(self.world.users[snowflake])
        elif guild and snowflake in guild.roles:
            self._add("roles", snowflake, role_payload(guild.roles[snowflake]))
        elif guild and snowflake in guild.channels:
            channel = guild.channels[snowflake]
            permissions = str(channel_permissions(channel, guild, self.user))
            self._add("channels", snowflake, channel_payload(channel, self.viewer) | {"permissions": permissions})
        else:
            self.form.wrong(path, "BASE_TYPE_REQUIRED", "Unknown target")

    def _resolve_user(self, user: User) -> None:
        self._add("users", user.id, user_payload(user))
        guild = self.world.guild_of(self.channel)
        if guild and user.id in guild.members:
            permissions = str(channel_permissions(self.channel, guild, user))
            self._add(
                "members",
                user.id,
                member_payload(guild.members[user.id], with_user=False) | {"permissions": permissions},
            )

    def _target(self, kind: int, target: int) -> None:
        if kind == USER_COMMAND:
            self.resolve(target, "data.target_id")
        else:
            # the target of a message command has its content regardless of intents
            viewer = Viewer(self.world.bot, self.viewer.origin)
            self._add(
                "messages", target, render(self.world, self.world.message(self.channel, target, self.user), viewer)
            )

    def _add(self, kind: str, key: int, payload: Json) -> None:
        self.resolved.setdefault(kind, {})[str(key)] = payload
