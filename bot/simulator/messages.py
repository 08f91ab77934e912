"""The life of a message: posted, edited, reacted to, deleted; each change is told to those who see it."""

import mimetypes
import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import unquote

from bot.simulator.drafts import Draft, Upload
from bot.simulator.errors import ApiError, Json, Refusal, refuse_field, snowflake
from bot.simulator.mentions import resolve_mentions
from bot.simulator.message_payload import emoji_payload, event_payload, message_payload
from bot.simulator.objects import (
    COMMAND_REPLY,
    MENU_REPLY,
    PLAIN,
    REPLY,
    Attachment,
    Channel,
    Interaction,
    Message,
    MessageFlag,
    Reference,
    User,
)
from bot.simulator.payloads import Viewer, member_payload, thread_member_payload
from bot.simulator.pictures import picture_size
from bot.simulator.snowflake import now
from bot.simulator.world import World

SETTABLE = MessageFlag.SUPPRESS_EMBEDS | MessageFlag.SUPPRESS_NOTIFICATIONS | MessageFlag.COMPONENTS_V2
EDITABLE = MessageFlag.SUPPRESS_EMBEDS | MessageFlag.COMPONENTS_V2
FORWARD = 1
NONCE_LIFE = timedelta(minutes=5)


def paint(world: World, message: Message, viewer: Viewer) -> Json:
    """The message as REST shows it."""
    channel = world.channels[message.channel_id]
    return message_payload(message, viewer, channel, world.guild_of(channel), world.application)


def tell(world: World, event: str, channel: Channel, message: Message) -> None:
    guild = world.guild_of(channel)

    def picture(viewer: Viewer) -> Json:
        return event_payload(message, viewer, channel, guild, world.application)

    if message.visible_to:
        world.tell_users(event, (world.users[message.visible_to],), picture)
    else:
        world.tell_channel(event, channel, picture)


def post(world: World, channel: Channel, author: User, draft: Draft, interaction: Interaction | None = None) -> Message:
    """A new message, or the one that was made from the same enforced nonce."""
    if twin := _twin(channel, author, draft):
        return twin
    message = Message(world.ids.next(), channel.id, author, draft.content or "", interaction=interaction)
    message.flags = (draft.flags or 0) & SETTABLE
    if interaction and (draft.flags or 0) & MessageFlag.EPHEMERAL:
        message.flags |= MessageFlag.EPHEMERAL
        message.visible_to = interaction.user.id
    message.embeds, message.components = draft.embeds or [], draft.components or []
    message.nonce, message.tts = draft.nonce, draft.tts
    _refer(world, channel, message, draft)
    _attach(world, message, draft)
    message.type = _type(message)
    resolve_mentions(world, channel, message, draft.allowed_mentions)
    publish(world, channel, message)
    return message


def publish(world: World, channel: Channel, message: Message) -> None:
    """Puts a finished message into its channel."""
    channel.messages[message.id] = message
    if message.visible_to is None:
        channel.last_message_id = message.id
        _arrive_in_thread(world, channel, message.author)
    tell(world, "MESSAGE_CREATE", channel, message)


def _twin(channel: Channel, author: User, draft: Draft) -> Message | None:
    if draft.nonce is None or not draft.enforce_nonce:
        return None
    recent = (m for m in reversed(channel.messages.values()) if m.created_at > now() - NONCE_LIFE)
    return next((m for m in recent if m.author is author and str(m.nonce) == str(draft.nonce)), None)


def _type(message: Message) -> int:
    if message.referenced:
        return REPLY
    if message.interaction and message.interaction.type == 2:
        return COMMAND_REPLY if message.interaction.data["type"] == 1 else MENU_REPLY
    return PLAIN


def _refer(world: World, channel: Channel, message: Message, draft: Draft) -> None:
    if not draft.reference:
        return
    target = snowflake(draft.reference.get("message_id"), "message_reference.message_id")
    if draft.reference.get("type") == FORWARD:
        _forward(world, message, target, snowflake(draft.reference.get("channel_id"), "message_reference.channel_id"))
        return
    found = channel.messages.get(target)
    if found is None and draft.reference.get("fail_if_not_exists", True):
        raise refuse_field("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
    if found is not None:
        message.reference, message.referenced = Reference(channel.id, target, channel.guild_id), found


def _forward(world: World, message: Message, target: int, source_id: int) -> None:
    source = world.channels.get(source_id)
    if source is None or not world.sees(message.author, source) or target not in source.messages:
        raise refuse_field("message_reference", "MESSAGE_REFERENCE_UNKNOWN", "Unknown message")
    message.reference = Reference(source.id, target, source.guild_id)
    message.forwarded = replace(source.messages[target])
    message.flags |= MessageFlag.HAS_SNAPSHOT


def _attach(world: World, message: Message, draft: Draft) -> None:
    """Keeps what the draft lists of the attachments there are, and adds what was uploaded."""
    described = {str(entry.get("id")): entry for entry in draft.attachments or ()}
    if draft.attachments is not None:
        message.attachments = [entry for entry in message.attachments if str(entry.id) in described]
    for number, upload in draft.uploads.items():
        attachment = store_upload(world, message.channel_id, upload, described.get(str(number), {}))
        attachment.ephemeral = message.visible_to is not None
        message.attachments.append(attachment)


def store_upload(world: World, channel_id: int, upload: Upload, described: Json) -> Attachment:
    """A file on the CDN."""
    name = _clean_name(described.get("filename") or upload.filename)
    kind = mimetypes.guess_type(name)[0] or upload.content_type
    if kind and kind.startswith("text/"):
        kind += "; charset=utf-8"
    size = picture_size(upload.content)
    attachment = Attachment(
        world.ids.next(), channel_id, name, upload.content, kind, described.get("description"), size
    )
    world.attachments[attachment.id] = attachment
    return attachment


def _clean_name(name: str) -> str:
    """Discord keeps word characters, dots and dashes, and writes a space as an underscore."""
    return re.sub(r"[^\w.\-]", "", unquote(name).replace(" ", "_")).lstrip(".") or "unknown"


def _arrive_in_thread(world: World, channel: Channel, author: User) -> None:
    """A message in a thread makes its author a member, and opens the thread again if it was archived."""
    if channel.thread is None:
        return
    channel.thread.sent += 1
    if channel.thread.archived:
        channel.thread.archived, channel.thread.archived_at = False, now()
        world.channel_changed("THREAD_UPDATE", channel)
    if author.id not in channel.thread.members:
        join_thread(world, channel, author)


def join_thread(world: World, channel: Channel, user: User) -> None:
    assert channel.thread is not None
    channel.thread.members[user.id] = now()
    added = [thread_member_payload(channel, user.id)]
    _tell_members(world, channel, {"added_members": added})


def leave_thread(world: World, channel: Channel, user: User) -> None:
    assert channel.thread is not None
    channel.thread.members.pop(user.id, None)
    _tell_members(world, channel, {"removed_member_ids": [str(user.id)]})


def _tell_members(world: World, channel: Channel, change: Json) -> None:
    assert channel.thread is not None
    count = len(channel.thread.members)
    whole = {"id": str(channel.id), "guild_id": str(channel.guild_id), "member_count": count} | change
    world.tell_channel("THREAD_MEMBERS_UPDATE", channel, lambda viewer: whole)


def edit(world: World, message: Message, draft: Draft) -> Message:
    """Changes what the draft speaks of."""
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
    if draft.content is not None:  # only new words are looked at anew for mentions
        resolve_mentions(world, channel, message, draft.allowed_mentions)
    tell(world, "MESSAGE_UPDATE", channel, message)
    return message


def would_be_empty(message: Message, draft: Draft) -> bool:
    """Whether the edit leaves nothing to show."""
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
        world.tell_users("MESSAGE_DELETE", (world.users[message.visible_to],), lambda viewer: gone)
    else:
        world.tell_channel("MESSAGE_DELETE", channel, lambda viewer: gone)


def delete_many(world: World, channel: Channel, messages: list[Message]) -> None:
    for message in messages:
        del channel.messages[message.id]
        message.deleted = True
    gone: Json = {"ids": [str(message.id) for message in messages], "channel_id": str(channel.id)} | _guild_id(channel)
    world.tell_channel("MESSAGE_DELETE_BULK", channel, lambda viewer: gone)


def _guild_id(channel: Channel) -> dict[str, str]:
    return {} if channel.guild_id is None else {"guild_id": str(channel.guild_id)}


def react(world: World, message: Message, user: User, emoji: str) -> None:
    users = message.reactions.setdefault(emoji, [])
    if user.id not in users:
        users.append(user.id)
        _tell_reaction(world, "MESSAGE_REACTION_ADD", message, user, emoji)


def unreact(world: World, message: Message, user: User, emoji: str) -> None:
    users = message.reactions.get(emoji, [])
    if user.id not in users:
        raise ApiError(Refusal.UNKNOWN_EMOJI)
    users.remove(user.id)
    if not users:
        del message.reactions[emoji]
    _tell_reaction(world, "MESSAGE_REACTION_REMOVE", message, user, emoji)


def _tell_reaction(world: World, event: str, message: Message, user: User, emoji: str) -> None:
    channel = world.channels[message.channel_id]
    told: Json = {
        "user_id": str(user.id),
        "channel_id": str(channel.id),
        "message_id": str(message.id),
        "emoji": emoji_payload(emoji),
        "burst": False,
        "type": 0,
    }
    if guild := world.guild_of(channel):
        told["guild_id"] = str(guild.id)
        if event == "MESSAGE_REACTION_ADD" and user.id in guild.members:
            told |= {"member": member_payload(guild.members[user.id]), "message_author_id": str(message.author.id)}
    world.tell_channel(event, channel, lambda viewer: told)
