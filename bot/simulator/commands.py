"""Application commands: checked and registered as Discord does, ids and versions kept for what did not change."""

import re

from bot.simulator.errors import Form, Json
from bot.simulator.objects import Channel, Command, Guild, User
from bot.simulator.payloads import text
from bot.simulator.permissions import Permission, in_guild
from bot.simulator.world import World

NAME = re.compile(r"[-_'\w]{1,32}")
SUBCOMMAND, GROUP, STRING, INTEGER, BOOLEAN = 1, 2, 3, 4, 5
USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = 6, 7, 8, 9, 10, 11
SLASH, USER_MENU, MESSAGE_MENU = 1, 2, 3
KEPT = (
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
    "type": SLASH,
    "description": "",
    "name_localizations": None,
    "description_localizations": None,
    "default_member_permissions": None,
    "nsfw": False,
}


def check_command(form: Form, body: Json, path: str = "") -> None:
    start = f"{path}." if path else ""
    kind = body.get("type") or SLASH
    form.choice(f"{start}type", kind, (SLASH, USER_MENU, MESSAGE_MENU, 4))
    if kind == SLASH:
        _check_words(form, body, start)
        _check_options(form, body.get("options") or [], f"{start}options")
    else:
        form.length(f"{start}name", body.get("name"), 32, 1)
    if _weight(body) > 8000:
        form.wrong(f"{start}name", "APPLICATION_COMMAND_TOO_LARGE", "Command exceeds maximum size (8000)")


def _check_words(form: Form, body: Json, start: str) -> None:
    name = body.get("name")
    form.length(f"{start}name", name, 32, 1)
    if isinstance(name, str) and (not NAME.fullmatch(name) or name != name.lower()):
        form.wrong(f"{start}name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    form.length(f"{start}description", body.get("description"), 100, 1)


def _check_options(form: Form, options: list[Json], path: str) -> None:
    form.length(path, options, 25)
    names = [option.get("name") for option in options]
    if len(names) != len(set(names)):
        form.wrong(path, "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", "Option name already exists")
    optional_seen = False
    for index, option in enumerate(options):
        _check_words(form, option, f"{path}.{index}.")
        form.choice(f"{path}.{index}.type", option.get("type"), tuple(range(1, 12)))
        if option.get("required") and optional_seen:
            words = "Required options must be placed before non-required options"
            form.wrong(f"{path}.{index}", "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", words)
        optional_seen = optional_seen or not option.get("required")
        _check_values(form, option, f"{path}.{index}")


def _check_values(form: Form, option: Json, path: str) -> None:
    choices = option.get("choices") or []
    form.length(f"{path}.choices", choices, 25)
    if choices and option.get("autocomplete"):
        form.wrong(f"{path}.autocomplete", "APPLICATION_COMMAND_OPTION_AUTOCOMPLETE", "Autocomplete excludes choices")
    for index, choice in enumerate(choices):
        form.length(f"{path}.choices.{index}.name", choice.get("name"), 100, 1)
    if option.get("type") in (SUBCOMMAND, GROUP):
        _check_options(form, option.get("options") or [], f"{path}.options")


def _weight(body: Json) -> int:
    own = len(str(body.get("name") or "")) + len(str(body.get("description") or ""))
    choices = sum(len(str(c.get("name"))) + len(str(c.get("value"))) for c in body.get("choices") or [])
    return own + choices + sum(_weight(option) for option in body.get("options") or [])


def normal_form(body: Json) -> Json:
    kept = {key: body[key] for key in KEPT if key in body and body[key] is not None}
    permissions = kept.get("default_member_permissions")
    whole = DEFAULTS | {"type": body.get("type") or SLASH} | kept
    whole["default_member_permissions"] = None if permissions is None else str(permissions)
    if whole["type"] == SLASH:
        whole["options"] = [_option(option) for option in kept.get("options", [])]
    return whole


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
        body["guild_id"] = text(command.guild_id)
    ids = {"id": str(command.id), "application_id": str(world.application.id), "version": str(command.version)}
    return ids | body


def registered(world: World, guild_id: int | None) -> list[Command]:
    return [command for command in world.application.commands.values() if command.guild_id == guild_id]


def put_command(world: World, guild_id: int | None, body: Json) -> tuple[Command, bool]:
    """Creates or replaces the command of that type and name; tells whether it is new."""
    whole = normal_form(body)
    known = next((c for c in registered(world, guild_id) if c.key == (whole["type"], whole["name"])), None)
    if known is None:
        command = Command(world.ids.next(), world.ids.next(), guild_id, whole)
        world.application.commands[command.id] = command
        return command, True
    change_command(world, known, whole)
    return known, False


def change_command(world: World, command: Command, whole: Json) -> None:
    if command.body != whole:
        command.body, command.version = whole, world.ids.next()


def put_all(world: World, guild_id: int | None, bodies: list[Json]) -> list[Command]:
    """Bulk overwrite: what is not in the list is deleted."""
    form = Form()
    for index, body in enumerate(bodies):
        check_command(form, body, str(index))
    form.check()
    kept = [put_command(world, guild_id, body)[0] for body in bodies]
    for old in registered(world, guild_id):
        if old not in kept:
            del world.application.commands[old.id]
    tell_index(world)
    return kept


def tell_index(world: World) -> None:
    """Clients that show commands ask for the index again."""
    for guild in world.guilds.values():
        if world.bot.id in guild.members:
            _tell_index(world, guild)


def _tell_index(world: World, guild: Guild) -> None:
    people = tuple(member.user for member in guild.members.values() if not member.user.bot)
    changed = {"guild_id": str(guild.id)}
    world.tell_users("GUILD_APPLICATION_COMMAND_INDEX_UPDATE", people, lambda viewer: changed)


def may_use(world: World, user: User, command: Command, channel: Channel | None, guild_id: int | None) -> bool:
    """Discord's own rules: where the command exists, Use Application Commands, default_member_permissions."""
    if guild_id is None:
        return command.guild_id is None and command_payload(world, command)["dm_permission"]
    contexts = command.body.get("contexts")
    if command.guild_id not in (None, guild_id) or (contexts is not None and 0 not in contexts):
        return False
    guild = world.guilds[guild_id]
    if user.id not in guild.members or world.bot.id not in guild.members:
        return False
    allowed = int(world.may(user, channel)) if channel else in_guild(guild, guild.members[user.id])
    needed = command.body["default_member_permissions"]
    if needed is None:
        return bool(allowed & Permission.USE_APPLICATION_COMMANDS)
    # "0" is for administrators alone
    return allowed & int(needed) == int(needed) if int(needed) else bool(allowed & Permission.ADMINISTRATOR)


def usable(world: World, user: User, channel: Channel | None, guild_id: int | None) -> list[Command]:
    commands = world.application.commands.values()
    return [command for command in commands if may_use(world, user, command, channel, guild_id)]
