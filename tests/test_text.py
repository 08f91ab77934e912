"""Sentences as values."""

from hypothesis import given
from hypothesis import strategies as st

from bot.text import Refused, Text

leaves = st.builds(
    lambda template, name: Text(template, name=name), st.sampled_from(["{name}", "Ask {name}."]), st.text()
)
texts = st.recursive(
    leaves, lambda inner: st.builds(lambda one, two: Text("{one} {two}", one=one, two=two), inner, inner)
)


def copy(text: Text) -> Text:
    """An equal text that shares no value with this one."""
    values = {name: copy(value) if isinstance(value, Text) else value for name, value in text.values.items()}
    return Text(text.template, **values)


def test_a_text_is_its_template_with_the_values_in_their_formats() -> None:
    text = Text("{file}: {size:,} bytes, {reason}", file="a.png", size=52_000, reason=Text("at most {n}", n=9))
    assert str(text) == text.render() == "a.png: 52,000 bytes, at most 9"


def test_values_may_have_any_name() -> None:
    assert str(Text("{self} {template}", self="a", template="b")) == "a b"


@given(st.text("{}!:0a"), st.text("{}!:0a"))
def test_braces_in_a_value_are_not_formatted_again(outer: str, inner: str) -> None:
    assert str(Text("{outer}: {inner}", outer=outer, inner=Text("({name})", name=inner))) == f"{outer}: ({inner})"


def test_only_templates_are_translated() -> None:
    german = {"You need {permission} in {place}.": "In {place} brauchst du {permission}.", "the server": "dem Server"}
    asked: list[str] = []

    def translate(template: str) -> str:
        asked.append(template)
        return german[template]

    text = Text("You need {permission} in {place}.", permission="the server", place=Text("the server"))
    assert text.render(translate) == "In dem Server brauchst du the server."
    assert sorted(asked) == sorted(german)


@given(texts, texts)
def test_texts_are_equal_when_templates_and_values_are(one: Text, other: Text) -> None:
    assert one == copy(one)
    assert hash(one) == hash(copy(one))
    assert (one == other) is (repr(one) == repr(other))


def test_a_text_is_not_its_sentence() -> None:
    assert Text("Yes.") != "Yes."
    assert Text("Yes.") != Text("{word}", word="Yes.")


def test_an_unhashable_value_does_not_make_a_text_unhashable() -> None:
    assert len({Text("{names}", names=["a"]), Text("{names}", names=["a"])}) == 1


def test_a_refusal_carries_its_text() -> None:
    refused = Refused(Text("Only {who} may do that.", who="Ana"))
    assert refused.text == Text("Only {who} may do that.", who="Ana")
    assert str(refused) == "Only Ana may do that."
