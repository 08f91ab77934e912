"""Payloads of the first events of a gateway session: READY and GUILD_CREATE."""

from bot.simulator.errors import Json
from bot.simulator.objects import Application, Channel, Guild
from bot.simulator.payloads import (
    Viewer,
    application_payload,
    channel_payload,
    current_user_payload,
    guild_payload,
    member_payload,
    user_payload,
)
from bot.simulator.permissions import Permission, channel_permissions
from bot.simulator.snowflake import iso8601


def visible_channels(guild: Guild, viewer: Viewer) -> list[Channel]:
    """The channels in GUILD_CREATE. Bots also get channels that they cannot view, but not threads in them."""
    return [
        channel
        for channel in guild.channels.values()
        if channel_permissions(channel, guild, viewer.user) & Permission.VIEW_CHANNEL
        or (viewer.user.bot and not channel.thread)
    ]


def guild_create_payload(guild: Guild, viewer: Viewer, *, all_members: bool) -> Json:
    """GUILD_CREATE. Without the GUILD_PRESENCES intent a bot gets only its own member (`all_members` False)."""
    channels = visible_channels(guild, viewer)
    members = [member for member in guild.members.values() if all_members or member.user is viewer.user]
    return guild_payload(guild) | {
        "joined_at": iso8601(guild.members[viewer.user.id].joined_at),
        "large": False,
        "member_count": len(guild.members),
        "members": [member_payload(member) for member in members],
        "channels": [channel_payload(channel, viewer) for channel in channels if not channel.thread],
        "threads": [channel_payload(c, viewer) for c in channels if c.thread and not c.thread.archived],
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def ready_payload(viewer: Viewer, guilds: list[Guild], session_id: str, resume_url: str) -> Json:
    return {
        "v": 10,
        "user": current_user_payload(viewer.user),
        "session_id": session_id,
        "session_type": "normal",
        "resume_gateway_url": resume_url,
        "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
        "private_channels": [],
        "relationships": [],
        "presences": [],
        "guild_join_requests": [],
        "geo_ordered_rtc_regions": [],
        "_trace": ["simulator"],
    }


def application_ready_fields(application: Application) -> Json:
    flags = application_payload(application, 0)["flags"]
    return {"application": {"id": str(application.id), "flags": flags}}


def person_ready_fields(viewer: Viewer, guilds: list[Guild], dms: list[Channel]) -> Json:
    """READY fields that only users get: their guilds and DMs."""
    return {
        "guilds": [guild_create_payload(guild, viewer, all_members=True) for guild in guilds],
        "private_channels": [channel_payload(channel, viewer) for channel in dms],
        "users": [user_payload(user) for channel in dms for user in channel.recipients if user is not viewer.user],
        "user_settings": {},
        "read_state": {"entries": [], "partial": False, "version": 0},
    }
