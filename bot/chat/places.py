"""Where people write, and who they are."""

from dataclasses import dataclass
from enum import StrEnum


class PlaceKind(StrEnum):
    """The kind of a channel. A thread or a DM has one conversation, a channel many."""

    CHANNEL = "channel"
    THREAD = "thread"
    DM = "dm"


class ScopeKind(StrEnum):
    """What can have its own preferences. The @everyone role has the guild's id, so an id alone is ambiguous."""

    GUILD = "guild"
    CATEGORY = "category"
    CHANNEL = "channel"
    THREAD = "thread"
    ROLE = "role"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Scope:
    """Something that can have preferences; forums and DMs count as channels."""

    kind: ScopeKind
    id: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message was sent. Ids are Discord's; `parent_id` is a thread's channel or forum."""

    kind: PlaceKind
    channel_id: int
    guild_id: int | None = None
    parent_id: int | None = None
    category_id: int | None = None

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """The scopes whose preferences apply here, nearest first."""
        own = ScopeKind.THREAD if self.kind is PlaceKind.THREAD else ScopeKind.CHANNEL
        chain = (
            (own, self.channel_id),
            (ScopeKind.CHANNEL, self.parent_id),
            (ScopeKind.CATEGORY, self.category_id),
            (ScopeKind.GUILD, self.guild_id),
        )
        return tuple(Scope(kind, id) for kind, id in chain if id is not None)


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    name: str
    role_ids: frozenset[int] = frozenset()
    manages: bool = False
    """Whether the person can manage the server, and is therefore never locked out by a preference."""
