"""What is recorded of a completion, and what is shown below it: pure functions of how the generation ended."""

from collections.abc import Iterable
from dataclasses import replace

from bot.chat.context import Context
from bot.chat.events import Ended
from bot.chat.messages import Completion, Usage
from bot.preferences.declaration import Footer
from bot.reply.controls import Act, Controls
from bot.reply.draft import SMALL, Draft
from bot.text import Text

LEAST_SHOWN = 0.0001
"""Dollars."""


def conclude(ended: Ended, stopped: Text | None, draft: Draft) -> Ended:
    """How the turn ended for the person: as the generation did, unless it was stopped or there is nothing to see."""
    if stopped:
        return replace(ended, error=f"stopped: {stopped}", sentence=None)
    if draft.is_blank and not ended.error:
        return replace(ended, error="empty answer", sentence=_empty_answer(ended))
    return ended


def completion_of(ended: Ended, draft: Draft, earlier: Completion | None = None) -> Completion:
    """The completion to record; includes the `earlier` one that it continues, whose text is in the draft."""
    completion = Completion(
        ended.model,
        draft.text,
        draft.reasoning,
        ended.answered_by,
        ended.finish_reason,
        ended.error,
        ended.usage,
        ended.first_text_after,
        ended.took,
    )
    if earlier is None:
        return completion
    counted = [usage for usage in (earlier.usage, ended.usage) if usage]
    return replace(
        completion,
        usage=sum(counted[1:], start=counted[0]) if counted else None,
        first_text_after=earlier.first_text_after,
        took=earlier.took + ended.took,
    )


def note_below(
    completion: Completion,
    ended: Ended,
    stopped: Text | None,
    left_out: Iterable[Text],
    context: Context,
    footer: str,
) -> str:
    """What is shown below a completion, one line per fact; footnotes are in small text."""
    lines = [str(stopped)] if stopped else []
    if ended.sentence:
        lines.append(f"⚠️ {ended.sentence}")
    small = [_fallback(completion, ended, context)] if ended.fallbacks else []
    small += [str(Text("Left out {file}.", file=file)) for file in left_out]
    if ended.first_text_after is not None and footer:
        small.append(footer)
    return "\n".join([*lines, *(f"{SMALL}{line}" for line in small)])


def _fallback(completion: Completion, ended: Ended, context: Context) -> str:
    values = {"failures": "; ".join(map(str, ended.fallbacks)), "model": ended.model, "count": context.omitted_images}
    if not completion.text.strip():
        return str(Text("Fell back from {failures}. `{model}` was asked instead.", **values))
    if context.omitted_images == 1:
        return str(Text("Fell back from {failures}. `{model}` answered without the earlier image.", **values))
    if context.omitted_images:
        return str(Text("Fell back from {failures}. `{model}` answered without the {count} earlier images.", **values))
    return str(Text("Fell back from {failures}. `{model}` answered.", **values))


def _empty_answer(ended: Ended) -> Text:
    if ended.finish_reason == "length":
        return Text(
            "`{model}` used up its tokens before it wrote anything. "
            "Ask for less, or have a server admin raise `max_tokens` with `/settings set`.",
            model=ended.model,
        )
    if ended.finish_reason == "content_filter":
        return Text("`{model}` won't answer that because of its content policy. Try rephrasing it.", model=ended.model)
    return Text("`{model}` sent an empty answer. Try rephrasing it, or switch models with `/model`.", model=ended.model)


def controls_for(completion: Completion, version: int = 1, versions: int = 1) -> Controls:
    """The controls below a completion that has ended; only one that was cut off can be continued."""
    acts = [Act.REGENERATE, Act.CONTINUE, Act.MODEL, Act.OLDER, Act.NEWER, Act.DELETE]
    is_cut = completion.finish_reason == "length" or completion.error is not None
    if not is_cut or not completion.text.strip():
        acts.remove(Act.CONTINUE)
    if versions < 2:
        acts = [act for act in acts if act not in (Act.OLDER, Act.NEWER)]
    return Controls(tuple(acts), version, versions)


def footer(completion: Completion, how: Footer, cost: float | None = None, context: Context | None = None) -> str:
    """The footer: model and time; in full, also tokens and cost in US dollars; empty if it is off."""
    if how is Footer.OFF:
        return ""
    facts = [f"`{completion.model}`", f"{completion.took:.1f} s"]
    if how is Footer.FULL:
        facts = [_model(completion), _time(completion), *_tokens(completion.usage), *_cost(cost)]
    if context and context.dropped:
        facts.append(str(Text("used the last {count} messages", count=context.used)))
    return " · ".join(facts)


def _model(completion: Completion) -> str:
    """The model that was asked, and the one that the provider names, if that is another."""
    asked, answered = completion.model, completion.answered_by
    if not answered or asked.endswith(answered):
        return f"`{asked}`"
    return f"`{asked}` (`{answered.replace('`', 'ˋ')}`)"


def _time(completion: Completion) -> str:
    if completion.first_text_after is None:
        return f"{completion.took:.1f} s"
    first = completion.first_text_after
    return str(Text("{took:.1f} s, first words after {first:.1f} s", took=completion.took, first=first))


def _tokens(usage: Usage | None) -> list[str]:
    if usage is None:
        return []
    counts = {"in": usage.prompt_tokens, "out": usage.completion_tokens}
    counted = [f"{count:,} {way}" for way, count in counts.items() if count is not None]
    return [str(Text("{counts} tokens", counts=" + ".join(counted)))] if counted else []


def _cost(cost: float | None) -> list[str]:
    if cost is None:
        return []
    if 0 < cost < LEAST_SHOWN:
        return [str(Text("under ${least}", least=LEAST_SHOWN))]
    return [f"${cost:.4f}"]
