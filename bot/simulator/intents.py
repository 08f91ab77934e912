"""Which events a bot's intents let through, and which intents need a permission of their own."""

GUILDS, MEMBERS, PRESENCES, MESSAGES, REACTIONS, TYPING = 0, 1, 8, 9, 10, 11
DM_MESSAGES, DM_REACTIONS, DM_TYPING, CONTENT = 12, 13, 14, 15
KNOWN = (1 << 26) - 1

# event -> the intent it needs in a guild, the intent it needs in a DM
NEEDS: dict[str, tuple[int, int]] = {
    "GUILD_CREATE": (GUILDS, GUILDS),
    "GUILD_UPDATE": (GUILDS, GUILDS),
    "GUILD_DELETE": (GUILDS, GUILDS),
    "GUILD_ROLE_CREATE": (GUILDS, GUILDS),
    "GUILD_ROLE_UPDATE": (GUILDS, GUILDS),
    "CHANNEL_CREATE": (GUILDS, GUILDS),
    "CHANNEL_UPDATE": (GUILDS, GUILDS),
    "CHANNEL_DELETE": (GUILDS, GUILDS),
    "THREAD_CREATE": (GUILDS, GUILDS),
    "THREAD_UPDATE": (GUILDS, GUILDS),
    "THREAD_DELETE": (GUILDS, GUILDS),
    "THREAD_MEMBERS_UPDATE": (MEMBERS, MEMBERS),
    "GUILD_MEMBER_ADD": (MEMBERS, MEMBERS),
    "GUILD_MEMBER_UPDATE": (MEMBERS, MEMBERS),
    "GUILD_MEMBER_REMOVE": (MEMBERS, MEMBERS),
    "MESSAGE_CREATE": (MESSAGES, DM_MESSAGES),
    "MESSAGE_UPDATE": (MESSAGES, DM_MESSAGES),
    "MESSAGE_DELETE": (MESSAGES, DM_MESSAGES),
    "MESSAGE_DELETE_BULK": (MESSAGES, DM_MESSAGES),
    "MESSAGE_REACTION_ADD": (REACTIONS, DM_REACTIONS),
    "MESSAGE_REACTION_REMOVE": (REACTIONS, DM_REACTIONS),
    "TYPING_START": (TYPING, DM_TYPING),
}


def has(intents: int, bit: int) -> bool:
    return bool(intents >> bit & 1)


def lets_through(intents: int, event: str, *, in_guild: bool) -> bool:
    if event not in NEEDS:
        return True
    of_guild, of_dm = NEEDS[event]
    return has(intents, of_guild if in_guild else of_dm)
