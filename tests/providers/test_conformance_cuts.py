"""The quirks in every framing (S5), split at any byte, and with any value in place of any field."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import pairwise
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.providers.catalogue import load_catalogue
from bot.providers.client import ChatClient
from bot.providers.completion import CompletionReader
from bot.providers.errors import ProviderError
from bot.providers.failures import error_from_response
from bot.providers.listing import parse_detail, parse_items, parse_models
from tests.providers.conftest import Answer, Heard, Provider, ask
from tests.providers.quirks import ERRORS, LISTS, STREAM, STREAMS, Listed, Wire, each
from tests.providers.test_conformance import endpoint, expected, outcome

EVENTS = [quirk for quirk in (*STREAMS, *ERRORS) if quirk.type == STREAM]
MARK = b"\xef\xbb\xbf"
FRAMED: dict[str, Callable[[bytes], bytes]] = {
    "as it was": lambda body: body,
    "CRLF": lambda body: body.replace(b"\n", b"\r\n"),
    "CR": lambda body: body.replace(b"\n", b"\r"),
    "a byte order mark": lambda body: MARK + body,
    "a byte order mark and CRLF": lambda body: MARK + body.replace(b"\n", b"\r\n"),
    "no blank behind data": lambda body: body.replace(b"\ndata: {", b"\ndata:{"),
    "comments everywhere": lambda body: body.replace(b"\n\n", b"\n: wait\n\n:\n\n"),
}
ODD: list[Any] = [None, True, 0, -1, 2**80, 0.5, "", "x", "\ud83d", [], [[]], [None], {}, {"x": 0}, [{"text": {}}]]
CATALOGUE = load_catalogue()

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["text", "thinking", "content", "delta", "message", "code", "detail", "raw", "loc", "msg"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)


def read(body: Iterable[bytes]) -> dict[str, Any]:
    """Decode the pieces of a stream, without I/O."""
    reader = CompletionReader(STREAM)
    heard = Heard([])
    try:
        for piece in body:
            for delta in reader.feed(piece):
                heard.deltas.append(delta)
            if reader.done:
                break
        for delta in reader.close():
            heard.deltas.append(delta)
    except ProviderError as error:
        heard.error = error
    return outcome(heard)


def pieces(body: bytes, cuts: Iterable[int]) -> list[bytes]:
    ends = sorted({0, len(body), *(cut % len(body) for cut in cuts)})
    return [body[start:end] for start, end in pairwise(ends)]


@pytest.mark.parametrize("quirk", each(EVENTS))
def test_streams_framed(quirk: Wire) -> None:
    for framing, framed in FRAMED.items():
        body = framed(quirk.body)
        assert read([body]) == expected(quirk), f"S5 {framing}"
        assert read(body[index : index + 1] for index in range(len(body))) == expected(quirk), f"S5 {framing}, by bytes"


@pytest.mark.parametrize("quirk", each(EVENTS))
@settings(max_examples=20, deadline=None)
@given(framing=st.sampled_from(sorted(FRAMED)), cuts=st.sets(st.integers(0, 9_999), min_size=1, max_size=12))
def test_streams_cut(quirk: Wire, framing: str, cuts: set[int]) -> None:
    assert read(pieces(FRAMED[framing](quirk.body), cuts)) == expected(quirk)


@pytest.mark.parametrize("step", [1, 61])
@pytest.mark.parametrize("framing", ["CRLF", "CR", "a byte order mark"])
@pytest.mark.parametrize("quirk", each(quirk for quirk in STREAMS if quirk.id in ("S1", "S2", "S4", "S5", "S6b", "C5")))
async def test_streams_cut_on_the_wire(
    quirk: Wire, framing: str, step: int, provider: Provider, client: ChatClient
) -> None:
    body = FRAMED[framing](quirk.body) if quirk.type == STREAM else quirk.body
    provider.answers.append(
        Answer(
            [body[start : start + step] for start in range(0, len(body), step)],
            quirk.status,
            [f"Content-Type: {quirk.type}"],
        )
    )
    assert outcome(await ask(client, endpoint(quirk.provider, f"{provider.url}/v1"))) == expected(quirk)


# Any value in place of any field


class Spot(NamedTuple):
    """A JSON value of a body, with the text before and after it."""

    before: str
    value: Any
    behind: str

    def with_(self, path: tuple[Any, ...], odd: Any) -> bytes:
        return f"{self.before}{json.dumps(_replaced(self.value, path, odd))}{self.behind}".encode()


def spots(quirk: Wire) -> list[Spot]:
    """Return the values of a body: one for each line of data, or the body itself."""
    if quirk.type != STREAM:
        value = _json(quirk.wire)
        return [Spot("", value, "")] if value is not None else []
    lines = quirk.wire.splitlines(keepends=True)
    found = ((index, _json(line.removeprefix("data:"))) for index, line in enumerate(lines) if line.startswith("data:"))
    return [
        Spot("".join(lines[:index]) + "data: ", value, "\n" + "".join(lines[index + 1 :]))
        for index, value in found
        if isinstance(value, dict)
    ]


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every nested value, and of the value itself."""
    yield at
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        yield from places(member, (*at, name))


def _replaced(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    if not path:
        return odd
    copy = value.copy()
    copy[path[0]] = _replaced(value[path[0]], path[1:], odd)
    return copy


def take(quirk: Wire, body: bytes) -> None:
    """Read a body as the client does; it may raise only ProviderError, and its text can be encoded."""
    headers: Mapping[str, str] = dict(line.split(": ", 1) for line in quirk.headers)
    if not quirk.status.startswith("200"):
        error_from_response(int(quirk.status[:3]), body, headers).detail.encode()
    elif quirk.type == STREAM:
        heard = read([body])
        f"{heard['text']}{heard['reasoning']}{heard['finish']}".encode()
    else:
        try:
            list(CompletionReader(quirk.type).whole(body))
        except ProviderError as error:
            error.detail.encode()


WITH_JSON = [quirk for quirk in (*STREAMS, *ERRORS) if spots(quirk)]


@pytest.mark.parametrize("quirk", each(WITH_JSON))
def test_an_odd_value_in_place_of_each_field(quirk: Wire) -> None:
    for spot in spots(quirk):
        for path in places(spot.value):
            for odd in ODD:
                take(quirk, spot.with_(path, odd))


@pytest.mark.parametrize("quirk", each(WITH_JSON))
@settings(max_examples=15, deadline=None)
@given(data=st.data(), odd=values)
def test_any_value_in_place_of_any_field(quirk: Wire, data: st.DataObject, odd: Any) -> None:
    spot = data.draw(st.sampled_from(spots(quirk)))
    take(quirk, spot.with_(data.draw(st.sampled_from(list(places(spot.value)))), odd))


@pytest.mark.parametrize("quirk", each(LISTS))
def test_an_odd_value_in_place_of_each_field_of_a_list(quirk: Listed) -> None:
    form = CATALOGUE[quirk.provider].model_list
    for body in quirk.answers.values():
        spot = Spot("", json.loads(body), "")
        for path in places(spot.value):
            for odd in ODD:
                changed = spot.with_(path, odd)
                with suppress(ProviderError):
                    parse_models([{**parse_detail(changed), "id": "heron"}], form)
                    parse_models(parse_items(changed, form), form)
