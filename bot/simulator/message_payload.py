"""How a message looks to one viewer: addresses of this host, no content where the intent is missing."""

import hashlib
import hmac
import time
from urllib.parse import quote

from bot.simulator.components import with_addresses
from bot.simulator.errors import Json
from bot.simulator.objects import DM, Application, Attachment, Channel, Guild, Interaction, Message, MessageFlag, User
from bot.simulator.payloads import Viewer, channel_payload, member_payload, text, user_payload
from bot.simulator.snowflake import stamp

LINK_LIFE = 24 * 3600
LINK_KEY = b"links of the simulated CDN"  # no secret: it only makes stale and invented links fail
COMMAND, COMPONENT, MODAL = 2, 3, 5


def message_payload(message: Message, viewer: Viewer, channel: Channel, guild: Guild | None, app: Application) -> Json:
    payload = _body(message, viewer, channel) | {
        "id": str(message.id),
        "channel_id": str(message.channel_id),
        "type": message.type,
        "flags": message.flags,
        "author": user_payload(message.author),
        "timestamp": stamp(message.created_at),
        "edited_timestamp": stamp(message.edited_at) if message.edited_at else None,
        "mentions": [user_payload(user) for user in message.mentions],
        "mention_roles": [str(role_id) for role_id in message.mention_roles],
        "mention_everyone": message.mention_everyone,
        "pinned": message.pinned,
        "tts": message.tts,
    }
    payload |= _optional(message, viewer, channel, guild, app)
    if message.referenced is not None and not message.referenced.deleted:
        inner = message_payload(message.referenced, viewer, channel, guild, app)
        payload["referenced_message"] = {k: v for k, v in inner.items() if k not in ("referenced_message", "reactions")}
    elif message.reference and message.reference.message_id and not message.forwarded:
        payload["referenced_message"] = None
    return payload


def event_payload(message: Message, viewer: Viewer, channel: Channel, guild: Guild | None, app: Application) -> Json:
    """As in MESSAGE_CREATE: with the guild, the author's membership and that of the mentioned."""
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


def _body(message: Message, viewer: Viewer, channel: Channel) -> Json:
    if not reads(message, viewer, channel):
        return {"content": "", "embeds": [], "attachments": [], "components": []}
    attachments = [attachment_payload(entry, viewer.origin) for entry in message.attachments]
    addresses = {shown["filename"]: shown["url"] for shown in attachments}
    suppressed = message.flags & MessageFlag.SUPPRESS_EMBEDS
    return {
        "content": message.content,
        "embeds": [] if suppressed else with_addresses(message.embeds, addresses),
        "attachments": attachments,
        "components": with_addresses(message.components, addresses),
    }


def reads(message: Message, viewer: Viewer, channel: Channel) -> bool:
    """Discord's rule for apps without the message content intent.

    The ping of a reply counts as a mention only if the reply is to a regular message of the app, not to its answer
    to a command.
    """
    if viewer.reads_content or message.author is viewer.user or channel.type == DM:
        return True
    if viewer.user.id in message.named:
        return True
    to_interaction = message.referenced is not None and message.referenced.interaction is not None
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
    if message.forwarded:
        payload["message_snapshots"] = [{"message": _snapshot(message.forwarded, viewer, channel)}]
    if message.thread_id and guild and message.thread_id in guild.channels:
        payload["thread"] = channel_payload(guild.channels[message.thread_id], viewer)
    return payload


def _snapshot(message: Message, viewer: Viewer, channel: Channel) -> Json:
    """A forwarded message without its author."""
    return _body(message, viewer, channel) | {
        "type": message.type,
        "flags": message.flags,
        "timestamp": stamp(message.created_at),
        "edited_timestamp": stamp(message.edited_at) if message.edited_at else None,
        "mentions": [user_payload(user) for user in message.mentions],
        "mention_roles": [str(role_id) for role_id in message.mention_roles],
    }


def _reference(message: Message) -> Json:
    assert message.reference is not None
    ids = {
        "message_id": text(message.reference.message_id),
        "channel_id": str(message.reference.channel_id),
        "guild_id": text(message.reference.guild_id),
    }
    return {"type": 1 if message.forwarded else 0} | {key: value for key, value in ids.items() if value is not None}


def emoji_payload(key: str) -> Json:
    """A reaction's emoji: a character, or name:id of a server's own."""
    name, _, own_id = key.partition(":")
    return {"id": own_id or None, "name": name}


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
    about = _metadata(interaction)
    if interaction.original not in (None, message):  # a follow-up
        about["original_response_message_id"] = str(interaction.original.id)
    payload: Json = {"interaction_metadata": about}
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
    expires, since = f"{issued + LINK_LIFE:x}", f"{issued:x}"
    return f"{origin}{path}?ex={expires}&is={since}&hm={link_signature(attachment.id, expires, since)}"


def link_signature(attachment_id: int, expires: str, since: str) -> str:
    return hmac.new(LINK_KEY, f"{attachment_id} {expires} {since}".encode(), hashlib.sha256).hexdigest()
