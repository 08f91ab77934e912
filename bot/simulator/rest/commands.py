"""Registering application commands, and the index that clients show."""

from bot.simulator.commands import (
    change_command,
    check_command,
    command_payload,
    normal_form,
    put_all,
    put_command,
    registered,
    tell_index,
    usable,
)
from bot.simulator.errors import ApiError, Form, Json, Refusal
from bot.simulator.objects import Channel, Command
from bot.simulator.payloads import partial_application_payload
from bot.simulator.rest.call import NO_CONTENT, Answer, Call, Route
from bot.simulator.shapes import COMMAND


def _guild_id(call: Call) -> int | None:
    """The place the commands are for, after checking that this is the application's own doing."""
    if call.user is not call.world.bot or call.id("application_id") != call.world.application.id:
        raise ApiError(Refusal.MISSING_ACCESS if call.user.bot else Refusal.BOTS_ONLY)
    return call.guild().id if "guild_id" in call.path else None


def list_commands(call: Call) -> Answer:
    return 200, [command_payload(call.world, command) for command in registered(call.world, _guild_id(call))]


def overwrite_commands(call: Call) -> Answer:
    commands = put_all(call.world, _guild_id(call), call.body or [])
    return 200, [command_payload(call.world, command) for command in commands]


def create_command(call: Call) -> Answer:
    guild_id = _guild_id(call)
    form = Form()
    check_command(form, call.fields)
    form.check()
    command, new = put_command(call.world, guild_id, call.fields)
    tell_index(call.world)
    return 201 if new else 200, command_payload(call.world, command)


def _command(call: Call) -> Command:
    guild_id = _guild_id(call)
    command = call.world.application.commands.get(call.id("command_id"))
    if command is None or command.guild_id != guild_id:
        raise ApiError(Refusal.UNKNOWN_COMMAND)
    return command


def get_command(call: Call) -> Answer:
    return 200, command_payload(call.world, _command(call))


def edit_command(call: Call) -> Answer:
    command = _command(call)
    body = command.body | call.fields
    form = Form()
    check_command(form, body)
    form.check()
    change_command(call.world, command, normal_form(body))
    tell_index(call.world)
    return 200, command_payload(call.world, command)


def delete_command(call: Call) -> Answer:
    del call.world.application.commands[_command(call).id]
    tell_index(call.world)
    return NO_CONTENT


def index_of_guild(call: Call) -> Answer:
    return 200, _index(call, None, call.guild().id)


def index_of_channel(call: Call) -> Answer:
    channel = call.channel()
    return 200, _index(call, channel, channel.guild_id)


def index_of_user(call: Call) -> Answer:
    return 200, _index(call, None, None)


def _index(call: Call, channel: Channel | None, guild_id: int | None) -> Json:
    """The commands this person may use there."""
    commands = usable(call.world, call.user, channel, guild_id)
    return {
        "applications": [partial_application_payload(call.world.application)] if commands else [],
        "application_commands": [command_payload(call.world, command) for command in commands],
        "version": str(max((command.version for command in commands), default=0)),
    }


PLACES = ("/applications/{application_id}/commands", "/applications/{application_id}/guilds/{guild_id}/commands")
ROUTES = (
    *(Route("GET", place, list_commands) for place in PLACES),
    *(Route("PUT", place, overwrite_commands, body=[COMMAND]) for place in PLACES),
    *(Route("POST", place, create_command, body=COMMAND) for place in PLACES),
    *(Route("GET", place + "/{command_id}", get_command) for place in PLACES),
    *(Route("PATCH", place + "/{command_id}", edit_command, body=COMMAND) for place in PLACES),
    *(Route("DELETE", place + "/{command_id}", delete_command) for place in PLACES),
    Route("GET", "/guilds/{guild_id}/application-command-index", index_of_guild),
    Route("GET", "/channels/{channel_id}/application-command-index", index_of_channel),
    Route("GET", "/users/@me/application-command-index", index_of_user),
)
