"""Rate limits as Discord applies them (Discord docs: Rate Limits).

A bucket is a fixed window: the first request opens it and `window` seconds later it is full again. Creating and
editing messages are counted separately, five each per five seconds and channel (a thread is its own channel), but both
responses carry the *same* X-RateLimit-Bucket hash. A client that keys its limiter by that hash, as discord.py does,
therefore delays new messages while edits are exhausted. That shapes a streaming bot, so the simulator reproduces it.
Deletions have their own bucket, and so does each interaction token.

On top of all buckets is the global limit per bot and second; interaction endpoints do not count towards it. People are
not limited, because the simulated people exist to test bots.
"""

import hashlib
import time
from dataclasses import dataclass

from bot.simulator.errors import Json

MAX_WINDOWS = 1000  # above this, closed windows are dropped


@dataclass(slots=True)
class Limits:
    """Requests per window and window lengths in seconds; mutable, so that a test can change them while it runs."""

    messages: int = 5
    webhooks: int = 5
    window: float = 5.0
    deletions: int = 5
    deletions_window: float = 1.0
    overall: int = 50
    overall_window: float = 1.0


@dataclass(slots=True)
class Window:
    closes_at: float  # time.monotonic()
    remaining: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """`key` names the counter; `hash_source` yields the hash that clients see and may be shared by several counters."""

    key: str
    hash_source: str
    limit: int
    seconds: float

    @property
    def hash(self) -> str:
        return hashlib.md5(self.hash_source.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class LimitResult:
    """Response headers, and the body of the 429 if the request exceeds the limit."""

    headers: dict[str, str]
    error: Json | None = None


class Limiter:
    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._windows: dict[str, Window] = {}

    def bucket(self, name: str, method: str, major: str) -> Bucket:
        """The bucket of a route: `name` is "messages", "webhooks" or "deletions"; `major` its major parameter."""
        if name == "deletions":
            return Bucket(f"{name} {major}", name, self.limits.deletions, self.limits.deletions_window)
        limit = self.limits.webhooks if name == "webhooks" else self.limits.messages
        return Bucket(f"{name} {method} {major}", name, limit, self.limits.window)

    def take_global(self, user_id: int) -> LimitResult:
        """Count a request towards the bot's global limit."""
        window = self._window(f"global {user_id}", self.limits.overall, self.limits.overall_window)
        if window.remaining > 0:
            window.remaining -= 1
            return LimitResult({})
        retry_after = _seconds_left(window)
        headers = {"X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"}
        return LimitResult(headers | _retry_headers(retry_after), _error(retry_after, is_global=True))

    def take(self, bucket: Bucket) -> LimitResult:
        """Count a request towards its bucket."""
        window = self._window(bucket.key, bucket.limit, bucket.seconds)
        allowed = window.remaining > 0
        window.remaining -= allowed
        reset_after = _seconds_left(window)
        headers = {
            "X-RateLimit-Limit": str(bucket.limit),
            "X-RateLimit-Remaining": str(window.remaining),
            "X-RateLimit-Reset": f"{time.time() + reset_after:.3f}",
            "X-RateLimit-Reset-After": f"{reset_after:.3f}",
            "X-RateLimit-Bucket": bucket.hash,
        }
        if allowed:
            return LimitResult(headers)
        headers |= {"X-RateLimit-Scope": "user"} | _retry_headers(reset_after)
        return LimitResult(headers, _error(reset_after, is_global=False))

    def _window(self, key: str, limit: int, seconds: float) -> Window:
        window = self._windows.get(key)
        if window is None or window.closes_at <= time.monotonic():
            self._drop_closed()
            window = self._windows[key] = Window(time.monotonic() + seconds, limit)
        return window

    def _drop_closed(self) -> None:
        # every interaction token opens its own windows, and a playground may run for days
        if len(self._windows) > MAX_WINDOWS:
            now = time.monotonic()
            self._windows = {key: window for key, window in self._windows.items() if window.closes_at > now}


def _seconds_left(window: Window) -> float:
    return max(0.001, window.closes_at - time.monotonic())


def _retry_headers(retry_after: float) -> dict[str, str]:
    # discord.py retries a 429 only if it has a Via header; without one it comes from the edge and means a ban
    return {"Retry-After": str(int(retry_after) + 1), "Via": "1.1 simulator"}


def _error(retry_after: float, *, is_global: bool) -> Json:
    message = "You are being rate limited."
    return {"message": message, "code": 0, "retry_after": round(retry_after, 3), "global": is_global}
