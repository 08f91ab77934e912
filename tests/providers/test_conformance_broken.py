"""The quirks' broken siblings, over real connections: too much, too odd, or not whom we meant to ask."""

import asyncio
import gzip
import shutil
import ssl
import subprocess
import tracemalloc
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bot.providers.client import ChatClient
from bot.providers.errors import (
    CutOff,
    InvalidResponse,
    KeyRejected,
    Overloaded,
    ProviderError,
    Unreachable,
    WrongAddress,
)
from bot.providers.models import ModelListClient
from bot.providers.sse import MAX_EVENT_BYTES
from tests.providers.conftest import DONE, FINISH, KEY, Answer, Ending, Provider, ask, saying
from tests.providers.test_conformance import endpoint

MIB = 2**20
STREAM, JSON, PAGE = (f"Content-Type: {kind}" for kind in ("text/event-stream", "application/json", "text/html"))
PAGE_TEXT = b"<!doctype html><title>Log in to the network of the hotel</title>"


def zipped(start: bytes, size: int) -> bytes:
    """A gzip stream, not ended, of a start and so many bytes of nothing behind it: a thousandth of that."""
    pressing = zlib.compressobj(9, wbits=31)
    pressed = pressing.compress(start)
    blank = b" " * MIB
    return pressed + b"".join(pressing.compress(blank) for _ in range(size // MIB)) + pressing.flush(zlib.Z_SYNC_FLUSH)


@contextmanager
def memory(limit: int) -> Iterator[None]:
    """No more than so many bytes are held at once in here."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < limit
    finally:
        tracemalloc.stop()


async def gone(provider: Provider) -> None:
    """Wait until the client has left, who could have had more."""
    async with asyncio.timeout(10):
        await provider.left.wait()


@pytest.mark.parametrize(
    ("status", "kind", "start", "expected"),
    [
        pytest.param("200 OK", STREAM, b"data: ", InvalidResponse, id="a stream"),
        pytest.param("200 OK", JSON, b'{"choices":', InvalidResponse, id="a whole answer"),
        pytest.param("500 Oh", JSON, b'{"error":', Overloaded, id="a refusal"),
        pytest.param("200 OK", PAGE, PAGE_TEXT, InvalidResponse, id="a page"),
    ],
)
async def test_a_gzip_bomb_is_left_before_it_goes_off(
    status: str, kind: str, start: bytes, expected: type[ProviderError], provider: Provider, client: ChatClient
) -> None:
    bomb = zipped(start, 96 * MIB)
    provider.answers.append(Answer([bomb], status, [kind, "Content-Encoding: gzip"], Ending.STAY))
    with memory(48 * MIB):
        heard = await ask(client, endpoint("openai", f"{provider.url}/v1"))
    assert type(heard.error) is expected
    await gone(provider)


async def test_a_zipped_stream_is_an_ordinary_one(provider: Provider, client: ChatClient) -> None:
    body = gzip.compress(saying("Small") + FINISH + DONE)
    provider.answers.append(Answer([body[:9], body[9:]], headers=[STREAM, "Content-Encoding: gzip"]))
    heard = await ask(client, endpoint("openai", f"{provider.url}/v1"))
    assert (heard.text, heard.error) == ("Small", None)


async def test_what_only_claims_to_be_zipped_is_no_answer(provider: Provider, client: ChatClient) -> None:
    provider.answers.append(Answer([saying("Small")], headers=[STREAM, "Content-Encoding: gzip"]))
    assert isinstance((await ask(client, endpoint("openai", f"{provider.url}/v1"))).error, ProviderError)


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(b"data: ", id="a line of data"),
        pytest.param(b": ", id="a comment"),
        pytest.param(b"y", id="a line of nothing known"),
        pytest.param(b"data: x\r", id="a line behind a carriage return"),
    ],
)
async def test_a_line_without_end_is_left(start: bytes, provider: Provider, client: ChatClient) -> None:
    pieces = [saying("So far"), start, *[b"x" * (MAX_EVENT_BYTES // 4)] * 5]
    provider.answers.append(Answer(pieces, ending=Ending.STAY))
    heard = await ask(client, endpoint("openai", f"{provider.url}/v1"))
    assert (heard.text, type(heard.error)) == ("So far", InvalidResponse)
    await gone(provider)


async def test_an_event_without_end_is_left(provider: Provider, client: ChatClient) -> None:
    lines = [b"data: %b\n" % (b"x" * (MAX_EVENT_BYTES // 8))] * 9
    provider.answers.append(Answer([saying("So far"), *lines], ending=Ending.STAY))
    heard = await ask(client, endpoint("openai", f"{provider.url}/v1"))
    assert (heard.text, type(heard.error)) == ("So far", InvalidResponse)
    await gone(provider)


async def test_comments_without_end_are_no_event(provider: Provider, client: ChatClient) -> None:
    comments = b": %b\n\n" % (b"x" * 1_000) * 1_500
    provider.answers.append(Answer([comments, saying("At last"), FINISH]))
    heard = await ask(client, endpoint("openai", f"{provider.url}/v1"))
    assert (heard.text, heard.error) == ("At last", None)


@pytest.mark.parametrize("name", ["openai", "anthropic"])
@pytest.mark.parametrize("status", ["302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
async def test_a_redirect_to_another_host_takes_no_key_along(
    name: str, status: str, provider: Provider, client: ChatClient
) -> None:
    other = Provider()
    async with other.open():
        provider.answers.append(Answer([], status, [f"Location: {other.url}/v1/chat/completions"]))
        error = (await ask(client, endpoint(name, f"{provider.url}/v1"))).error
        assert type(error) is WrongAddress
        assert other.connections == 0


@pytest.mark.parametrize(
    ("status", "kind", "body", "expected"),
    [
        pytest.param(
            "200 OK",
            STREAM,
            b'data: {"choices":[{"delta":{"content":"\xc3\x28"}}]}\n\n',
            InvalidResponse,
            id="a stream of invalid UTF-8",
        ),
        pytest.param(
            "200 OK",
            JSON,
            b'{"choices":[{"message":{"content":"\xff"}}]}',
            InvalidResponse,
            id="an answer of invalid UTF-8",
        ),
        pytest.param("401 No", JSON, b'{"error":{"message":"\xff"}}', KeyRejected, id="a refusal of invalid UTF-8"),
        pytest.param("200 OK", STREAM, b'data: {"choices":[{"delta":{"conte\n\n', InvalidResponse, id="half an object"),
        pytest.param("200 OK", STREAM, b'data: {"choices":[{"delta":{"conte', CutOff, id="half an event"),
        pytest.param(
            "200 OK", JSON, b'{"error":{"message":"Not today","code":"503"}}', Overloaded, id="an error with status 200"
        ),
        pytest.param(
            "200 OK",
            JSON,
            b'{"error":{"message":"Who?","code":"invalid_api_key"}}',
            KeyRejected,
            id="a refusal with status 200",
        ),
        pytest.param("200 OK", PAGE, PAGE_TEXT, InvalidResponse, id="a page"),
        pytest.param("200 OK", STREAM, PAGE_TEXT, ProviderError, id="a page that is called a stream"),
        pytest.param("200 OK", JSON, PAGE_TEXT, InvalidResponse, id="a page that is called JSON"),
        pytest.param("200 OK", STREAM, b"", ProviderError, id="a stream of nothing"),
        pytest.param("204 No Content", STREAM, b"", ProviderError, id="no content"),
        pytest.param(
            "200 OK",
            STREAM,
            b'\n\n{"error":{"message":"Not today","code":"503"}}',
            Overloaded,
            id="an error that is called a stream",
        ),
        pytest.param(
            "200 OK",
            "Content-Type: text/plain",
            b'{"code":"gone","error":"Incorrect API key provided"}',
            KeyRejected,
            id="a refusal that is called text",
        ),
        pytest.param(
            "200 OK", JSON, b'\xef\xbb\xbf{"error":"Busy"}', Overloaded, id="an error behind a byte order mark"
        ),
        pytest.param("200 OK", STREAM, b"7", InvalidResponse, id="a number that is called a stream"),
    ],
)
async def test_nonsense_is_named(
    status: str, kind: str, body: bytes, expected: type[ProviderError], provider: Provider, client: ChatClient
) -> None:
    chunked = not status.startswith("204")
    provider.answers.append(Answer([body] if body else [], status, [kind], chunked=chunked))
    heard = await ask(client, endpoint("openai", f"{provider.url}/v1"))
    assert isinstance(heard.error, expected)
    assert heard.text == ""


# Somebody else's certificate


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """For a server on loopback, signed by nobody but itself."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl here to make a certificate")
    folder = tmp_path_factory.mktemp("certificate")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    making = f"{openssl} req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    subject = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*making.split(), *subject, *files], check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context


async def test_a_certificate_that_nobody_signed_is_told_and_nothing_is_sent(
    certificate: ssl.SSLContext, client: ChatClient
) -> None:
    said: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said.append(await reader.read())
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=certificate)
    async with server:
        port = server.sockets[0].getsockname()[1]
        asked = endpoint("openai", f"https://127.0.0.1:{port}/v1")
        error = (await ask(client, asked)).error
        assert type(error) is Unreachable
        assert "certificate" in error.detail.lower()
        assert KEY not in error.detail
        with pytest.raises(Unreachable):
            await ModelListClient(client.session).fetch(asked)
    assert not any(said)
