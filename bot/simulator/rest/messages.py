"""Messages, typing, reactions and pins."""

import re
from datetime import timedelta
from urllib.parse import unquote

from bot.simulator.drafts import Draft, read_draft
from bot.simulator.emoji import is_emoji
from bot.simulator.errors import ApiError, Refusal, refuse_field, snowflake
from bot.simulator.messages import delete, delete_many, edit, post, react, tell, unreact, would_be_empty
from bot.simulator.objects import CATEGORY, DM, FORUM, Channel, Message
from bot.simulator.payloads import user_payload
from bot.simulator.permissions import Permission
from bot.simulator.rest.call import NO_CONTENT, Answer, Call, Route
from bot.simulator.shapes import ID, MESSAGE
from bot.simulator.snowflake import now, stamp

P = Permission
CUSTOM_EMOJI = re.compile(r"\w+:\d+")


def create_message(call: Call) -> Answer:
    channel = call.channel()
    _may_send(call, channel)
    draft = read_draft(call.fields, call.uploads)
    _may_say(call, channel, draft)
    if draft.empty:
        raise ApiError(Refusal.EMPTY_MESSAGE)
    _wait_one_s_turn(call, channel)
    return 200, call.paint(post(call.world, channel, call.user, draft))


def _may_send(call: Call, channel: Channel) -> None:
    if channel.type in (CATEGORY, FORUM):
        raise ApiError(Refusal.NON_TEXT_CHANNEL)
    call.require(channel, P.SEND_MESSAGES_IN_THREADS if channel.thread else P.SEND_MESSAGES)
    _refuse_locked(call, channel)
    closed = [user for user in channel.recipients if user is not call.user and not user.takes_dms]
    if channel.type == DM and closed and call.user.bot:
        raise ApiError(Refusal.DM_CLOSED)


def _refuse_locked(call: Call, channel: Channel) -> None:
    if channel.thread and channel.thread.locked and not call.may(channel, P.MANAGE_THREADS):
        raise ApiError(Refusal.THREAD_LOCKED)


def _may_say(call: Call, channel: Channel, draft: Draft) -> None:
    """Embeds are left out where they are not allowed; a message of nothing else is refused."""
    if draft.uploads:
        call.require(channel, P.ATTACH_FILES)
    if draft.embeds and not call.may(channel, P.EMBED_LINKS):
        draft.embeds = []
        if draft.empty:
            raise ApiError(Refusal.MISSING_PERMISSIONS)
    if draft.reference and not call.may(channel, P.READ_MESSAGE_HISTORY):
        raise ApiError(Refusal.REPLY_NEEDS_HISTORY)


def _wait_one_s_turn(call: Call, channel: Channel) -> None:
    """Slow mode, which bots are free of."""
    if call.user.bot or not channel.slowmode or call.may(channel, P.BYPASS_SLOWMODE):
        return
    last = channel.spoke.get(call.user.id)
    left = (last + timedelta(seconds=channel.slowmode) - now()).total_seconds() if last else 0
    if left > 0:
        raise ApiError(Refusal.SLOW_MODE, retry_after=round(left, 3))
    channel.spoke[call.user.id] = now()


def list_messages(call: Call) -> Answer:
    channel = call.channel()
    if not call.may(channel, P.READ_MESSAGE_HISTORY):
        return 200, []
    limit = snowflake(call.query.get("limit", 50), "limit")
    if not 1 <= limit <= 100:
        raise refuse_field("limit", "NUMBER_TYPE_MAX", "int value should be between 1 and 100.")
    visible = [m for m in channel.messages.values() if m.visible_to is None]
    return 200, [call.paint(message) for message in _page(visible, call.query, limit)]


def _page(messages: list[Message], query: dict[str, str], limit: int) -> list[Message]:
    """Newest first; `after` takes the oldest of what is newer."""
    if around := query.get("around"):
        middle = snowflake(around, "around")
        older = [m for m in messages if m.id < middle][-(limit // 2) :] if limit > 1 else []
        newer = [m for m in messages if m.id >= middle][: limit - limit // 2]
        return (older + newer)[::-1]
    if after := query.get("after"):
        return [m for m in messages if m.id > snowflake(after, "after")][:limit][::-1]
    if before := query.get("before"):
        messages = [m for m in messages if m.id < snowflake(before, "before")]
    return messages[-limit:][::-1]


def get_message(call: Call) -> Answer:
    channel = call.channel()
    call.require(channel, P.READ_MESSAGE_HISTORY)
    return 200, call.paint(call.message(channel))


def edit_message(call: Call) -> Answer:
    channel = call.channel()
    message = call.message(channel)
    draft = read_draft(call.fields, call.uploads)
    if message.author is not call.user:
        _only_flags(call, channel)
    _may_change(call, channel, draft)
    if would_be_empty(message, draft):
        raise ApiError(Refusal.EMPTY_MESSAGE)
    return 200, call.paint(edit(call.world, message, draft))


def _may_change(call: Call, channel: Channel, draft: Draft) -> None:
    """One's own message may be edited without Send Messages, though not while one is timed out."""
    guild = call.world.guild_of(channel)
    if guild and guild.members[call.user.id].timed_out:
        raise ApiError(Refusal.MISSING_PERMISSIONS)
    if channel.thread and channel.thread.archived:
        raise ApiError(Refusal.THREAD_ARCHIVED)
    _refuse_locked(call, channel)
    if draft.uploads:
        call.require(channel, P.ATTACH_FILES)
    if draft.embeds and not call.may(channel, P.EMBED_LINKS):
        draft.embeds = []


def _only_flags(call: Call, channel: Channel) -> None:
    """Of somebody else's message one may at most hide the embeds."""
    if set(call.fields) != {"flags"}:
        raise ApiError(Refusal.OTHERS_MESSAGE)
    call.require(channel, P.MANAGE_MESSAGES)


def delete_message(call: Call) -> Answer:
    channel = call.channel()
    message = call.message(channel)
    if message.author is not call.user and message.visible_to is None:
        call.require(channel, P.MANAGE_MESSAGES)
    if channel.thread and channel.thread.archived:
        _refuse_locked(call, channel)
    delete(call.world, message)
    return NO_CONTENT


def bulk_delete(call: Call) -> Answer:
    channel = call.channel()
    call.require(channel, P.MANAGE_MESSAGES)
    wanted = [snowflake(one, "messages") for one in call.fields.get("messages") or []]
    delete_many(call.world, channel, [channel.messages[one] for one in wanted if one in channel.messages])
    return NO_CONTENT


def start_typing(call: Call) -> Answer:
    channel = call.channel()
    call.require(channel, P.SEND_MESSAGES_IN_THREADS if channel.thread else P.SEND_MESSAGES)
    call.world.type_in(channel, call.user)
    return NO_CONTENT


def add_reaction(call: Call) -> Answer:
    channel = call.channel()
    message, emoji = call.message(channel), unquote(call.path["emoji"])
    if emoji not in message.reactions:
        call.require(channel, P.ADD_REACTIONS)
    if channel.thread and channel.thread.archived:
        raise ApiError(Refusal.THREAD_ARCHIVED)
    if not is_emoji(emoji) and not CUSTOM_EMOJI.fullmatch(emoji):
        raise ApiError(Refusal.UNKNOWN_EMOJI)
    react(call.world, message, call.user, emoji)
    return NO_CONTENT


def remove_reaction(call: Call) -> Answer:
    channel = call.channel()
    user = call.user
    if call.path["whose"] != "@me":
        call.require(channel, P.MANAGE_MESSAGES)
        user = call.world.users.get(call.id("whose"), user)
    unreact(call.world, call.message(channel), user, unquote(call.path["emoji"]))
    return NO_CONTENT


def list_reactions(call: Call) -> Answer:
    message = call.message(call.channel())
    users = message.reactions.get(unquote(call.path["emoji"]), [])
    return 200, [user_payload(call.world.users[one]) for one in users]


def clear_reactions(call: Call) -> Answer:
    channel = call.channel()
    call.require(channel, P.MANAGE_MESSAGES)
    message = call.message(channel)
    for emoji, users in list(message.reactions.items()):
        for user in list(users):
            unreact(call.world, message, call.world.users[user], emoji)
    return NO_CONTENT


def pin(call: Call) -> Answer:
    return _set_pin(call, pinned=True)


def unpin(call: Call) -> Answer:
    return _set_pin(call, pinned=False)


def _set_pin(call: Call, *, pinned: bool) -> Answer:
    channel = call.channel()
    call.require(channel, P.PIN_MESSAGES)
    message = call.message(channel)
    message.pinned = pinned
    tell(call.world, "MESSAGE_UPDATE", channel, message)
    return NO_CONTENT


def list_pins(call: Call) -> Answer:
    channel = call.channel()
    pinned = [m for m in reversed(channel.messages.values()) if m.pinned]
    items = [{"pinned_at": stamp(message.created_at), "message": call.paint(message)} for message in pinned]
    return 200, {"items": items, "has_more": False}


ALL = "/channels/{channel_id}/messages"
ONE = ALL + "/{message_id}"
REACTIONS = ONE + "/reactions/{emoji}"
ROUTES = (
    Route("POST", ALL, create_message, limited="messages", body=MESSAGE),
    Route("GET", ALL, list_messages),
    Route("POST", ALL + "/bulk-delete", bulk_delete, body={"messages": [ID]}),
    Route("GET", ALL + "/pins", list_pins),
    Route("PUT", ALL + "/pins/{message_id}", pin),
    Route("DELETE", ALL + "/pins/{message_id}", unpin),
    Route("GET", ONE, get_message),
    Route("PATCH", ONE, edit_message, limited="messages", body=MESSAGE),
    Route("DELETE", ONE, delete_message, limited="deletions"),
    Route("POST", "/channels/{channel_id}/typing", start_typing),
    Route("GET", REACTIONS, list_reactions),
    Route("PUT", REACTIONS + "/@me", add_reaction),
    Route("DELETE", REACTIONS + "/{whose}", remove_reaction),
    Route("DELETE", ONE + "/reactions", clear_reactions),
)
