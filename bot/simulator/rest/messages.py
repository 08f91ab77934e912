"""Messages, typing, reactions and pins (Discord docs: Message Resource)."""

import re
from datetime import timedelta
from urllib.parse import unquote

from bot.simulator.drafts import Draft, read_draft
from bot.simulator.emoji import is_emoji
from bot.simulator.errors import ApiError, ErrorCode, field_error, parse_snowflake
from bot.simulator.messages import delete, delete_many, dispatch_message, edit, post, react, unreact, would_be_empty
from bot.simulator.objects import CATEGORY, DM, FORUM, Channel, Message
from bot.simulator.payloads import user_payload
from bot.simulator.permissions import Permission
from bot.simulator.rest.call import NO_CONTENT, Call, Response, Route
from bot.simulator.schemas import ID, MESSAGE
from bot.simulator.snowflake import iso8601, now

P = Permission
CUSTOM_EMOJI = re.compile(r"\w+:\d+")


def create_message(call: Call) -> Response:
    channel = call.channel()
    _check_can_send(call, channel)
    draft = read_draft(call.fields, call.uploads)
    _check_body_permissions(call, channel, draft)
    if draft.empty:
        raise ApiError(ErrorCode.EMPTY_MESSAGE)
    _enforce_slowmode(call, channel)
    return 200, call.render(post(call.world, channel, call.user, draft))


def _check_can_send(call: Call, channel: Channel) -> None:
    if channel.type in (CATEGORY, FORUM):
        raise ApiError(ErrorCode.NON_TEXT_CHANNEL)
    call.require(channel, P.SEND_MESSAGES_IN_THREADS if channel.thread else P.SEND_MESSAGES)
    _check_not_locked(call, channel)
    closed = [user for user in channel.recipients if user is not call.user and not user.accepts_dms]
    if channel.type == DM and closed and call.user.bot:
        raise ApiError(ErrorCode.DM_CLOSED)


def _check_not_locked(call: Call, channel: Channel) -> None:
    if channel.thread and channel.thread.locked and not call.has_permissions(channel, P.MANAGE_THREADS):
        raise ApiError(ErrorCode.THREAD_LOCKED)


def _check_body_permissions(call: Call, channel: Channel, draft: Draft) -> None:
    """Without Embed Links, embeds are dropped; a message that would then be empty raises Missing Permissions."""
    if draft.uploads:
        call.require(channel, P.ATTACH_FILES)
    if draft.embeds and not call.has_permissions(channel, P.EMBED_LINKS):
        draft.embeds = []
        if draft.empty:
            raise ApiError(ErrorCode.MISSING_PERMISSIONS)
    if draft.reference and not call.has_permissions(channel, P.READ_MESSAGE_HISTORY):
        raise ApiError(ErrorCode.REPLY_NEEDS_HISTORY)


def _enforce_slowmode(call: Call, channel: Channel) -> None:
    """Raise 20016 if a person writes again too soon; bots are exempt from slow mode."""
    if call.user.bot or not channel.slowmode or call.has_permissions(channel, P.BYPASS_SLOWMODE):
        return
    last = channel.last_sent_at.get(call.user.id)
    left = (last + timedelta(seconds=channel.slowmode) - now()).total_seconds() if last else 0
    if left > 0:
        raise ApiError(ErrorCode.SLOW_MODE, retry_after=round(left, 3))
    channel.last_sent_at[call.user.id] = now()


def list_messages(call: Call) -> Response:
    channel = call.channel()
    if not call.has_permissions(channel, P.READ_MESSAGE_HISTORY):
        return 200, []
    limit = parse_snowflake(call.query.get("limit", 50), "limit")
    if not 1 <= limit <= 100:
        raise field_error("limit", "NUMBER_TYPE_MAX", "int value should be between 1 and 100.")
    visible = [m for m in channel.messages.values() if m.visible_to is None]
    return 200, [call.render(message) for message in _page(visible, call.query, limit)]


def _page(messages: list[Message], query: dict[str, str], limit: int) -> list[Message]:
    """The requested messages, newest first. `after` selects the oldest of the newer ones."""
    if around := query.get("around"):
        middle = parse_snowflake(around, "around")
        older = [m for m in messages if m.id < middle][-(limit // 2) :] if limit > 1 else []
        newer = [m for m in messages if m.id >= middle][: limit - limit // 2]
        return (older + newer)[::-1]
    if after := query.get("after"):
        return [m for m in messages if m.id > parse_snowflake(after, "after")][:limit][::-1]
    if before := query.get("before"):
        messages = [m for m in messages if m.id < parse_snowflake(before, "before")]
    return messages[-limit:][::-1]


def get_message(call: Call) -> Response:
    channel = call.channel()
    call.require(channel, P.READ_MESSAGE_HISTORY)
    return 200, call.render(call.message(channel))


def edit_message(call: Call) -> Response:
    channel = call.channel()
    message = call.message(channel)
    draft = read_draft(call.fields, call.uploads)
    if message.author is not call.user:
        _check_flags_only(call, channel)
    _check_can_edit(call, channel, draft)
    if would_be_empty(message, draft):
        raise ApiError(ErrorCode.EMPTY_MESSAGE)
    return 200, call.render(edit(call.world, message, draft))


def _check_can_edit(call: Call, channel: Channel, draft: Draft) -> None:
    # a message can be edited without Send Messages, but not by a member who is timed out
    guild = call.world.guild_of(channel)
    if guild and guild.members[call.user.id].timed_out:
        raise ApiError(ErrorCode.MISSING_PERMISSIONS)
    if channel.thread and channel.thread.archived:
        raise ApiError(ErrorCode.THREAD_ARCHIVED)
    _check_not_locked(call, channel)
    if draft.uploads:
        call.require(channel, P.ATTACH_FILES)
    if draft.embeds and not call.has_permissions(channel, P.EMBED_LINKS):
        draft.embeds = []


def _check_flags_only(call: Call, channel: Channel) -> None:
    """Only the flags of another user's message can be edited, to suppress its embeds."""
    if set(call.fields) != {"flags"}:
        raise ApiError(ErrorCode.OTHERS_MESSAGE)
    call.require(channel, P.MANAGE_MESSAGES)


def delete_message(call: Call) -> Response:
    channel = call.channel()
    message = call.message(channel)
    if message.author is not call.user and message.visible_to is None:
        call.require(channel, P.MANAGE_MESSAGES)
    if channel.thread and channel.thread.archived:
        _check_not_locked(call, channel)
    delete(call.world, message)
    return NO_CONTENT


def bulk_delete(call: Call) -> Response:
    channel = call.channel()
    call.require(channel, P.MANAGE_MESSAGES)
    ids = [parse_snowflake(each, "messages") for each in call.fields.get("messages") or []]
    delete_many(call.world, channel, [channel.messages[each] for each in ids if each in channel.messages])
    return NO_CONTENT


def start_typing(call: Call) -> Response:
    channel = call.channel()
    call.require(channel, P.SEND_MESSAGES_IN_THREADS if channel.thread else P.SEND_MESSAGES)
    call.world.start_typing(channel, call.user)
    return NO_CONTENT


def add_reaction(call: Call) -> Response:
    channel = call.channel()
    message, emoji = call.message(channel), unquote(call.path["emoji"])
    if emoji not in message.reactions:
        call.require(channel, P.ADD_REACTIONS)
    if channel.thread and channel.thread.archived:
        raise ApiError(ErrorCode.THREAD_ARCHIVED)
    if not is_emoji(emoji) and not CUSTOM_EMOJI.fullmatch(emoji):
        raise ApiError(ErrorCode.UNKNOWN_EMOJI)
    react(call.world, message, call.user, emoji)
    return NO_CONTENT


def remove_reaction(call: Call) -> Response:
    channel = call.channel()
    user = call.user
    if call.path["whose"] != "@me":
        call.require(channel, P.MANAGE_MESSAGES)
        user = call.world.users.get(call.id("whose"), user)
    unreact(call.world, call.message(channel), user, unquote(call.path["emoji"]))
    return NO_CONTENT


def list_reactions(call: Call) -> Response:
    message = call.message(call.channel())
    users = message.reactions.get(unquote(call.path["emoji"]), [])
    return 200, [user_payload(call.world.users[one]) for one in users]


def clear_reactions(call: Call) -> Response:
    channel = call.channel()
    call.require(channel, P.MANAGE_MESSAGES)
    message = call.message(channel)
    for emoji, users in list(message.reactions.items()):
        for user in list(users):
            unreact(call.world, message, call.world.users[user], emoji)
    return NO_CONTENT


def pin(call: Call) -> Response:
    return _set_pin(call, pinned=True)


def unpin(call: Call) -> Response:
    return _set_pin(call, pinned=False)


def _set_pin(call: Call, *, pinned: bool) -> Response:
    channel = call.channel()
    call.require(channel, P.PIN_MESSAGES)
    message = call.message(channel)
    message.pinned = pinned
    dispatch_message(call.world, "MESSAGE_UPDATE", channel, message)
    return NO_CONTENT


def list_pins(call: Call) -> Response:
    channel = call.channel()
    pinned = [m for m in reversed(channel.messages.values()) if m.pinned]
    items = [{"pinned_at": iso8601(message.created_at), "message": call.render(message)} for message in pinned]
    return 200, {"items": items, "has_more": False}


MESSAGES = "/channels/{channel_id}/messages"
MESSAGE_PATH = MESSAGES + "/{message_id}"
REACTIONS = MESSAGE_PATH + "/reactions/{emoji}"
ROUTES = (
    Route("POST", MESSAGES, create_message, bucket="messages", body=MESSAGE),
    Route("GET", MESSAGES, list_messages),
    Route("POST", MESSAGES + "/bulk-delete", bulk_delete, body={"messages": [ID]}),
    Route("GET", MESSAGES + "/pins", list_pins),
    Route("PUT", MESSAGES + "/pins/{message_id}", pin),
    Route("DELETE", MESSAGES + "/pins/{message_id}", unpin),
    Route("GET", MESSAGE_PATH, get_message),
    Route("PATCH", MESSAGE_PATH, edit_message, bucket="messages", body=MESSAGE),
    Route("DELETE", MESSAGE_PATH, delete_message, bucket="deletions"),
    Route("POST", "/channels/{channel_id}/typing", start_typing),
    Route("GET", REACTIONS, list_reactions),
    Route("PUT", REACTIONS + "/@me", add_reaction),
    Route("DELETE", REACTIONS + "/{whose}", remove_reaction),
    Route("DELETE", MESSAGE_PATH + "/reactions", clear_reactions),
)
