"""Reads a provider's refusal, whatever its form, and says which of our errors it is."""

import json
import re
from typing import Any

from bot.providers.errors import (
    LONGEST_DETAIL,
    BadRequest,
    ContextTooLong,
    KeyRejected,
    ModelNotFound,
    NoCredit,
    Overloaded,
    ProviderError,
    RateLimited,
    Retired,
)

_OVERFLOW = re.compile(
    r"prompt is too long|exceeds the context window|maximum context length|exceeds the maximum number of tokens"
    r"|maximum prompt length|reduce the length of the messages|too large for model|greater than the context length"
    r"|exceeds the available context size|context_length_exceeded",
    re.IGNORECASE,
)
_KEY_TEXT = re.compile(r"api[ _-]?key", re.IGNORECASE)
_NO_CREDIT = {"insufficient_quota", "PAYMENT_METHOD_REQUIRED"}
_BY_CODE: dict[str, type[ProviderError]] = {
    "invalid_api_key": KeyRejected,
    "model_not_found": ModelNotFound,
    "rate_limit_exceeded": RateLimited,
    "server_error": Overloaded,
}
_BY_STATUS: dict[int, type[ProviderError]] = {
    401: KeyRejected,
    402: NoCredit,
    403: KeyRejected,
    404: ModelNotFound,
    408: Overloaded,
    409: Overloaded,
    410: Retired,
    425: Overloaded,
    429: RateLimited,
    498: Overloaded,
}


def error_from_response(status: int, body: bytes) -> ProviderError:
    """The error that an HTTP status other than 200 and its body mean."""
    message, code = _message_and_code(body)
    detail = f"HTTP {status}{f' {code}' if code else ''}: {message}"
    return _kind(status, code, message)(detail)


def error_from_body(body: bytes) -> ProviderError | None:
    """The error that came with status 200, in a stream or in place of one; None where the body holds none."""
    value = _json(body)
    if not isinstance(value, dict) or not ("error" in value or value.get("object") == "error"):
        return None
    message, code = _message_and_code(body)
    status = int(code) if code and code.isdecimal() else 200
    return _kind(status, code, message)(f"{code or 'error'}: {message}")


def _kind(status: int, code: str | None, message: str) -> type[ProviderError]:
    if code in _NO_CREDIT:
        return NoCredit
    if _OVERFLOW.search(f"{code} {message}") and status in (200, 400, 413):
        return ContextTooLong
    if status == 400 and _KEY_TEXT.search(message):
        return KeyRejected
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= 500:
        return Overloaded
    return _BY_CODE.get(code or "", BadRequest if status >= 400 else Overloaded)


def _message_and_code(body: bytes) -> tuple[str, str | None]:
    """A provider's own words and code, wherever the body has them; the start of the body where it is no JSON."""
    value = _json(body)
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, dict):
        return body[:LONGEST_DETAIL].decode("utf-8", "replace").strip() or "an empty body", None
    error = value.get("error")
    inner = error if isinstance(error, dict) else value
    words = inner.get("message") or inner.get("detail") or error or value
    code = next(
        (str(inner[name]) for name in ("code", "status", "type") if inner.get(name) not in (None, "None")), None
    )
    return words if isinstance(words, str) else json.dumps(words, ensure_ascii=False), code


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
