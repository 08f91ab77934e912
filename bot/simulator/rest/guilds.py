"""Who am I, where is the gateway, which guilds and members are there, and what these may do."""

from datetime import UTC, datetime, timedelta

from bot.simulator.errors import ApiError, Refusal, refuse_field, snowflake
from bot.simulator.gateway import gateway_url
from bot.simulator.objects import Guild, Member
from bot.simulator.payloads import (
    application_payload,
    guild_payload,
    member_payload,
    my_guild_payload,
    own_user_payload,
    role_payload,
    user_payload,
)
from bot.simulator.permissions import Permission, in_guild
from bot.simulator.rest.call import NO_CONTENT, Answer, Call, Route
from bot.simulator.shapes import MEMBER, ROLE
from bot.simulator.snowflake import now

LONGEST_TIMEOUT = timedelta(days=28)


def get_me(call: Call) -> Answer:
    return 200, own_user_payload(call.user)


def get_application(call: Call) -> Answer:
    if not call.user.bot:
        raise ApiError(Refusal.BOTS_ONLY)
    guilds = [guild for guild in call.world.guilds.values() if call.user.id in guild.members]
    return 200, application_payload(call.world.application, len(guilds))


def get_gateway(call: Call) -> Answer:
    return 200, {"url": gateway_url(call.origin)}


def get_gateway_for_bot(call: Call) -> Answer:
    left = {"total": 1000, "remaining": 1000, "reset_after": 86_400_000, "max_concurrency": 1}
    return 200, {"url": gateway_url(call.origin), "shards": 1, "session_start_limit": left}


def list_my_guilds(call: Call) -> Answer:
    mine = [guild for guild in call.world.guilds.values() if call.user.id in guild.members]
    return 200, [my_guild_payload(guild, call.user) for guild in mine]


def leave_guild(call: Call) -> Answer:
    call.world.kick(call.user, guild=call.guild())
    return NO_CONTENT


def get_user(call: Call) -> Answer:
    user = call.world.users.get(call.id("user_id"))
    if user is None:
        raise ApiError(Refusal.UNKNOWN_USER)
    return 200, user_payload(user)


def get_guild(call: Call) -> Answer:
    return 200, guild_payload(call.guild())


def list_roles(call: Call) -> Answer:
    return 200, [role_payload(role) for role in call.guild().roles.values()]


def get_member(call: Call) -> Answer:
    return 200, member_payload(_member(call, call.id("user_id")))


def get_own_member(call: Call) -> Answer:
    return 200, member_payload(_member(call, call.user.id))


def _member(call: Call, user_id: int) -> Member:
    guild = call.guild()
    if user_id not in call.world.users:
        raise ApiError(Refusal.UNKNOWN_USER)
    if user_id not in guild.members:
        raise ApiError(Refusal.UNKNOWN_MEMBER)
    return guild.members[user_id]


def modify_member(call: Call) -> Answer:
    """Timeouts, roles, nicknames."""
    guild, member = call.guild(), _member(call, call.id("user_id"))
    if "communication_disabled_until" in call.fields:
        _time_out(call, guild, member)
    if "roles" in call.fields:
        _require(call, guild, Permission.MANAGE_ROLES)
        member.roles = [role for role in map(int, call.fields["roles"] or []) if role in guild.roles]
    if "nick" in call.fields:
        _require(call, guild, Permission.MANAGE_NICKNAMES)
        member.nick = call.fields["nick"] or None
    call.world.member_changed(member, guild)
    return 200, member_payload(member)


def _time_out(call: Call, guild: Guild, member: Member) -> None:
    """Who owns or administers the guild cannot be silenced."""
    _require(call, guild, Permission.MODERATE_MEMBERS)
    if in_guild(guild, member) & Permission.ADMINISTRATOR:
        raise ApiError(Refusal.MISSING_PERMISSIONS)
    until = call.fields["communication_disabled_until"]
    try:
        moment = datetime.fromisoformat(until) if until else None
    except ValueError:
        raise refuse_field("communication_disabled_until", "DATE_TIME_TYPE_PARSE", "Could not parse it.") from None
    if moment and moment.astimezone(UTC) > now() + LONGEST_TIMEOUT:
        raise refuse_field("communication_disabled_until", "TIMEOUT_TOO_LONG", "At most 28 days ahead.")
    member.silenced_until = moment.astimezone(UTC) if moment else None


def remove_member(call: Call) -> Answer:
    guild, member = call.guild(), _member(call, call.id("user_id"))
    _require(call, guild, Permission.KICK_MEMBERS)
    if member.user.id == guild.owner_id:
        raise ApiError(Refusal.MISSING_PERMISSIONS)
    call.world.kick(member.user, guild=guild)
    return NO_CONTENT


def modify_role(call: Call) -> Answer:
    guild = call.guild()
    _require(call, guild, Permission.MANAGE_ROLES)
    role = guild.roles.get(call.id("role_id"))
    if role is None:
        raise ApiError(Refusal.UNKNOWN_ROLE)
    role.name = call.fields.get("name") or role.name
    if call.fields.get("permissions") is not None:
        role.permissions = int(call.fields["permissions"])
    call.world.role_changed("GUILD_ROLE_UPDATE", role, guild)
    return 200, role_payload(role)


def _require(call: Call, guild: Guild, needed: Permission) -> None:
    if not in_guild(guild, guild.members[call.user.id]) & needed:
        raise ApiError(Refusal.MISSING_PERMISSIONS)


def list_members(call: Call) -> Answer:
    """Oldest id first, as many as asked for; a bot needs the members intent, which every application here has."""
    after, limit = snowflake(call.query.get("after", 0), "after"), snowflake(call.query.get("limit", 1), "limit")
    members = sorted(call.guild().members.values(), key=lambda member: member.user.id)
    return 200, [member_payload(member) for member in members if member.user.id > after][:limit]


ROUTES = (
    Route("GET", "/users/@me", get_me),
    Route("GET", "/oauth2/applications/@me", get_application),
    Route("GET", "/applications/@me", get_application),
    Route("GET", "/gateway", get_gateway, open=True),
    Route("GET", "/gateway/bot", get_gateway_for_bot),
    Route("GET", "/users/@me/guilds", list_my_guilds),
    Route("DELETE", "/users/@me/guilds/{guild_id}", leave_guild),
    Route("GET", "/users/@me/guilds/{guild_id}/member", get_own_member),
    Route("GET", "/users/{user_id}", get_user),
    Route("GET", "/guilds/{guild_id}", get_guild),
    Route("GET", "/guilds/{guild_id}/roles", list_roles),
    Route("GET", "/guilds/{guild_id}/members", list_members),
    Route("GET", "/guilds/{guild_id}/members/{user_id}", get_member),
    Route("PATCH", "/guilds/{guild_id}/members/{user_id}", modify_member, body=MEMBER),
    Route("DELETE", "/guilds/{guild_id}/members/{user_id}", remove_member),
    Route("PATCH", "/guilds/{guild_id}/roles/{role_id}", modify_role, body=ROLE),
)
