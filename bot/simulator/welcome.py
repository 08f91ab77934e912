"""What a gateway session is told first: READY, and each guild whole."""

from bot.simulator.errors import Json
from bot.simulator.objects import Application, Channel, Guild
from bot.simulator.payloads import (
    Viewer,
    application_payload,
    channel_payload,
    guild_payload,
    member_payload,
    own_user_payload,
    user_payload,
)
from bot.simulator.permissions import Permission, in_channel
from bot.simulator.snowflake import stamp


def visible_channels(guild: Guild, viewer: Viewer) -> list[Channel]:
    """A bot knows of hidden channels too, as on Discord; threads it must see."""
    return [
        channel
        for channel in guild.channels.values()
        if in_channel(channel, guild, viewer.user) & Permission.VIEW_CHANNEL or (viewer.user.bot and not channel.thread)
    ]


def guild_create_payload(guild: Guild, viewer: Viewer, *, everybody: bool) -> Json:
    """Without the presence intent a bot is given only its own membership, as on Discord."""
    channels = visible_channels(guild, viewer)
    members = [member for member in guild.members.values() if everybody or member.user is viewer.user]
    return guild_payload(guild) | {
        "joined_at": stamp(guild.members[viewer.user.id].joined_at),
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
        "user": own_user_payload(viewer.user),
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


def for_application(application: Application) -> Json:
    flags = application_payload(application, 0)["flags"]
    return {"application": {"id": str(application.id), "flags": flags}}


def for_person(viewer: Viewer, guilds: list[Guild], dms: list[Channel]) -> Json:
    """Discord's own client gets its guilds and direct conversations inside READY."""
    return {
        "guilds": [guild_create_payload(guild, viewer, everybody=True) for guild in guilds],
        "private_channels": [channel_payload(channel, viewer) for channel in dms],
        "users": [user_payload(user) for channel in dms for user in channel.recipients if user is not viewer.user],
        "user_settings": {},
        "read_state": {"entries": [], "partial": False, "version": 0},
    }
