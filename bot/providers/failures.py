"""Reads a provider's refusal, whatever its form, and says which of our errors it is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic_core import from_json, to_json

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
    Refused,
    RefusedParameter,
    Retired,
    TooLarge,
    WrongAddress,
)
from bot.providers.patience import named_wait, parse_wait

Kind = type[ProviderError]

_BY_WORDS: tuple[tuple[re.Pattern[str], Kind], ...] = tuple(
    (re.compile(words, re.IGNORECASE), kind)
    for words, kind in (
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
            r"|no connected db",  # a LiteLLM proxy without a database, of every key but its own
            KeyRejected,
        ),
        (r"content.?(policy|filter|moderation)|flagged|safety", Refused),
        (
            r"model_not_found|unknown_model|model .{0,80}(does not exist|not found)|no models? loaded"
            r"|invalid model name",
            ModelNotFound,
        ),
    )
)
"""What the words say goes before the status: providers say some of these with 400, 404 or 429."""

_BY_STATUS: Mapping[int, Kind] = {
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
_BY_CODE: Mapping[str, Kind] = {
    "invalid_api_key": KeyRejected,
    "rate_limit_exceeded": RateLimited,
    "not_found_error": ModelNotFound,
    "invalid_request_error": BadRequest,
    "tool_use_failed": BadRequest,
}

_PARAMETER = (
    re.compile(r"Unsupported (?:parameter|value): '(?P<name>\w+)'"),
    re.compile(r"not supported on this model: (?P<name>\w+)"),
    re.compile(r'Unknown name \\?"(?P<name>\w+)'),
    re.compile(r"`?(?P<name>temperature|top_p|max_tokens)`?.{0,60}(?:not supported|deprecated|cannot both)"),
    re.compile(
        r"(?i:(?P<name>system|developer) (?:role|instruction|message)s?\b.{0,20}not (?:supported|enabled|allowed))"
    ),
)
_INSTEAD = re.compile(r"Use '(\w+)' instead")


@dataclass(frozen=True, slots=True)
class _Refusal:
    """A provider's own words, the code that stands with them, and the parameter that they blame."""

    message: str
    code: str | None = None
    parameter: str | None = None
    json: bool = True


def error_from_response(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> ProviderError:
    """The error that an HTTP status other than 200, its body and its headers mean."""
    refusal = _read(body)
    detail = f"HTTP {status}{f' {refusal.code}' if refusal.code else ''}: {refusal.message}"
    kind = _kind(status, refusal)
    if kind is BadRequest and refusal.parameter:
        instead = _INSTEAD.search(refusal.message)
        return RefusedParameter(detail, refusal.parameter, instead[1] if instead else None)
    return kind(detail, _wait(headers or {}, body))


def error_from_body(body: bytes) -> ProviderError | None:
    """The error that came with status 200, in a stream or in place of one; None where the body holds none."""
    value = _outermost(body)
    if not isinstance(value, dict) or not (value.get("error") or value.get("object") == "error"):
        return None
    refusal = _read(body)
    status = int(refusal.code) if refusal.code and refusal.code.isdecimal() and len(refusal.code) == 3 else 200
    return _kind(status, refusal)(f"{refusal.code or 'error'}: {refusal.message}", _wait({}, body))


def _kind(status: int, refusal: _Refusal) -> Kind:
    if status >= 500:
        return Overloaded
    said = f"{refusal.code} {refusal.message}"
    for words, kind in _BY_WORDS:
        if words.search(said):
            return kind
    if 300 <= status < 400 or (status == 404 and not refusal.json):
        return WrongAddress
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return _BY_CODE.get(refusal.code or "", BadRequest if status >= 400 else Overloaded)


def _wait(headers: Mapping[str, str], body: bytes) -> float | None:
    """How long to wait by the headers, else by the `retryDelay` that Google puts into the body."""
    now = datetime.now(UTC)
    if (wait := named_wait(headers, now)) is not None:
        return wait
    delay = re.search(rb'"retryDelay"\s*:\s*"([\d.]+s)"', body)
    return parse_wait(delay[1].decode(), now) if delay else None


def _read(body: bytes) -> _Refusal:
    """The refusal, wherever the body has it; the start of the body where it is no JSON."""
    value = _outermost(body)
    if not isinstance(value, dict):
        text = body[:LONGEST_DETAIL].decode("utf-8", "replace").strip()
        return _Refusal(text or "an empty body", json=False)
    error = value.get("error")
    inner = error if isinstance(error, dict) else value
    message = _words(inner, error)
    code = next(
        (str(inner[name]) for name in ("code", "status", "type") if inner.get(name) not in (None, "None")), None
    )
    return _Refusal(message, code, _parameter(inner, message))


def _words(inner: dict[str, Any], error: Any) -> str:
    said = inner.get("message") or inner.get("detail") or error or inner
    raw = inner.get("metadata", {}).get("raw") if isinstance(inner.get("metadata"), dict) else None
    return ": ".join(_text(part) for part in (said, raw) if part)


def _text(said: Any) -> str:
    """Words as a string; FastAPI's lists of faults become `where: what`."""
    if isinstance(said, str):
        inner = _json(said.encode()) if said.startswith(("{", "[")) else None
        return _text(inner) if inner else said
    faults = said.get("detail") if isinstance(said, dict) else said
    if isinstance(faults, list) and faults and all(isinstance(fault, dict) for fault in faults):
        return "; ".join(f"{_place(fault)}: {fault.get('msg', '')}" for fault in faults)
    return to_json(said, fallback=str).decode()


def _place(fault: dict[str, Any]) -> str:
    place = fault.get("loc")
    return ".".join(map(str, place)) if isinstance(place, list) else ""


def _parameter(inner: dict[str, Any], message: str) -> str | None:
    """The parameter that a refusal is about, if it is about one that we could leave out."""
    if inner.get("code") in ("unsupported_parameter", "unsupported_value") and isinstance(inner.get("param"), str):
        return str(inner["param"])
    extra = re.search(r"body\.(\w+): Extra inputs", message)
    found = extra or next((match for words in _PARAMETER if (match := words.search(message))), None)
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", found[1]).lower() if found else None


def _outermost(body: bytes) -> Any:
    """The value of a body; Google puts its refusals into a list of one."""
    value = _json(body)
    return value[0] if isinstance(value, list) and value else value


def _json(body: bytes) -> Any:
    try:
        return from_json(body)
    except ValueError:
        return None
