"""Decides whether to answer: a pure function from facts to all reasons for and against.

The person is told the first reason against.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.chat.places import Person, Place
from bot.chat.prompts import Trigger
from bot.preferences.declaration import AnswerWhen, Preferences
from bot.reply.surface import SurfaceLost
from bot.text import Refused, Text

RESTARTING = Text("I'm restarting. Ask me again in a minute.")

_TRIGGERS = {
    Trigger.MENTION: Text("You mentioned me."),
    Trigger.REPLY: Text("You replied to one of my messages."),
    Trigger.DIRECT_MESSAGE: Text("This is a direct message."),
    Trigger.COMMAND: Text("You used a command."),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts for the decision.

    `obstacle` is why Discord would not let us answer, `closing` is our shutdown, `stopped` is why the turn was ended
    while it waited, and `left_out` names the files that could not be read.
    """

    place: Place
    person: Person
    preferences: Preferences
    triggers: frozenset[Trigger]
    has_content: bool = True
    obstacle: SurfaceLost | None = None
    closing: bool = False
    stopped: Text | None = None
    left_out: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason for or against an answer. `privately` means that it cannot be told in the channel."""

    text: Text
    against: bool = False
    privately: bool = False


class NoAnswer(Refused):
    """There is no answer; carries the first reason against."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.text)
        self.privately = reason.privately


def decide(facts: Facts) -> list[Reason]:
    """Return all reasons, those for an answer first. There is an answer if none is against."""
    chosen, person = facts.preferences, facts.person
    reasons = [Reason(text) for trigger, text in _TRIGGERS.items() if trigger in facts.triggers]
    if chosen.answer is AnswerWhen.ALWAYS:
        reasons.append(Reason(Text("I answer every message here.")))
    if not is_asked(facts):
        text = Text("You didn't address me. Mention me, or reply to one of my messages.")
        reasons.append(Reason(text, against=True))
    if facts.obstacle:
        text = cannot_answer(facts.place.channel_id, facts.obstacle)
        reasons.append(Reason(text, against=True, privately=True))
    if facts.stopped:
        reasons.append(Reason(facts.stopped, against=True))
    if facts.closing:
        reasons.append(Reason(RESTARTING, against=True))
    restricted = chosen.role_id is not None and facts.place.guild_id is not None
    if restricted and not person.manages and chosen.role_id not in person.role_ids:
        text = Text("Only <@&{role}> may talk to me here. A server admin can change that.", role=chosen.role_id)
        reasons.append(Reason(text, against=True))
    if not facts.has_content:
        reasons.append(Reason(_nothing_to_answer(facts.left_out), against=True))
    return reasons


def is_asked(facts: Facts) -> bool:
    """Whether the message expects an answer: a cheap check, since most messages do not."""
    return bool(facts.triggers) or facts.preferences.answer is AnswerWhen.ALWAYS


def check(facts: Facts) -> None:
    """Raise NoAnswer with the first reason against an answer, if there is any."""
    for reason in decide(facts):
        if reason.against:
            raise NoAnswer(reason)


def _nothing_to_answer(left_out: Iterable[Text]) -> Text:
    """Why there is nothing to answer: the prompt was empty, or its files were left out."""
    if files := "; ".join(map(str, left_out)):
        return Text("I have nothing to answer: {files}.", files=files)
    return Text(
        "Write your question in the same message as the mention, and I'll answer it. `/help` shows what else I can do."
    )


def cannot_answer(channel_id: int, lost: SurfaceLost) -> Text:
    """What the asker is told if the reply cannot be shown."""
    if lost.remedy is None:
        return Text("I couldn't answer you in <#{channel}>: {reason}.", channel=channel_id, reason=lost.reason)
    return Text(
        "I couldn't answer you in <#{channel}>: {reason}. {remedy}",
        channel=channel_id,
        reason=lost.reason,
        remedy=lost.remedy,
    )
