"""Server-sent events out of bytes, however the bytes are cut."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.providers.sse import MAX_EVENT_BYTES, EventDecoder, EventTooLong


def decoded(*pieces: bytes) -> list[bytes]:
    decoder = EventDecoder()
    return [data for piece in pieces for data in decoder.feed(piece)] + list(decoder.close())


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[start:end] for start, end in pairwise(edges)]


values = st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), min_size=1, max_size=12)
ends = st.sampled_from(["\n", "\r\n", "\r"])
noise = st.sampled_from([": keep-alive", ":", "event: message", "id: 7", "retry: 3000", "nonsense", "datum: 5"])
places = st.lists(st.integers(0, 10_000), max_size=12)


@st.composite
def streams(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    """A stream, and the data of its events."""
    end = draw(ends)
    stream, events = draw(st.sampled_from(["", "\ufeff"])), []
    for lines in draw(st.lists(st.lists(values, min_size=1, max_size=3), max_size=5)):
        stream += "".join(f"{line}{end}" for line in draw(st.lists(noise, max_size=2)))
        stream += "".join(f"data: {line}{end}" for line in lines) + end * draw(st.integers(1, 2))
        events.append("\n".join(lines).encode())
    return stream.encode(), events


@given(streams(), places)
def test_any_cutting_gives_the_same_events(stream: tuple[bytes, list[bytes]], places: list[int]) -> None:
    text, events = stream
    assert decoded(*cut(text, places)) == events


@given(st.binary(max_size=80) | st.text("data: \r\n\ufeff:x", max_size=60).map(str.encode), places)
def test_any_bytes_are_read_the_same_however_they_are_cut(stream: bytes, places: list[int]) -> None:
    assert decoded(*cut(stream, places)) == decoded(stream)


@given(streams())
def test_byte_by_byte_is_no_different(stream: tuple[bytes, list[bytes]]) -> None:
    text, events = stream
    assert decoded(*(bytes([byte]) for byte in text)) == events


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_three_ways(end: str) -> None:
    assert decoded(f"data: one{end}{end}data: two{end}{end}".encode()) == [b"one", b"two"]


def test_one_space_behind_the_colon_is_not_part_of_the_data() -> None:
    assert decoded(b"data:one\n\ndata: two\n\ndata:  three\n\n") == [b"one", b"two", b" three"]


def test_several_lines_of_data_are_joined() -> None:
    assert decoded(b'data: {"a":\ndata: 1}\n\n') == [b'{"a":\n1}']
    assert decoded(b"data:one\ndata:two\ndata:\ndata:  three\n\n") == [b"one\ntwo\n\n three"]


def test_comments_and_other_fields_say_nothing() -> None:
    assert decoded(b": PLEASE WAIT\n\n: PLEASE WAIT\n\nevent: error\nid: 4\ndata: one\nretry: 10\n\n") == [b"one"]


def test_a_line_separator_inside_of_the_data_is_text() -> None:
    text = json.dumps("one\u2028two\u2029three\x85four", ensure_ascii=False)
    assert [json.loads(data) for data in decoded(f"data: {text}\n\n".encode())] == ["one\u2028two\u2029three\x85four"]


@pytest.mark.parametrize("rest", [b"data: last", b"data: last\n", b"data: last\r", b"data: last\r\n"])
def test_a_last_event_without_its_empty_line_counts(rest: bytes) -> None:
    assert decoded(b"data: first\n\n" + rest) == [b"first", b"last"]


def test_an_event_is_there_as_soon_as_its_empty_line_is() -> None:
    decoder = EventDecoder()
    assert list(decoder.feed(b"data: one\n")) == []
    assert list(decoder.feed(b"\n")) == [b"one"]
    assert list(decoder.feed(b"data: two\r\n\r\n")) == [b"two"]


def test_a_mark_in_the_middle_of_a_stream_is_no_byte_order_mark() -> None:
    assert decoded(b"data: one\n\n\xef\xbb\xbfdata: two\n\n") == [b"one"]
    assert decoded(b":", b"\n", b"\xef\xbb\xbfdata: two\n\n") == []


def test_a_line_without_end_is_refused() -> None:
    with pytest.raises(EventTooLong):
        decoded(b"data: ", *[b"x" * 2**16] * 17)


def test_an_event_without_end_is_refused() -> None:
    with pytest.raises(EventTooLong):
        decoded(*[b"data: " + b"x" * 2**16 + b"\n"] * 17)


def test_the_longest_event_is_read() -> None:
    assert decoded(b"data: " + b"x" * (MAX_EVENT_BYTES - 6) + b"\n\n") == [b"x" * (MAX_EVENT_BYTES - 6)]
