"""Application commands (Discord docs: Application Commands): validation, registration and permissions.

Re-registering a command keeps its id, and its version too if nothing changed.
"""

import re

from bot.simulator.errors import Form, Json
from bot.simulator.objects import Channel, Command, Guild, User
from bot.simulator.payloads import id_or_none
from bot.simulator.permissions import Permission, guild_permissions
from bot.simulator.world import World

NAME = re.compile(r"[-_'\w]{1,32}")
SUBCOMMAND, SUBCOMMAND_GROUP, STRING, INTEGER, BOOLEAN = 1, 2, 3, 4, 5
USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = 6, 7, 8, 9, 10, 11
CHAT_INPUT, USER_COMMAND, MESSAGE_COMMAND = 1, 2, 3
STORED_FIELDS = (
    "name",
    "description",
    "name_localizations",
    "description_localizations",
    "options",
    "default_member_permissions",
    "contexts",
    "integration_types",
    "nsfw",
)
DEFAULTS: Json = {
    "type": CHAT_INPUT,
    "description": "",
    "name_localizations": None,
    "description_localizations": None,
    "default_member_permissions": None,
    "nsfw": False,
}


def check_command(form: Form, body: Json, path: str = "") -> None:
    prefix = f"{path}." if path else ""
    command_type = body.get("type") or CHAT_INPUT
    form.choice(f"{prefix}type", command_type, (CHAT_INPUT, USER_COMMAND, MESSAGE_COMMAND, 4))
    if command_type == CHAT_INPUT:
        _check_name_and_description(form, body, prefix)
        _check_options(form, body.get("options") or [], f"{prefix}options")
    else:
        form.length(f"{prefix}name", body.get("name"), 32, 1)
    if _size(body) > 8000:
        form.wrong(f"{prefix}name", "APPLICATION_COMMAND_TOO_LARGE", "Command exceeds maximum size (8000)")


def _check_name_and_description(form: Form, body: Json, prefix: str) -> None:
    name = body.get("name")
    form.length(f"{prefix}name", name, 32, 1)
    if isinstance(name, str) and (not NAME.fullmatch(name) or name != name.lower()):
        form.wrong(f"{prefix}name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    form.length(f"{prefix}description", body.get("description"), 100, 1)


def _check_options(form: Form, options: list[Json], path: str) -> None:
    form.length(path, options, 25)
    names = [option.get("name") for option in options]
    if len(names) != len(set(names)):
        form.wrong(path, "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", "Option name already exists")
    optional_seen = False
    for index, option in enumerate(options):
        _check_name_and_description(form, option, f"{path}.{index}.")
        form.choice(f"{path}.{index}.type", option.get("type"), tuple(range(1, 12)))
        if option.get("required") and optional_seen:
            message = "Required options must be placed before non-required options"
            form.wrong(f"{path}.{index}", "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message)
        optional_seen = optional_seen or not option.get("required")
        _check_values(form, option, f"{path}.{index}")


def _check_values(form: Form, option: Json, path: str) -> None:
    choices = option.get("choices") or []
    form.length(f"{path}.choices", choices, 25)
    if choices and option.get("autocomplete"):
        form.wrong(f"{path}.autocomplete", "APPLICATION_COMMAND_OPTION_AUTOCOMPLETE", "Autocomplete excludes choices")
    for index, choice in enumerate(choices):
        form.length(f"{path}.choices.{index}.name", choice.get("name"), 100, 1)
    if option.get("type") in (SUBCOMMAND, SUBCOMMAND_GROUP):
        _check_options(form, option.get("options") or [], f"{path}.options")


def _size(body: Json) -> int:
    own = len(str(body.get("name") or "")) + len(str(body.get("description") or ""))
    choices = sum(len(str(c.get("name"))) + len(str(c.get("value"))) for c in body.get("choices") or [])
    return own + choices + sum(_size(option) for option in body.get("options") or [])


def normalize(body: Json) -> Json:
    """The command as stored: only the fields that Discord keeps, with Discord's defaults."""
    kept = {key: body[key] for key in STORED_FIELDS if key in body and body[key] is not None}
    permissions = kept.get("default_member_permissions")
    normalized = DEFAULTS | {"type": body.get("type") or CHAT_INPUT} | kept
    normalized["default_member_permissions"] = None if permissions is None else str(permissions)
    if normalized["type"] == CHAT_INPUT:
        normalized["options"] = [_option(option) for option in kept.get("options", [])]
    return normalized


def _option(option: Json) -> Json:
    shown = {key: value for key, value in option.items() if value is not None}
    if "options" in shown:
        shown["options"] = [_option(inner) for inner in shown["options"]]
    return shown


def command_payload(world: World, command: Command) -> Json:
    body = dict(command.body)
    if command.guild_id is None:
        body = {"contexts": None, "integration_types": [0]} | body
        body["dm_permission"] = body["contexts"] is None or 1 in body["contexts"]
    else:
        body["guild_id"] = id_or_none(command.guild_id)
    ids = {"id": str(command.id), "application_id": str(world.application.id), "version": str(command.version)}
    return ids | body


def commands_in(world: World, guild_id: int | None) -> list[Command]:
    return [command for command in world.application.commands.values() if command.guild_id == guild_id]


def upsert_command(world: World, guild_id: int | None, body: Json) -> tuple[Command, bool]:
    """Create or replace the command of that type and name; returns it and whether it is new."""
    normalized = normalize(body)
    existing = next(
        (c for c in commands_in(world, guild_id) if c.key == (normalized["type"], normalized["name"])), None
    )
    if existing is None:
        command = Command(world.ids.next(), world.ids.next(), guild_id, normalized)
        world.application.commands[command.id] = command
        return command, True
    update_command(world, existing, normalized)
    return existing, False


def update_command(world: World, command: Command, normalized: Json) -> None:
    if command.body != normalized:
        command.body, command.version = normalized, world.ids.next()


def bulk_overwrite(world: World, guild_id: int | None, bodies: list[Json]) -> list[Command]:
    """Replace all commands of the guild, or all global ones."""
    form = Form()
    for index, body in enumerate(bodies):
        check_command(form, body, str(index))
    form.check()
    kept = [upsert_command(world, guild_id, body)[0] for body in bodies]
    for old in commands_in(world, guild_id):
        if old not in kept:
            del world.application.commands[old.id]
    dispatch_index_update(world)
    return kept


def dispatch_index_update(world: World) -> None:
    """Make clients reload the command index."""
    for guild in world.guilds.values():
        if world.bot.id in guild.members:
            _tell_index(world, guild)


def _tell_index(world: World, guild: Guild) -> None:
    people = tuple(member.user for member in guild.members.values() if not member.user.bot)
    changed = {"guild_id": str(guild.id)}
    world.dispatch_to_users("GUILD_APPLICATION_COMMAND_INDEX_UPDATE", people, lambda viewer: changed)


def can_use(world: World, user: User, command: Command, channel: Channel | None, guild_id: int | None) -> bool:
    """Whether the user can use the command there: scope, contexts and default_member_permissions."""
    if guild_id is None:
        return command.guild_id is None and command_payload(world, command)["dm_permission"]
    contexts = command.body.get("contexts")
    if command.guild_id not in (None, guild_id) or (contexts is not None and 0 not in contexts):
        return False
    guild = world.guilds[guild_id]
    if user.id not in guild.members or world.bot.id not in guild.members:
        return False
    allowed = int(world.permissions(user, channel)) if channel else guild_permissions(guild, guild.members[user.id])
    needed = command.body["default_member_permissions"]
    if needed is None:
        return bool(allowed & Permission.USE_APPLICATION_COMMANDS)
    # "0" means administrators only
    return allowed & int(needed) == int(needed) if int(needed) else bool(allowed & Permission.ADMINISTRATOR)


def usable_commands(world: World, user: User, channel: Channel | None, guild_id: int | None) -> list[Command]:
    commands = world.application.commands.values()
    return [command for command in commands if can_use(world, user, command, channel, guild_id)]
