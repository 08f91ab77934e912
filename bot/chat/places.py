"""Where people write, and who they are."""

from dataclasses import dataclass
from enum import StrEnum


class PlaceKind(StrEnum):
    """What sort of channel a place is; a thread or a DM holds one conversation, a channel many."""

    CHANNEL = "channel"
    THREAD = "thread"
    DM = "dm"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message stands. Ids are Discord's; `parent_id` is the channel that a thread hangs from."""

    kind: PlaceKind
    channel_id: int
    guild_id: int | None = None
    parent_id: int | None = None

    @property
    def scopes(self) -> tuple[int, ...]:
        """The ids whose preferences hold here, nearest first."""
        return tuple(scope for scope in (self.channel_id, self.parent_id, self.guild_id) if scope is not None)


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    name: str
    role_ids: frozenset[int] = frozenset()
    manages: bool = False
    """Whether the author may manage the server: such a person is never locked out by a preference."""
