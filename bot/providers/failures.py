"""Maps a provider's error response, whatever its format, to one of our errors."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic_core import from_json, to_json

from bot.providers.errors import (
    MAX_DETAIL_LENGTH,
    BadRequest,
    ContentFiltered,
    ContextTooLong,
    KeyRejected,
    ModelNotFound,
    NoCredit,
    Overloaded,
    ProviderError,
    RateLimited,
    Retired,
    TooLarge,
    UnsupportedParameter,
    WrongAddress,
)
from bot.providers.patience import parse_delay, requested_delay

_BY_MESSAGE: tuple[tuple[re.Pattern[str], type[ProviderError]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), error)
    for pattern, error in (
        (r"insufficient_quota|payment.?method|insufficient.?balance|exceeded your current quota", NoCredit),
        (
            r"prompt is too long|exceeds the context window|maximum context length|exceeds the maximum number of tokens"
            r"|maximum prompt length|reduce the length of the messages|too large for model"
            r"|greater than the context length|exceeds the available context size|context_length_exceeded"
            r"|ContextWindowExceeded",
            ContextTooLong,
        ),
        (
            r"(incorrect|invalid|wrong|missing|not valid).{0,40}api.?key|api.?key.{0,20}(not valid|invalid)"
            r"|no connected db",  # from a LiteLLM proxy without a database, for any key but its own
            KeyRejected,
        ),
        (r"content.?(policy|filter|moderation)|flagged|safety", ContentFiltered),
        (
            r"model_not_found|unknown_model|model .{0,80}(does not exist|not found)|no models? loaded"
            r"|invalid model name",
            ModelNotFound,
        ),
    )
)
"""Patterns take precedence over the status: providers send some of these errors with 400, 404 or 429."""

_BY_STATUS: Mapping[int, type[ProviderError]] = {
    401: KeyRejected,
    402: NoCredit,
    403: KeyRejected,
    404: ModelNotFound,
    405: WrongAddress,
    408: Overloaded,
    409: Overloaded,
    410: Retired,
    413: TooLarge,
    425: Overloaded,
    429: RateLimited,
    498: Overloaded,
    499: Overloaded,
}
_BY_CODE: Mapping[str, type[ProviderError]] = {
    "invalid_api_key": KeyRejected,
    "rate_limit_exceeded": RateLimited,
    "not_found_error": ModelNotFound,
    "invalid_request_error": BadRequest,
    "tool_use_failed": BadRequest,
}

_UNSUPPORTED = (
    re.compile(r"Unsupported (?:parameter|value): '(?P<name>\w+)'"),
    re.compile(r"not supported on this model: (?P<name>\w+)"),
    re.compile(r'Unknown name \\?"(?P<name>\w+)'),
    re.compile(r"`?(?P<name>temperature|top_p|max_tokens)`?.{0,60}(?:not supported|deprecated|cannot both)"),
    re.compile(
        r"(?i:(?P<name>system|developer) (?:role|instruction|message)s?\b.{0,20}not (?:supported|enabled|allowed))"
    ),
)
_REPLACEMENT = re.compile(r"Use '(\w+)' instead")


@dataclass(frozen=True, slots=True)
class _ErrorBody:
    """What an error response says: the message, the error code and the parameter that it complains about."""

    message: str
    code: str | None = None
    parameter: str | None = None
    json: bool = True


def error_from_response(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> ProviderError:
    """Return the error for a response whose HTTP status is not 200."""
    error = _parse_error(body)
    detail = f"HTTP {status}{f' {error.code}' if error.code else ''}: {error.message}"
    error_type = _error_type(status, error)
    if error_type is BadRequest and error.parameter:
        replacement = _REPLACEMENT.search(error.message)
        return UnsupportedParameter(detail, error.parameter, replacement[1] if replacement else None)
    return error_type(detail, _retry_after(headers or {}, body))


def error_from_body(body: bytes) -> ProviderError | None:
    """Return the error in a body or an event that came with status 200; None if there is none."""
    value = _parse_body(body)
    if not isinstance(value, dict) or not (value.get("error") or value.get("object") == "error"):
        return None
    error = _parse_error(body)
    status = int(error.code) if error.code and error.code.isdecimal() and len(error.code) == 3 else 200
    return _error_type(status, error)(f"{error.code or 'error'}: {error.message}", _retry_after({}, body))


def _error_type(status: int, error: _ErrorBody) -> type[ProviderError]:
    if status >= 500:
        return Overloaded
    text = f"{error.code} {error.message}"
    for pattern, error_type in _BY_MESSAGE:
        if pattern.search(text):
            return error_type
    if 300 <= status < 400 or (status == 404 and not error.json):
        return WrongAddress
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return _BY_CODE.get(error.code or "", BadRequest if status >= 400 else Overloaded)


def _retry_after(headers: Mapping[str, str], body: bytes) -> float | None:
    """Return the delay that the headers ask for, else the `retryDelay` that Google puts into the body."""
    now = datetime.now(UTC)
    if (delay := requested_delay(headers, now)) is not None:
        return delay
    found = re.search(rb'"retryDelay"\s*:\s*"([\d.]+s)"', body)
    return parse_delay(found[1].decode(), now) if found else None


def _parse_error(body: bytes) -> _ErrorBody:
    """Find the error anywhere in the body; for a body that is not a JSON object, return its beginning."""
    value = _parse_body(body)
    if not isinstance(value, dict):
        text = body[:MAX_DETAIL_LENGTH].decode("utf-8", "replace").strip()
        return _ErrorBody(text or "an empty body", json=False)
    error = value.get("error")
    fields = error if isinstance(error, dict) else value
    message = _message(fields, error)
    code = next(
        (str(fields[name]) for name in ("code", "status", "type") if fields.get(name) not in (None, "None")), None
    )
    return _ErrorBody(message, code, _unsupported_parameter(fields, message))


def _message(fields: dict[str, Any], error: Any) -> str:
    message = fields.get("message") or fields.get("detail") or error or fields
    raw = fields.get("metadata", {}).get("raw") if isinstance(fields.get("metadata"), dict) else None
    return ": ".join(_as_text(part) for part in (message, raw) if part)


def _as_text(message: Any) -> str:
    """Return the message as a string; a list of FastAPI's validation errors becomes `location: message; …`."""
    if isinstance(message, str):
        nested = _parse_json(message.encode()) if message.startswith(("{", "[")) else None
        return _as_text(nested) if nested else message
    errors = message.get("detail") if isinstance(message, dict) else message
    if isinstance(errors, list) and errors and all(isinstance(error, dict) for error in errors):
        return "; ".join(f"{_location(error)}: {error.get('msg', '')}" for error in errors)
    return to_json(message, fallback=str).decode()


def _location(error: dict[str, Any]) -> str:
    location = error.get("loc")
    return ".".join(map(str, location)) if isinstance(location, list) else ""


def _unsupported_parameter(fields: dict[str, Any], message: str) -> str | None:
    """Return the parameter that the error is about, if it is one that could be left out."""
    if fields.get("code") in ("unsupported_parameter", "unsupported_value") and isinstance(fields.get("param"), str):
        return str(fields["param"])
    extra = re.search(r"body\.(\w+): Extra inputs", message)
    found = extra or next((match for pattern in _UNSUPPORTED if (match := pattern.search(message))), None)
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", found[1]).lower() if found else None


def _parse_body(body: bytes) -> Any:
    value = _parse_json(body)
    return value[0] if isinstance(value, list) and value else value  # Google wraps its errors in a list of one


def _parse_json(body: bytes) -> Any:
    try:
        return from_json(body)
    except ValueError:
        return None
