"""Message operations: create, edit, react, delete. Each dispatches its event to those who can view the channel."""

import mimetypes
import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import unquote

from bot.simulator.drafts import Draft, Upload
from bot.simulator.errors import ApiError, ErrorCode, Json, field_error, parse_snowflake
from bot.simulator.images import image_size
from bot.simulator.mentions import resolve_mentions
from bot.simulator.message_payload import emoji_payload, event_payload, message_payload
from bot.simulator.objects import (
    CHAT_INPUT_COMMAND,
    CONTEXT_MENU_COMMAND,
    DEFAULT,
    REPLY,
    Attachment,
    Channel,
    Interaction,
    Message,
    MessageFlag,
    MessageReference,
    User,
)
from bot.simulator.payloads import Viewer, member_payload, thread_member_payload
from bot.simulator.snowflake import now
from bot.simulator.world import World

SETTABLE = MessageFlag.SUPPRESS_EMBEDS | MessageFlag.SUPPRESS_NOTIFICATIONS | MessageFlag.COMPONENTS_V2
EDITABLE = MessageFlag.SUPPRESS_EMBEDS | MessageFlag.COMPONENTS_V2
FORWARD = 1
NONCE_WINDOW = timedelta(minutes=5)


def render(world: World, message: Message, viewer: Viewer) -> Json:
    """The message object as REST returns it to this viewer."""
    channel = world.channels[message.channel_id]
    return message_payload(message, viewer, channel, world.guild_of(channel), world.application)


def dispatch_message(world: World, event: str, channel: Channel, message: Message) -> None:
    guild = world.guild_of(channel)

    def payload(viewer: Viewer) -> Json:
        return event_payload(message, viewer, channel, guild, world.application)

    if message.visible_to:
        world.dispatch_to_users(event, (world.users[message.visible_to],), payload)
    else:
        world.dispatch_to_channel(event, channel, payload)


def post(world: World, channel: Channel, author: User, draft: Draft, interaction: Interaction | None = None) -> Message:
    """Create a message; with enforce_nonce, return the existing one that has the same nonce."""
    if existing := _find_by_nonce(channel, author, draft):
        return existing
    message = Message(world.ids.next(), channel.id, author, draft.content or "", interaction=interaction)
    message.flags = (draft.flags or 0) & SETTABLE
    if interaction and (draft.flags or 0) & MessageFlag.EPHEMERAL:
        message.flags |= MessageFlag.EPHEMERAL
        message.visible_to = interaction.user.id
    message.embeds, message.components = draft.embeds or [], draft.components or []
    message.nonce, message.tts = draft.nonce, draft.tts
    _set_reference(world, channel, message, draft)
    _attach(world, message, draft)
    message.type = _message_type(message)
    resolve_mentions(world, channel, message, draft.allowed_mentions)
    add_message(world, channel, message)
    return message


def add_message(world: World, channel: Channel, message: Message) -> None:
    """Store a new message in its channel and dispatch MESSAGE_CREATE."""
    channel.messages[message.id] = message
    if message.visible_to is None:
        channel.last_message_id = message.id
        _update_thread_activity(world, channel, message.author)
    dispatch_message(world, "MESSAGE_CREATE", channel, message)


def _find_by_nonce(channel: Channel, author: User, draft: Draft) -> Message | None:
    if draft.nonce is None or not draft.enforce_nonce:
        return None
    recent = (m for m in reversed(channel.messages.values()) if m.created_at > now() - NONCE_WINDOW)
    return next((m for m in recent if m.author is author and str(m.nonce) == str(draft.nonce)), None)


def _message_type(message: Message) -> int:
    if message.referenced_message:
        return REPLY
    if message.interaction and message.interaction.type == 2:
        return CHAT_INPUT_COMMAND if message.interaction.data["type"] == 1 else CONTEXT_MENU_COMMAND
    return DEFAULT


def _set_reference(world: World, channel: Channel, message: Message, draft: Draft) -> None:
    if not draft.reference:
        return
    target = parse_snowflake(draft.reference.get("message_id"), "message_reference.message_id")
    if draft.reference.get("type") == FORWARD:
        _forward(
            world, message, target, parse_snowflake(draft.reference.get("channel_id"), "message_reference.channel_id")
        )
        return
    found = channel.messages.get(target)
    if found is None and draft.reference.get("fail_if_not_exists", True):
        raise field_error("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
    if found is not None:
        message.reference, message.referenced_message = MessageReference(channel.id, target, channel.guild_id), found


def _forward(world: World, message: Message, target: int, source_id: int) -> None:
    source = world.channels.get(source_id)
    if source is None or not world.can_view(message.author, source) or target not in source.messages:
        raise field_error("message_reference", "MESSAGE_REFERENCE_UNKNOWN", "Unknown message")
    message.reference = MessageReference(source.id, target, source.guild_id)
    message.snapshot = replace(source.messages[target])
    message.flags |= MessageFlag.HAS_SNAPSHOT


def _attach(world: World, message: Message, draft: Draft) -> None:
    """Keep the attachments that the draft lists, all if it lists none, and add its uploads."""
    described = {str(entry.get("id")): entry for entry in draft.attachments or ()}
    if draft.attachments is not None:
        message.attachments = [entry for entry in message.attachments if str(entry.id) in described]
    for number, upload in draft.uploads.items():
        attachment = store_upload(world, message.channel_id, upload, described.get(str(number), {}))
        attachment.ephemeral = message.visible_to is not None
        message.attachments.append(attachment)


def store_upload(world: World, channel_id: int, upload: Upload, described: Json) -> Attachment:
    """Store a file on the CDN."""
    name = _sanitize_filename(described.get("filename") or upload.filename)
    kind = mimetypes.guess_type(name)[0] or upload.content_type
    if kind and kind.startswith("text/"):
        kind += "; charset=utf-8"
    size = image_size(upload.content)
    attachment = Attachment(
        world.ids.next(), channel_id, name, upload.content, kind, described.get("description"), size
    )
    world.attachments[attachment.id] = attachment
    return attachment


def _sanitize_filename(name: str) -> str:
    # Discord keeps word characters, dots and dashes, and replaces spaces by underscores
    return re.sub(r"[^\w.\-]", "", unquote(name).replace(" ", "_")).lstrip(".") or "unknown"


def _update_thread_activity(world: World, channel: Channel, author: User) -> None:
    """A new message unarchives its thread and adds the author to it."""
    if channel.thread is None:
        return
    channel.thread.message_count += 1
    if channel.thread.archived:
        channel.thread.archived, channel.thread.archived_at = False, now()
        world.channel_changed("THREAD_UPDATE", channel)
    if author.id not in channel.thread.members:
        join_thread(world, channel, author)


def join_thread(world: World, channel: Channel, user: User) -> None:
    assert channel.thread is not None
    channel.thread.members[user.id] = now()
    added = [thread_member_payload(channel, user.id)]
    _dispatch_members_update(world, channel, {"added_members": added})


def leave_thread(world: World, channel: Channel, user: User) -> None:
    assert channel.thread is not None
    channel.thread.members.pop(user.id, None)
    _dispatch_members_update(world, channel, {"removed_member_ids": [str(user.id)]})


def _dispatch_members_update(world: World, channel: Channel, change: Json) -> None:
    assert channel.thread is not None
    count = len(channel.thread.members)
    payload = {"id": str(channel.id), "guild_id": str(channel.guild_id), "member_count": count} | change
    world.dispatch_to_channel("THREAD_MEMBERS_UPDATE", channel, lambda viewer: payload)


def edit(world: World, message: Message, draft: Draft) -> Message:
    """Apply the fields that the draft sets and dispatch MESSAGE_UPDATE."""
    channel = world.channel(message.channel_id)
    if draft.content is not None:
        message.content = draft.content
    if draft.embeds is not None:
        message.embeds = draft.embeds
    if draft.components is not None:
        message.components = draft.components
    if draft.flags is not None:
        message.flags = message.flags & ~EDITABLE | draft.flags & EDITABLE | message.flags & MessageFlag.COMPONENTS_V2
    _attach(world, message, draft)
    message.flags &= ~MessageFlag.LOADING
    message.edited_at = now()
    if draft.content is not None:  # mentions change only with the content
        resolve_mentions(world, channel, message, draft.allowed_mentions)
    dispatch_message(world, "MESSAGE_UPDATE", channel, message)
    return message


def would_be_empty(message: Message, draft: Draft) -> bool:
    """Whether the edit would leave neither content nor embeds, components or attachments."""
    listed = None if draft.attachments is None else {str(entry.get("id")) for entry in draft.attachments}
    kept = [entry for entry in message.attachments if listed is None or str(entry.id) in listed]
    parts = (
        message.content if draft.content is None else draft.content,
        message.embeds if draft.embeds is None else draft.embeds,
        message.components if draft.components is None else draft.components,
    )
    return not (any(parts) or kept or draft.uploads)


def delete(world: World, message: Message) -> None:
    channel = world.channel(message.channel_id)
    del channel.messages[message.id]
    message.deleted = True
    gone = {"id": str(message.id), "channel_id": str(channel.id)} | _guild_id(channel)
    if message.visible_to:
        world.dispatch_to_users("MESSAGE_DELETE", (world.users[message.visible_to],), lambda viewer: gone)
    else:
        world.dispatch_to_channel("MESSAGE_DELETE", channel, lambda viewer: gone)


def delete_many(world: World, channel: Channel, messages: list[Message]) -> None:
    for message in messages:
        del channel.messages[message.id]
        message.deleted = True
    gone: Json = {"ids": [str(message.id) for message in messages], "channel_id": str(channel.id)} | _guild_id(channel)
    world.dispatch_to_channel("MESSAGE_DELETE_BULK", channel, lambda viewer: gone)


def _guild_id(channel: Channel) -> dict[str, str]:
    return {} if channel.guild_id is None else {"guild_id": str(channel.guild_id)}


def react(world: World, message: Message, user: User, emoji: str) -> None:
    users = message.reactions.setdefault(emoji, [])
    if user.id not in users:
        users.append(user.id)
        _dispatch_reaction(world, "MESSAGE_REACTION_ADD", message, user, emoji)


def unreact(world: World, message: Message, user: User, emoji: str) -> None:
    users = message.reactions.get(emoji, [])
    if user.id not in users:
        raise ApiError(ErrorCode.UNKNOWN_EMOJI)
    users.remove(user.id)
    if not users:
        del message.reactions[emoji]
    _dispatch_reaction(world, "MESSAGE_REACTION_REMOVE", message, user, emoji)


def _dispatch_reaction(world: World, event: str, message: Message, user: User, emoji: str) -> None:
    channel = world.channels[message.channel_id]
    payload: Json = {
        "user_id": str(user.id),
        "channel_id": str(channel.id),
        "message_id": str(message.id),
        "emoji": emoji_payload(emoji),
        "burst": False,
        "type": 0,
    }
    if guild := world.guild_of(channel):
        payload["guild_id"] = str(guild.id)
        if event == "MESSAGE_REACTION_ADD" and user.id in guild.members:
            payload |= {"member": member_payload(guild.members[user.id]), "message_author_id": str(message.author.id)}
    world.dispatch_to_channel(event, channel, lambda viewer: payload)
