"""What a person can do to a reply, and when."""

from dataclasses import dataclass
from enum import StrEnum

from bot.chat.messages import Completion


class Act(StrEnum):
    """What a person can do to a reply."""

    STOP = "stop"
    REGENERATE = "regenerate"
    CONTINUE = "continue"
    MODEL = "model"
    OLDER = "older"
    NEWER = "newer"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Controls:
    """The acts that are offered below a reply. `version` counts from 1."""

    acts: tuple[Act, ...] = ()
    version: int = 1
    versions: int = 1


NONE = Controls()


def controls_for(completion: Completion, version: int = 1, versions: int = 1) -> Controls:
    """What can be done to a completion that has ended; only one that was cut can be continued."""
    acts = [Act.REGENERATE, Act.CONTINUE, Act.MODEL, Act.OLDER, Act.NEWER, Act.DELETE]
    if not is_cut(completion):
        acts.remove(Act.CONTINUE)
    if versions < 2:
        acts = [act for act in acts if act not in (Act.OLDER, Act.NEWER)]
    return Controls(tuple(acts), version, versions)


def is_cut(completion: Completion) -> bool:
    """Whether there is the start of an answer and no end."""
    broken = completion.finish_reason == "length" or completion.error is not None
    return broken and bool(completion.text.strip())
