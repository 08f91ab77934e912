"""Nothing that looks like a secret, or is known as one, stays in an error."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.providers.errors import MIN_SECRET_LENGTH, InvalidResponse, redacted
from bot.providers.failures import error_from_response
from bot.providers.wire import decode

SECRETS = [
    "sk-proj-AbCdEf0123456789",
    "sk-or-v1-0123456789abcdef",
    "gsk_0123456789abcdefABCDEF",
    "xai-0123456789abcdefABCDEF",
    "AIzaSyA0123456789abcdefABCDEF_ghijk-lm",
    "Bearer eyJhbGciOi.J9.abc-def_123",
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_what_looks_like_a_secret_is_struck_out(secret: str) -> None:
    error = error_from_response(401, json.dumps({"error": {"message": f"You sent {secret}, which is wrong"}}).encode())
    tail = secret[-12:]
    assert tail not in error.detail
    assert tail not in str(error)
    assert tail not in repr(error)
    assert "which is wrong" in error.detail
    assert "You sent [redacted]" in error.detail


@pytest.mark.parametrize(
    "text",
    [
        "XAI_API_KEY and XAI_BASE_URL are not set",
        "a risk-based and task-oriented ask",
        "the bearer of bad news",
        "xai/grok-4.3 says: use `data:` URLs",
    ],
)
def test_ordinary_words_are_no_secrets(text: str) -> None:
    assert redacted(text) == text


@given(st.text(min_size=MIN_SECRET_LENGTH, max_size=20), st.text(max_size=40), st.text(max_size=40))
def test_a_known_secret_never_stays(secret: str, before: str, after: str) -> None:
    assert secret not in redacted(f"{before}{secret}{after}", [secret]).replace("[redacted]", "\x00")


def test_a_broken_answer_quotes_no_secret() -> None:
    with pytest.raises(InvalidResponse) as raised:
        decode(f"no json, but {SECRETS[0]}".encode())
    assert SECRETS[0][-12:] not in str(raised.value)
