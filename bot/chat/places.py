"""Where people write, and who they are."""

from dataclasses import dataclass
from enum import StrEnum


class PlaceKind(StrEnum):
    """What sort of channel a place is; a thread or a DM holds one conversation, a channel many."""

    CHANNEL = "channel"
    THREAD = "thread"
    DM = "dm"


class ScopeKind(StrEnum):
    """What can have preferences of its own. The @everyone role has the guild's id, so an id alone is ambiguous."""

    GUILD = "guild"
    CATEGORY = "category"
    CHANNEL = "channel"
    THREAD = "thread"
    ROLE = "role"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Scope:
    """Something that has preferences; a forum and a DM are channels."""

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
        """What has preferences that apply here, nearest first."""
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
    """Whether the author may manage the server: such a person is never locked out by a preference."""
