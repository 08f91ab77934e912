"""What messages are made of: stored and read again, and what a model reads of each."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.parts import (
    FilePart,
    ImagePart,
    OmittedPart,
    Origin,
    Part,
    QuotePart,
    ReasoningPart,
    TextPart,
    from_body,
    to_body,
)

ORIGIN = Origin(41, 1_000)
CAT = ImagePart("cat.png", "image/png", b"\x89PNG a cat", ORIGIN)

ids = st.none() | st.integers(0, 2**63 - 1)
origins = st.builds(Origin, ids, ids)
words = st.text(st.characters(codec="utf-8"), max_size=40)
parts: st.SearchStrategy[Part] = st.one_of(
    st.builds(TextPart, words, origins),
    st.builds(ImagePart, words, words, st.binary(max_size=20), origins),
    st.builds(FilePart, words, words, origins),
    st.builds(QuotePart, words, words, origins),
    st.builds(ReasoningPart, words, origins),
    st.builds(OmittedPart, words, origins),
)


@given(parts)
def test_a_part_survives_json(part: Part) -> None:
    body = json.loads(json.dumps(to_body(part)))
    data = part.data if isinstance(part, ImagePart) else None
    assert from_body(part.kind, body, part.origin, data) == part


@given(parts, origins, words)
def test_unknown_values_of_a_newer_version_are_ignored(part: Part, origin: Origin, new: str) -> None:
    data = part.data if isinstance(part, ImagePart) else None
    assert from_body(part.kind, to_body(part) | {"new_in_2027": new}, origin, data) == replace(part, origin=origin)


def test_the_body_of_an_image_has_the_hash_instead_of_the_bytes() -> None:
    same = ImagePart("other.png", "image/png", CAT.data)
    assert to_body(CAT) == {"name": "cat.png", "media_type": "image/png", "sha256": CAT.sha256}
    assert same.sha256 == CAT.sha256 != replace(CAT, data=b"a dog").sha256


def test_an_image_without_its_bytes_is_omitted() -> None:
    assert from_body("image", to_body(CAT), ORIGIN) == OmittedPart("cat.png", ORIGIN)


@pytest.mark.parametrize(
    ("body", "words"), [({"text": "42"}, "[tool_call, not shown]"), ({"name": "add"}, "[tool_call add, not shown]")]
)
def test_a_part_of_an_unknown_kind_is_omitted(body: dict[str, str], words: str) -> None:
    part = from_body("tool_call", body, ORIGIN)
    assert part == OmittedPart(body.get("name", ""), ORIGIN, "tool_call")
    assert part.words == words


@pytest.mark.parametrize(
    ("part", "read"),
    [
        (TextPart("Hello\n"), "Hello\n"),
        (CAT, ""),
        (FilePart("notes.txt", "milk\nbread"), "notes.txt:\n```\nmilk\nbread\n```"),
        (QuotePart("Ben", "one\r\ntwo\rthree\n\u2028four"), "Ben wrote:\n> one\n> two\n> three\n> \u2028four"),
        (ReasoningPart("Hm."), ""),
        (OmittedPart("cat.png"), "[image cat.png, not shown]"),
    ],
    ids=lambda value: value.kind if not isinstance(value, str) else "",
)
def test_the_words_of_a_part_are_what_a_model_reads(part: Part, read: str) -> None:
    assert part.words == read


@given(st.text("`a\n", max_size=60))
def test_the_fence_of_a_file_is_longer_than_any_run_of_backticks_in_it(text: str) -> None:
    name, fence, *_, closing = FilePart("a.md", text).words.split("\n")
    assert (name, fence) == ("a.md:", closing)
    assert re.fullmatch("`{3,}", fence)
    assert fence not in text
    assert FilePart("a.md", text).words == f"a.md:\n{fence}\n{text}\n{fence}"
