"""Message payloads for one viewer: URLs with the viewer's host, blank content without the MESSAGE_CONTENT intent."""

import hashlib
import hmac
import time
from urllib.parse import quote

from bot.simulator.components import resolve_attachment_urls
from bot.simulator.errors import Json
from bot.simulator.objects import DM, Application, Attachment, Channel, Guild, Interaction, Message, MessageFlag, User
from bot.simulator.payloads import Viewer, channel_payload, id_or_none, member_payload, user_payload
from bot.simulator.snowflake import iso8601

LINK_TTL = 24 * 3600  # seconds
LINK_KEY = b"links of the simulated CDN"  # not a secret: it only makes expired and forged URLs fail
COMMAND, COMPONENT, MODAL = 2, 3, 5


def message_payload(message: Message, viewer: Viewer, channel: Channel, guild: Guild | None, app: Application) -> Json:
    payload = _content_fields(message, viewer, channel) | {
        "id": str(message.id),
        "channel_id": str(message.channel_id),
        "type": message.type,
        "flags": message.flags,
        "author": user_payload(message.author),
        "timestamp": iso8601(message.created_at),
        "edited_timestamp": iso8601(message.edited_at) if message.edited_at else None,
        "mentions": [user_payload(user) for user in message.mentions],
        "mention_roles": [str(role_id) for role_id in message.mention_roles],
        "mention_everyone": message.mention_everyone,
        "pinned": message.pinned,
        "tts": message.tts,
    }
    payload |= _optional(message, viewer, channel, guild, app)
    if message.referenced_message is not None and not message.referenced_message.deleted:
        inner = message_payload(message.referenced_message, viewer, channel, guild, app)
        payload["referenced_message"] = {k: v for k, v in inner.items() if k not in ("referenced_message", "reactions")}
    elif message.reference and message.reference.message_id and not message.snapshot:
        payload["referenced_message"] = None
    return payload


def event_payload(message: Message, viewer: Viewer, channel: Channel, guild: Guild | None, app: Application) -> Json:
    """The payload of MESSAGE_CREATE and MESSAGE_UPDATE, which adds guild_id and the members of author and mentions."""
    payload = message_payload(message, viewer, channel, guild, app) | {"channel_type": channel.type}
    if guild is None:
        return payload
    payload["guild_id"] = str(guild.id)
    if author := guild.members.get(message.author.id):
        payload["member"] = member_payload(author, with_user=False)
    for user in payload["mentions"]:
        if member := guild.members.get(int(user["id"])):
            user["member"] = member_payload(member, with_user=False)
    return payload


def _content_fields(message: Message, viewer: Viewer, channel: Channel) -> Json:
    if not can_read_content(message, viewer, channel):
        return {"content": "", "embeds": [], "attachments": [], "components": []}
    attachments = [attachment_payload(entry, viewer.origin) for entry in message.attachments]
    urls = {attachment["filename"]: attachment["url"] for attachment in attachments}
    suppressed = message.flags & MessageFlag.SUPPRESS_EMBEDS
    return {
        "content": message.content,
        "embeds": [] if suppressed else resolve_attachment_urls(message.embeds, urls),
        "attachments": attachments,
        "components": resolve_attachment_urls(message.components, urls),
    }


def can_read_content(message: Message, viewer: Viewer, channel: Channel) -> bool:
    """Whether the viewer gets the content (Discord docs: Gateway, Message Content Intent).

    Without the intent an app gets its own messages, DMs and messages that mention it. The ping of a reply counts as a
    mention only if it replies to a regular message of the app, not to an interaction response.
    """
    if viewer.reads_content or message.author is viewer.user or channel.type == DM:
        return True
    if viewer.user.id in message.mentioned_in_content:
        return True
    to_interaction = message.referenced_message is not None and message.referenced_message.interaction is not None
    return viewer.user in message.mentions and not to_interaction


def _optional(message: Message, viewer: Viewer, channel: Channel, guild: Guild | None, app: Application) -> Json:
    payload: Json = {}
    if message.nonce is not None:
        payload["nonce"] = message.nonce
    if message.reference:
        payload["message_reference"] = _reference(message)
    if message.reactions:
        payload["reactions"] = [_reaction(key, users, viewer.user) for key, users in message.reactions.items()]
    if message.interaction:
        payload |= {"application_id": str(app.id), "webhook_id": str(app.id)} | _interaction(message)
    if message.snapshot:
        payload["message_snapshots"] = [{"message": _snapshot(message.snapshot, viewer, channel)}]
    if message.thread_id and guild and message.thread_id in guild.channels:
        payload["thread"] = channel_payload(guild.channels[message.thread_id], viewer)
    return payload


def _snapshot(message: Message, viewer: Viewer, channel: Channel) -> Json:
    """A message snapshot: a forwarded message without its author."""
    return _content_fields(message, viewer, channel) | {
        "type": message.type,
        "flags": message.flags,
        "timestamp": iso8601(message.created_at),
        "edited_timestamp": iso8601(message.edited_at) if message.edited_at else None,
        "mentions": [user_payload(user) for user in message.mentions],
        "mention_roles": [str(role_id) for role_id in message.mention_roles],
    }


def _reference(message: Message) -> Json:
    assert message.reference is not None
    ids = {
        "message_id": id_or_none(message.reference.message_id),
        "channel_id": str(message.reference.channel_id),
        "guild_id": id_or_none(message.reference.guild_id),
    }
    return {"type": 1 if message.snapshot else 0} | {key: value for key, value in ids.items() if value is not None}


def emoji_payload(key: str) -> Json:
    """A reaction's emoji: `key` is a character, or name:id of a custom emoji."""
    name, _, custom_id = key.partition(":")
    return {"id": custom_id or None, "name": name}


def _reaction(key: str, users: list[int], viewer: User) -> Json:
    return {
        "emoji": emoji_payload(key),
        "count": len(users),
        "count_details": {"burst": 0, "normal": len(users)},
        "burst_colors": [],
        "me": viewer.id in users,
        "me_burst": False,
        "burst_me": False,
        "burst_count": 0,
    }


def _interaction(message: Message) -> Json:
    interaction = message.interaction
    assert interaction is not None
    metadata = _metadata(interaction)
    if interaction.original not in (None, message):  # a follow-up
        metadata["original_response_message_id"] = str(interaction.original.id)
    payload: Json = {"interaction_metadata": metadata}
    if interaction.type == COMMAND:
        payload["interaction"] = {
            "id": str(interaction.id),
            "type": interaction.type,
            "name": interaction.data["name"],
            "user": user_payload(interaction.user),
        }
    return payload


def _metadata(interaction: Interaction) -> Json:
    guild_id = interaction.channel.guild_id
    payload: Json = {
        "id": str(interaction.id),
        "type": interaction.type,
        "user": user_payload(interaction.user),
        "authorizing_integration_owners": {"0": str(guild_id or 0)},
    }
    if interaction.type == COMMAND:
        return payload | {"name": interaction.data["name"], "command_type": interaction.data["type"]}
    if interaction.type == MODAL and interaction.opened_by:
        return payload | {"triggering_interaction_metadata": _metadata(interaction.opened_by)}
    return payload | {"interacted_message_id": str(interaction.message.id if interaction.message else 0)}


def attachment_payload(attachment: Attachment, origin: str) -> Json:
    url = attachment_url(attachment, origin)
    payload: Json = {
        "id": str(attachment.id),
        "filename": attachment.filename,
        "size": len(attachment.content),
        "url": url,
        "proxy_url": url,
        "flags": 0,
    }
    if attachment.content_type:
        payload["content_type"] = attachment.content_type
    if attachment.description:
        payload["description"] = attachment.description
    if attachment.size:
        payload["width"], payload["height"] = attachment.size
    return payload | {"ephemeral": True} if attachment.ephemeral else payload


def attachment_url(attachment: Attachment, origin: str) -> str:
    path = f"/cdn/attachments/{attachment.channel_id}/{attachment.id}/{quote(attachment.filename)}"
    issued = int(time.time())
    expires, issued_at = f"{issued + LINK_TTL:x}", f"{issued:x}"
    return f"{origin}{path}?ex={expires}&is={issued_at}&hm={link_signature(attachment.id, expires, issued_at)}"


def link_signature(attachment_id: int, expires: str, issued_at: str) -> str:
    return hmac.new(LINK_KEY, f"{attachment_id} {expires} {issued_at}".encode(), hashlib.sha256).hexdigest()
