"""Application command registration (Discord docs: Application Commands), and the command index that clients load."""

from bot.simulator.commands import (
    bulk_overwrite,
    check_command,
    command_payload,
    commands_in,
    dispatch_index_update,
    normalize,
    update_command,
    upsert_command,
    usable_commands,
)
from bot.simulator.errors import ApiError, ErrorCode, Form, Json
from bot.simulator.objects import Channel, Command
from bot.simulator.payloads import partial_application_payload
from bot.simulator.rest.call import NO_CONTENT, Call, Response, Route
from bot.simulator.schemas import COMMAND


def _guild_id(call: Call) -> int | None:
    """The guild of the path, None for global commands. Raises unless the caller is the application's own bot."""
    if call.user is not call.world.bot or call.id("application_id") != call.world.application.id:
        raise ApiError(ErrorCode.MISSING_ACCESS if call.user.bot else ErrorCode.BOTS_ONLY)
    return call.guild().id if "guild_id" in call.path else None


def list_commands(call: Call) -> Response:
    return 200, [command_payload(call.world, command) for command in commands_in(call.world, _guild_id(call))]


def overwrite_commands(call: Call) -> Response:
    commands = bulk_overwrite(call.world, _guild_id(call), call.body or [])
    return 200, [command_payload(call.world, command) for command in commands]


def create_command(call: Call) -> Response:
    guild_id = _guild_id(call)
    form = Form()
    check_command(form, call.fields)
    form.check()
    command, new = upsert_command(call.world, guild_id, call.fields)
    dispatch_index_update(call.world)
    return 201 if new else 200, command_payload(call.world, command)


def _command(call: Call) -> Command:
    guild_id = _guild_id(call)
    command = call.world.application.commands.get(call.id("command_id"))
    if command is None or command.guild_id != guild_id:
        raise ApiError(ErrorCode.UNKNOWN_COMMAND)
    return command


def get_command(call: Call) -> Response:
    return 200, command_payload(call.world, _command(call))


def edit_command(call: Call) -> Response:
    command = _command(call)
    body = command.body | call.fields
    form = Form()
    check_command(form, body)
    form.check()
    update_command(call.world, command, normalize(body))
    dispatch_index_update(call.world)
    return 200, command_payload(call.world, command)


def delete_command(call: Call) -> Response:
    del call.world.application.commands[_command(call).id]
    dispatch_index_update(call.world)
    return NO_CONTENT


def guild_index(call: Call) -> Response:
    return 200, _index(call, None, call.guild().id)


def channel_index(call: Call) -> Response:
    channel = call.channel()
    return 200, _index(call, channel, channel.guild_id)


def user_index(call: Call) -> Response:
    return 200, _index(call, None, None)


def _index(call: Call, channel: Channel | None, guild_id: int | None) -> Json:
    """The commands that the caller can use there."""
    commands = usable_commands(call.world, call.user, channel, guild_id)
    return {
        "applications": [partial_application_payload(call.world.application)] if commands else [],
        "application_commands": [command_payload(call.world, command) for command in commands],
        "version": str(max((command.version for command in commands), default=0)),
    }


PATHS = ("/applications/{application_id}/commands", "/applications/{application_id}/guilds/{guild_id}/commands")
ROUTES = (
    *(Route("GET", path, list_commands) for path in PATHS),
    *(Route("PUT", path, overwrite_commands, body=[COMMAND]) for path in PATHS),
    *(Route("POST", path, create_command, body=COMMAND) for path in PATHS),
    *(Route("GET", path + "/{command_id}", get_command) for path in PATHS),
    *(Route("PATCH", path + "/{command_id}", edit_command, body=COMMAND) for path in PATHS),
    *(Route("DELETE", path + "/{command_id}", delete_command) for path in PATHS),
    Route("GET", "/guilds/{guild_id}/application-command-index", guild_index),
    Route("GET", "/channels/{channel_id}/application-command-index", channel_index),
    Route("GET", "/users/@me/application-command-index", user_index),
)
