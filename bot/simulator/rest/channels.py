"""Channels, threads and DMs (Discord docs: Channel Resource)."""

from bot.simulator.errors import ApiError, ErrorCode, Form, Json, field_error, parse_snowflake
from bot.simulator.messages import add_message, dispatch_message, join_thread, leave_thread
from bot.simulator.objects import (
    ANNOUNCEMENT,
    ANNOUNCEMENT_THREAD,
    DM,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    TEXT,
    THREAD_CREATED,
    THREAD_STARTER_MESSAGE,
    Channel,
    Message,
    MessageFlag,
    MessageReference,
    PermissionOverwrite,
)
from bot.simulator.payloads import channel_payload, thread_member_payload
from bot.simulator.permissions import Permission
from bot.simulator.rest.call import NO_CONTENT, Call, Response, Route
from bot.simulator.schemas import CHANNEL, ID
from bot.simulator.snowflake import now

P = Permission
ARCHIVE_AFTER = (60, 1440, 4320, 10080)


def get_channel(call: Call) -> Response:
    return 200, channel_payload(call.channel(), call.viewer)


def list_channels(call: Call) -> Response:
    guild = call.guild()
    shown = [
        c for c in guild.channels.values() if not c.thread and (call.user.bot or call.world.can_view(call.user, c))
    ]
    return 200, [channel_payload(channel, call.viewer) for channel in shown]


def create_channel(call: Call) -> Response:
    guild = call.guild()
    call.require_in_guild(guild, P.MANAGE_CHANNELS)
    form = Form()
    form.length("name", call.fields.get("name"), 100, 1)
    form.choice("type", call.fields.get("type") or TEXT, (0, 2, 4, 5, 13, 15, 16))
    form.check()
    parent_id = call.fields.get("parent_id")
    parent = guild.channels.get(parse_snowflake(parent_id, "parent_id")) if parent_id else None
    name = _channel_name(str(call.fields["name"]), call.fields.get("type") or TEXT)
    channel = call.world.add_channel(name, call.fields.get("type") or TEXT, guild=guild, parent=parent)
    _apply_changes(channel, {key: value for key, value in call.fields.items() if key != "name"})
    call.world.channel_changed("CHANNEL_UPDATE", channel)
    return 201, channel_payload(channel, call.viewer)


def _channel_name(name: str, kind: int) -> str:
    """The name as stored: text channels get lower case and dashes for spaces."""
    return "-".join(name.lower().split()) if kind in (TEXT, ANNOUNCEMENT) else name


def modify_channel(call: Call) -> Response:
    channel = call.channel()
    if channel.type == DM:
        raise ApiError(ErrorCode.WRONG_CHANNEL_FOR_DM)
    if "name" in call.fields:
        form = Form()
        form.length("name", call.fields["name"], 100, 1)
        form.check()
    if channel.thread:
        _modify_thread(call, channel)
    else:
        call.require(channel, P.MANAGE_CHANNELS)
        _apply_changes(channel, call.fields)
    call.world.channel_changed("THREAD_UPDATE" if channel.thread else "CHANNEL_UPDATE", channel)
    return 200, channel_payload(channel, call.viewer)


def _apply_changes(channel: Channel, changes: Json) -> None:
    if changes.get("name"):
        channel.name = _channel_name(str(changes["name"]), channel.type)
    if "topic" in changes:
        channel.topic = changes["topic"] or None
    if "rate_limit_per_user" in changes:
        channel.slowmode = int(changes["rate_limit_per_user"] or 0)
    if changes.get("position") is not None:
        channel.position = int(changes["position"])
    if "parent_id" in changes and channel.thread is None:
        channel.parent_id = int(changes["parent_id"]) if changes["parent_id"] else None
    if "permission_overwrites" in changes:
        entries = [
            _overwrite(parse_snowflake(entry.get("id"), "id"), entry)
            for entry in changes["permission_overwrites"] or []
        ]
        channel.overwrites = {entry.id: entry for entry in entries}


def _overwrite(target: int, entry: Json) -> PermissionOverwrite:
    return PermissionOverwrite(
        target, int(entry.get("type") or 0), int(entry.get("allow") or 0), int(entry.get("deny") or 0)
    )


def _modify_thread(call: Call, channel: Channel) -> None:
    """Its owner may archive it, locking needs Manage Threads, and anyone may unarchive it unless it is locked."""
    thread, changes = channel.thread, call.fields
    assert thread is not None
    manages = call.has_permissions(channel, P.MANAGE_THREADS)
    is_owner = thread.owner_id == call.user.id and not thread.locked
    unarchives = set(changes) == {"archived"} and changes["archived"] is False and not thread.locked
    if not manages and not (is_owner and "locked" not in changes) and not unarchives:
        raise ApiError(ErrorCode.MISSING_PERMISSIONS)
    if thread.archived and changes.get("archived") is not False:
        raise ApiError(ErrorCode.THREAD_ARCHIVED)
    if "archived" in changes and thread.archived != bool(changes["archived"]):
        thread.archived, thread.archived_at = bool(changes["archived"]), now()
    if "auto_archive_duration" in changes:
        thread.auto_archive_duration = _auto_archive_duration(changes)
    thread.locked = bool(changes.get("locked", thread.locked))
    _apply_changes(channel, {key: changes[key] for key in ("name", "rate_limit_per_user") if key in changes})


def _auto_archive_duration(changes: Json) -> int:
    minutes = changes.get("auto_archive_duration") or 1440
    form = Form()
    form.choice("auto_archive_duration", minutes, ARCHIVE_AFTER)
    form.check()
    return int(minutes)


def delete_channel(call: Call) -> Response:
    channel = call.channel()
    shown = channel_payload(channel, call.viewer)
    if channel.type != DM:  # closing a DM only hides it
        call.require(channel, P.MANAGE_THREADS if channel.thread else P.MANAGE_CHANNELS)
        call.world.remove_channel(channel)
    return 200, shown


def set_overwrite(call: Call) -> Response:
    channel = call.channel()
    call.require(channel, P.MANAGE_ROLES)
    target = call.id("overwrite_id")
    channel.overwrites[target] = _overwrite(target, call.fields)
    call.world.channel_changed("CHANNEL_UPDATE", channel)
    return NO_CONTENT


def remove_overwrite(call: Call) -> Response:
    channel = call.channel()
    call.require(channel, P.MANAGE_ROLES)
    channel.overwrites.pop(call.id("overwrite_id"), None)
    call.world.channel_changed("CHANNEL_UPDATE", channel)
    return NO_CONTENT


def start_thread_from_message(call: Call) -> Response:
    parent = call.channel()
    message = call.message(parent)
    name = _check_can_start_thread(call, parent, P.CREATE_PUBLIC_THREADS)
    if message.thread_id:
        raise ApiError(ErrorCode.THREAD_EXISTS)
    kind = ANNOUNCEMENT_THREAD if parent.type == ANNOUNCEMENT else PUBLIC_THREAD
    thread = call.world.start_thread(parent, call.user, name, type=kind, message=message)
    _apply_thread_settings(call, thread)
    message.thread_id = thread.id
    message.flags |= MessageFlag.HAS_THREAD
    dispatch_message(call.world, "MESSAGE_UPDATE", parent, message)
    starter = Message(
        call.world.ids.next(), thread.id, message.author, type=THREAD_STARTER_MESSAGE, referenced_message=message
    )
    starter.reference = MessageReference(parent.id, message.id, parent.guild_id)
    add_message(call.world, thread, starter)
    return 201, channel_payload(thread, call.viewer)


def start_thread(call: Call) -> Response:
    """Start a thread without a message; a public one is announced in its parent channel."""
    parent = call.channel()
    kind = call.fields.get("type", PRIVATE_THREAD)
    needed = P.CREATE_PRIVATE_THREADS if kind == PRIVATE_THREAD else P.CREATE_PUBLIC_THREADS
    name = _check_can_start_thread(call, parent, needed)
    thread = call.world.start_thread(parent, call.user, name, type=kind)
    _apply_thread_settings(call, thread)
    if kind != PRIVATE_THREAD:
        notice = Message(call.world.ids.next(), parent.id, call.user, name, THREAD_CREATED)
        notice.reference = MessageReference(thread.id, guild_id=parent.guild_id)
        add_message(call.world, parent, notice)
    return 201, channel_payload(thread, call.viewer)


def _check_can_start_thread(call: Call, parent: Channel, needed: Permission) -> str:
    call.require(parent, needed)
    if parent.type not in (TEXT, ANNOUNCEMENT):
        raise field_error("channel_id", "CHANNEL_TYPE_INVALID", "Invalid channel type")
    name = call.fields.get("name")
    form = Form()
    form.length("name", name, 100, 1)
    form.choice("type", call.fields.get("type", PRIVATE_THREAD), (ANNOUNCEMENT_THREAD, PUBLIC_THREAD, PRIVATE_THREAD))
    form.check()
    return str(name)


def _apply_thread_settings(call: Call, channel: Channel) -> None:
    assert channel.thread is not None
    channel.thread.auto_archive_duration = _auto_archive_duration(call.fields)
    channel.slowmode = int(call.fields.get("rate_limit_per_user") or 0)


def active_threads(call: Call) -> Response:
    threads = [c for c in call.guild().channels.values() if c.thread and not c.thread.archived]
    return 200, _thread_list(call, [c for c in threads if call.world.can_view(call.user, c)])


def archived_threads(call: Call) -> Response:
    parent = call.channel()
    threads = [c for c in call.world.channels.values() if c.parent_id == parent.id and c.thread and c.thread.archived]
    return 200, _thread_list(call, threads)


def _thread_list(call: Call, threads: list[Channel]) -> Json:
    joined = [c for c in threads if c.thread and call.user.id in c.thread.members]
    members = [thread_member_payload(channel, call.user.id) for channel in joined]
    return {"threads": [channel_payload(c, call.viewer) for c in threads], "members": members, "has_more": False}


def join(call: Call) -> Response:
    join_thread(call.world, _thread(call), call.user)
    return NO_CONTENT


def leave(call: Call) -> Response:
    leave_thread(call.world, _thread(call), call.user)
    return NO_CONTENT


def _thread(call: Call) -> Channel:
    channel = call.channel()
    if channel.thread is None:
        raise ApiError(ErrorCode.UNKNOWN_CHANNEL)
    return channel


def open_dm(call: Call) -> Response:
    recipient = call.fields.get("recipient_id") or next(iter(call.fields.get("recipients") or []), None)
    user = call.world.users.get(parse_snowflake(recipient, "recipient_id"))
    if user is None or user is call.user:
        raise ApiError(ErrorCode.UNKNOWN_USER)
    return 200, channel_payload(call.world.open_dm(call.user, user), call.viewer)


def list_dms(call: Call) -> Response:
    mine = [c for c in call.world.channels.values() if c.type == DM and call.user in c.recipients]
    return 200, [channel_payload(channel, call.viewer) for channel in mine]


CHANNEL_PATH = "/channels/{channel_id}"
OVERWRITE = {"type": int, "allow": ID, "deny": ID}
ROUTES = (
    Route("GET", CHANNEL_PATH, get_channel),
    Route("PATCH", CHANNEL_PATH, modify_channel, body=CHANNEL),
    Route("DELETE", CHANNEL_PATH, delete_channel),
    Route("PUT", CHANNEL_PATH + "/permissions/{overwrite_id}", set_overwrite, body=OVERWRITE),
    Route("DELETE", CHANNEL_PATH + "/permissions/{overwrite_id}", remove_overwrite),
    Route("POST", CHANNEL_PATH + "/messages/{message_id}/threads", start_thread_from_message, body=CHANNEL),
    Route("POST", CHANNEL_PATH + "/threads", start_thread, body=CHANNEL),
    Route("GET", CHANNEL_PATH + "/threads/archived/public", archived_threads),
    Route("PUT", CHANNEL_PATH + "/thread-members/@me", join),
    Route("DELETE", CHANNEL_PATH + "/thread-members/@me", leave),
    Route("GET", "/guilds/{guild_id}/channels", list_channels),
    Route("POST", "/guilds/{guild_id}/channels", create_channel, body=CHANNEL),
    Route("GET", "/guilds/{guild_id}/threads/active", active_threads),
    Route("POST", "/users/@me/channels", open_dm, body={"recipient_id": ID, "recipients": [ID]}),
    Route("GET", "/users/@me/channels", list_dms),
)
