"""Rate limits as Discord counts them.

A bucket is a fixed window: it opens with its first request and closes `window` seconds later, whatever happens in
between; then it is full again. Creating and editing messages are counted apart, five each per five seconds and channel
(a thread is a channel of its own), and yet both answers name the *same* bucket hash. A client that keys its limiter by
that hash, as discord.py does, therefore holds back new messages while edits are exhausted. That is Discord's behaviour
and it shapes a streaming bot, so it is kept here. Deleting has a bucket of its own, and so has each interaction.

Above all buckets stands the global limit per bot and second, which requests for interactions do not count towards.
People are not limited: the simulator's persons are there to test bots.
"""

import hashlib
import time
from dataclasses import dataclass

from bot.simulator.errors import Json

MANY = 1000  # windows, at which closed ones are forgotten


@dataclass(slots=True)
class Limits:
    """The numbers; tests loosen them."""

    messages: int = 5
    webhooks: int = 5
    window: float = 5.0
    deletions: int = 5
    deletions_window: float = 1.0
    overall: int = 50
    overall_window: float = 1.0


@dataclass(slots=True)
class Window:
    closes: float
    left: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """What is counted together: `counted` names the counter, `shown` the hash that clients see."""

    counted: str
    shown: str
    limit: int
    seconds: float

    @property
    def hash(self) -> str:
        return hashlib.md5(self.shown.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the request passes, and what the answer says about it."""

    headers: dict[str, str]
    refusal: Json | None = None


class Limiter:
    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._windows: dict[str, Window] = {}

    def bucket(self, kind: str, method: str, major: str) -> Bucket:
        if kind == "deletions":
            return Bucket(f"{kind} {major}", kind, self.limits.deletions, self.limits.deletions_window)
        limit = self.limits.webhooks if kind == "webhooks" else self.limits.messages
        return Bucket(f"{kind} {method} {major}", kind, limit, self.limits.window)

    def take_overall(self, user_id: int) -> Verdict:
        window = self._window(f"overall {user_id}", self.limits.overall, self.limits.overall_window)
        if window.left > 0:
            window.left -= 1
            return Verdict({})
        wait = self._wait(window)
        headers = {"X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"}
        return Verdict(headers | _retry_header(wait), _refusal(wait, everywhere=True))

    def take(self, bucket: Bucket) -> Verdict:
        window = self._window(bucket.counted, bucket.limit, bucket.seconds)
        passes = window.left > 0
        window.left -= passes
        wait = self._wait(window)
        headers = self._headers(bucket, window, wait)
        if passes:
            return Verdict(headers)
        return Verdict(headers | {"X-RateLimit-Scope": "user"} | _retry_header(wait), _refusal(wait, everywhere=False))

    def _window(self, name: str, limit: int, seconds: float) -> Window:
        window = self._windows.get(name)
        if window is None or window.closes <= time.monotonic():
            self._forget_closed()
            window = self._windows[name] = Window(time.monotonic() + seconds, limit)
        return window

    def _forget_closed(self) -> None:
        """Every token has windows of its own, and a playground may run for days."""
        if len(self._windows) > MANY:
            now = time.monotonic()
            self._windows = {name: window for name, window in self._windows.items() if window.closes > now}

    def _wait(self, window: Window) -> float:
        return max(0.001, window.closes - time.monotonic())

    def _headers(self, bucket: Bucket, window: Window, wait: float) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(bucket.limit),
            "X-RateLimit-Remaining": str(window.left),
            "X-RateLimit-Reset": f"{time.time() + wait:.3f}",
            "X-RateLimit-Reset-After": f"{wait:.3f}",
            "X-RateLimit-Bucket": bucket.hash,
        }


def _retry_header(wait: float) -> dict[str, str]:
    return {"Retry-After": str(int(wait) + 1), "Via": "1.1 simulator"}


def _refusal(wait: float, *, everywhere: bool) -> Json:
    return {"message": "You are being rate limited.", "code": 0, "retry_after": round(wait, 3), "global": everywhere}
