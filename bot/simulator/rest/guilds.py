"""The current user, the gateway URL, guilds, members and roles (Discord docs: User, Gateway, Guild)."""

from datetime import UTC, datetime, timedelta

from bot.simulator.errors import ApiError, ErrorCode, field_error, parse_snowflake
from bot.simulator.gateway import gateway_url
from bot.simulator.objects import Guild, Member
from bot.simulator.payloads import (
    application_payload,
    current_user_payload,
    guild_payload,
    member_payload,
    partial_guild_payload,
    role_payload,
    user_payload,
)
from bot.simulator.permissions import Permission, guild_permissions
from bot.simulator.rest.call import NO_CONTENT, Call, Response, Route
from bot.simulator.schemas import MEMBER, ROLE
from bot.simulator.snowflake import now

MAX_TIMEOUT = timedelta(days=28)


def get_me(call: Call) -> Response:
    return 200, current_user_payload(call.user)


def get_application(call: Call) -> Response:
    if not call.user.bot:
        raise ApiError(ErrorCode.BOTS_ONLY)
    guilds = [guild for guild in call.world.guilds.values() if call.user.id in guild.members]
    return 200, application_payload(call.world.application, len(guilds))


def get_gateway(call: Call) -> Response:
    return 200, {"url": gateway_url(call.origin)}


def get_gateway_for_bot(call: Call) -> Response:
    left = {"total": 1000, "remaining": 1000, "reset_after": 86_400_000, "max_concurrency": 1}
    return 200, {"url": gateway_url(call.origin), "shards": 1, "session_start_limit": left}


def list_my_guilds(call: Call) -> Response:
    mine = [guild for guild in call.world.guilds.values() if call.user.id in guild.members]
    return 200, [partial_guild_payload(guild, call.user) for guild in mine]


def leave_guild(call: Call) -> Response:
    call.world.kick(call.user, guild=call.guild())
    return NO_CONTENT


def get_user(call: Call) -> Response:
    user = call.world.users.get(call.id("user_id"))
    if user is None:
        raise ApiError(ErrorCode.UNKNOWN_USER)
    return 200, user_payload(user)


def get_guild(call: Call) -> Response:
    return 200, guild_payload(call.guild())


def list_roles(call: Call) -> Response:
    return 200, [role_payload(role) for role in call.guild().roles.values()]


def get_member(call: Call) -> Response:
    return 200, member_payload(_member(call, call.id("user_id")))


def get_own_member(call: Call) -> Response:
    return 200, member_payload(_member(call, call.user.id))


def _member(call: Call, user_id: int) -> Member:
    guild = call.guild()
    if user_id not in call.world.users:
        raise ApiError(ErrorCode.UNKNOWN_USER)
    if user_id not in guild.members:
        raise ApiError(ErrorCode.UNKNOWN_MEMBER)
    return guild.members[user_id]


def modify_member(call: Call) -> Response:
    """Change timeout, roles and nickname."""
    guild, member = call.guild(), _member(call, call.id("user_id"))
    if "communication_disabled_until" in call.fields:
        _time_out(call, guild, member)
    if "roles" in call.fields:
        call.require_in_guild(guild, Permission.MANAGE_ROLES)
        member.roles = [role for role in map(int, call.fields["roles"] or []) if role in guild.roles]
    if "nick" in call.fields:
        call.require_in_guild(guild, Permission.MANAGE_NICKNAMES)
        member.nick = call.fields["nick"] or None
    call.world.member_changed(member, guild)
    return 200, member_payload(member)


def _time_out(call: Call, guild: Guild, member: Member) -> None:
    call.require_in_guild(guild, Permission.MODERATE_MEMBERS)
    # the owner and administrators cannot be timed out
    if guild_permissions(guild, member) & Permission.ADMINISTRATOR:
        raise ApiError(ErrorCode.MISSING_PERMISSIONS)
    until = call.fields["communication_disabled_until"]
    try:
        moment = datetime.fromisoformat(until) if until else None
    except ValueError:
        raise field_error(
            "communication_disabled_until", "DATE_TIME_TYPE_PARSE", "Could not parse the timestamp."
        ) from None
    if moment and moment.astimezone(UTC) > now() + MAX_TIMEOUT:
        raise field_error("communication_disabled_until", "TIMEOUT_TOO_LONG", "Must be at most 28 days ahead.")
    member.timed_out_until = moment.astimezone(UTC) if moment else None


def remove_member(call: Call) -> Response:
    guild, member = call.guild(), _member(call, call.id("user_id"))
    call.require_in_guild(guild, Permission.KICK_MEMBERS)
    if member.user.id == guild.owner_id:
        raise ApiError(ErrorCode.MISSING_PERMISSIONS)
    call.world.kick(member.user, guild=guild)
    return NO_CONTENT


def modify_role(call: Call) -> Response:
    guild = call.guild()
    call.require_in_guild(guild, Permission.MANAGE_ROLES)
    role = guild.roles.get(call.id("role_id"))
    if role is None:
        raise ApiError(ErrorCode.UNKNOWN_ROLE)
    role.name = call.fields.get("name") or role.name
    if call.fields.get("permissions") is not None:
        role.permissions = int(call.fields["permissions"])
    call.world.role_changed("GUILD_ROLE_UPDATE", role, guild)
    return 200, role_payload(role)


def list_members(call: Call) -> Response:
    """By ascending id. Every simulated application has the GUILD_MEMBERS intent that this endpoint needs."""
    after, limit = (
        parse_snowflake(call.query.get("after", 0), "after"),
        parse_snowflake(call.query.get("limit", 1), "limit"),
    )
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
