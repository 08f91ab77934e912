"""Payloads of users, members, roles, channels, guilds and apps, with every field that Discord's OpenAPI requires."""

from dataclasses import dataclass
from typing import Any

from bot.simulator.errors import Json
from bot.simulator.objects import Application, Channel, Guild, Member, Role, User
from bot.simulator.permissions import guild_permissions
from bot.simulator.snowflake import iso8601, snowflake_time

FILE_LIMIT = 10 * 1024 * 1024
VERIFY_KEY = "0" * 64


@dataclass(frozen=True, slots=True)
class Viewer:
    """The recipient of a payload: the user, the origin for URLs, and whether they get message content."""

    user: User
    origin: str
    reads_content: bool = True


def id_or_none(snowflake: int | None) -> str | None:
    """A nullable id, formatted for a payload."""
    return None if snowflake is None else str(snowflake)


def user_payload(user: User) -> Json:
    payload: Json = {
        "id": str(user.id),
        "username": user.username,
        "global_name": user.global_name,
        "discriminator": "0",
        "avatar": None,
        "banner": None,
        "accent_color": None,
        "avatar_decoration_data": None,
        "collectibles": None,
        "primary_guild": None,
        "public_flags": 0,
        "flags": 0,
    }
    return payload | {"bot": True} if user.bot else payload


def current_user_payload(user: User) -> Json:
    private = {"mfa_enabled": True, "locale": "en-US", "premium_type": 0, "email": None, "verified": True}
    return user_payload(user) | private


def member_payload(member: Member, *, with_user: bool = True) -> Json:
    payload: Json = {
        "avatar": None,
        "banner": None,
        "communication_disabled_until": iso8601(member.timed_out_until) if member.timed_out_until else None,
        "flags": 0,
        "joined_at": iso8601(member.joined_at),
        "nick": member.nick,
        "pending": False,
        "premium_since": None,
        "roles": [str(role_id) for role_id in member.roles],
        "mute": False,
        "deaf": False,
    }
    return payload | {"user": user_payload(member.user)} if with_user else payload


def role_payload(role: Role) -> Json:
    payload: Json = {
        "id": str(role.id),
        "name": role.name,
        "permissions": str(role.permissions),
        "position": role.position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": role.bot_id is not None,
        "mentionable": role.mentionable,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }
    return payload | {"tags": {"bot_id": str(role.bot_id)}} if role.bot_id else payload


def channel_payload(channel: Channel, viewer: Viewer) -> Json:
    if channel.thread:
        return _thread(channel, viewer)
    if channel.guild_id is None:
        return _dm(channel, viewer)
    return {
        "id": str(channel.id),
        "type": channel.type,
        "flags": 0,
        "guild_id": str(channel.guild_id),
        "name": channel.name,
        "position": channel.position,
        "parent_id": id_or_none(channel.parent_id),
        "last_message_id": id_or_none(channel.last_message_id),
        "topic": channel.topic,
        "nsfw": False,
        "rate_limit_per_user": channel.slowmode,
        "permission_overwrites": [
            {"id": str(entry.id), "type": entry.type, "allow": str(entry.allow), "deny": str(entry.deny)}
            for entry in channel.overwrites.values()
        ],
    }


def _dm(channel: Channel, viewer: Viewer) -> Json:
    others = [user for user in channel.recipients if user is not viewer.user]
    return {
        "id": str(channel.id),
        "type": channel.type,
        "flags": 0,
        "last_message_id": id_or_none(channel.last_message_id),
        "recipients": [user_payload(user) for user in others],
    }


def _thread(channel: Channel, viewer: Viewer) -> Json:
    assert channel.thread is not None
    payload: Json = {
        "id": str(channel.id),
        "type": channel.type,
        "flags": 0,
        "guild_id": str(channel.guild_id),
        "parent_id": id_or_none(channel.parent_id),
        "owner_id": str(channel.thread.owner_id),
        "name": channel.name,
        "last_message_id": id_or_none(channel.last_message_id),
        "rate_limit_per_user": channel.slowmode,
        "message_count": channel.thread.message_count,
        "total_message_sent": channel.thread.message_count,
        "member_count": len(channel.thread.members),
        "thread_metadata": {
            "archived": channel.thread.archived,
            "archive_timestamp": iso8601(channel.thread.archived_at),
            "auto_archive_duration": channel.thread.auto_archive_duration,
            "locked": channel.thread.locked,
            "create_timestamp": iso8601(snowflake_time(channel.id)),
        },
    }
    if viewer.user.id in channel.thread.members:
        payload["member"] = thread_member_payload(channel, viewer.user.id)
    return payload


def thread_member_payload(channel: Channel, user_id: int) -> Json:
    assert channel.thread is not None
    joined = iso8601(channel.thread.members[user_id])
    return {"id": str(channel.id), "user_id": str(user_id), "join_timestamp": joined, "flags": 1}


def guild_payload(guild: Guild) -> Json:
    return _constant_guild_fields() | {
        "id": str(guild.id),
        "name": guild.name,
        "owner_id": str(guild.owner_id),
        "roles": [role_payload(role) for role in guild.roles.values()],
        "emojis": [],
        "stickers": [],
        "features": [],
        "approximate_member_count": len(guild.members),
        "approximate_presence_count": len(guild.members),
    }


def _constant_guild_fields() -> Json:
    """Required fields that the simulator never changes."""
    absent = (
        "icon description home_header splash discovery_splash banner application_id afk_channel_id system_channel_id"
        " widget_channel_id max_presences vanity_url_code rules_channel_id safety_alerts_channel_id"
        " public_updates_channel_id incidents_data"
    )
    none: Json = dict.fromkeys(absent.split())
    return none | {
        "region": "deprecated",
        "afk_timeout": 300,
        "system_channel_flags": 0,
        "widget_enabled": False,
        "verification_level": 0,
        "default_message_notifications": 0,
        "mfa_level": 0,
        "explicit_content_filter": 0,
        "max_members": 500_000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": "en-US",
        "premium_progress_bar_enabled": False,
        "nsfw": False,
        "nsfw_level": 0,
    }


def partial_guild_payload(guild: Guild, user: User) -> Json:
    return {
        "id": str(guild.id),
        "name": guild.name,
        "icon": None,
        "banner": None,
        "owner": guild.owner_id == user.id,
        "permissions": str(guild_permissions(guild, guild.members[user.id])),
        "features": [],
    }


def application_payload(application: Application, guild_count: int) -> Json:
    # flags of an unverified app: members and message content intents "limited" (Discord docs: Application Flags)
    flags = (1 << 15) | (1 << 13) | ((1 << 19) if application.message_content else 0)
    return {
        "id": str(application.id),
        "name": application.name,
        "icon": None,
        "description": "",
        "type": None,
        "bot": user_payload(application.bot),
        "owner": user_payload(application.owner),
        "team": None,
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": VERIFY_KEY,
        "flags": flags,
        "flags_new": str(flags),
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "approximate_guild_count": guild_count,
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "eligible_oauth2_scopes": ["bot", "applications.commands"],
        "integration_types_config": {"0": {}},
    }


def partial_application_payload(application: Application) -> Json:
    shown = ("id", "name", "icon", "description", "verify_key", "flags", "bot")
    whole: dict[str, Any] = application_payload(application, 0)
    return {key: whole[key] for key in shown}
