"""Values that each preference accepts and some that it does not, by how it is typed: a new preference is covered."""

from typing import Any

from hypothesis import strategies as st

from bot.preferences.declaration import PREFERENCES
from bot.preferences.inputs import Choice, Input, LongText, ModelList, ModelName, Number, RoleId, YesNo

MODELS = ("groq/openai/gpt-oss-20b", "xai/grok-4.3", "ollama/gemma4:latest")


def samples(name: str) -> list[Any]:
    """Values of a preference, the limits among them."""
    match PREFERENCES[name].input:
        case Number(low, high, whole=True):
            return [int(low), int(high)]
        case Number(low, high):
            return [float(low), float(high), (low + high) / 3]
        case Choice(of):
            return list(of)
        case YesNo():
            return [True, False]
        case ModelName():
            return list(MODELS)
        case ModelList():
            return [(), MODELS]
        case LongText(longest):
            return ["Be brief.\nBe kind — always.", "x" * longest]
        case RoleId():
            return [1, 2**63]
    raise LookupError(f"no samples of {name}: say here which values its kind of input accepts")


def values(name: str) -> st.SearchStrategy[Any]:
    match PREFERENCES[name].input:
        case Number(low, high, whole=True):
            return st.integers(int(low), int(high))
        case Number(low, high):
            return st.floats(low, high)
        case LongText():
            return st.text(max_size=40).map(str.strip)
    return st.sampled_from(samples(name))


def wrong_texts(typed: Input) -> list[str]:
    """What may not be typed."""
    match typed:
        case Number(low, high):
            return ["", "many", "nan", "inf", str(low - 1), str(high + 1)]
        case Choice() | YesNo() | RoleId():
            return ["", "never ever", "-1"]
        case ModelName():
            return ["", " ", "``"]
        case LongText(longest):
            return ["x" * (longest + 1)]
    return []


names = st.sampled_from(sorted(PREFERENCES))
named_values = names.flatmap(lambda name: st.tuples(st.just(name), values(name)))
