"""Gateway intents: which event needs which bit (Discord docs: Gateway, List of Intents)."""

GUILDS, MEMBERS, PRESENCES, MESSAGES, REACTIONS, TYPING = 0, 1, 8, 9, 10, 11
DM_MESSAGES, DM_REACTIONS, DM_TYPING, MESSAGE_CONTENT = 12, 13, 14, 15
ALL_INTENTS = (1 << 26) - 1

# event -> (intent required in a guild, intent required in a DM)
REQUIRED_INTENTS: dict[str, tuple[int, int]] = {
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


def has_intent(intents: int, bit: int) -> bool:
    return bool(intents >> bit & 1)


def receives(intents: int, event: str, *, in_guild: bool) -> bool:
    """Whether a session with these intents gets the event. Events without an entry, such as READY, always pass."""
    if event not in REQUIRED_INTENTS:
        return True
    guild_intent, dm_intent = REQUIRED_INTENTS[event]
    return has_intent(intents, guild_intent if in_guild else dm_intent)
