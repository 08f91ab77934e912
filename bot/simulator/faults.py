"""What can be made to go wrong: slow routes, refused requests, cut connections, gateway trouble."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatch

from bot.simulator.errors import Json


@dataclass(slots=True)
class Fault:
    """Strikes requests whose `METHOD /path` (without /api/v10) fits the pattern, `times` times."""

    pattern: str
    times: int = 1
    seconds: float = 0.0  # added latency
    status: int = 0  # the answer instead of the real one; 0: the real one
    html: bool = False  # as an edge server answers, without Via and without JSON
    retry_after: float = 0.1
    drop: bool = False  # close the connection without an answer
    after: bool = False  # delay or drop only once the request has taken effect

    def end(self) -> None:
        self.times = 0

    def fits(self, request: str) -> bool:
        return self.times > 0 and fnmatch(request, self.pattern)

    def answer(self) -> tuple[dict[str, str], Json | str]:
        if self.html:
            return {}, f"<html><body><h1>{self.status}</h1></body></html>"
        if self.status == 429:
            headers = {"Retry-After": str(int(self.retry_after) + 1), "Via": "1.1 simulator"}
            refused: Json = {"message": "You are being rate limited.", "code": 0, "global": False}
            return headers | {"X-RateLimit-Scope": "shared"}, refused | {"retry_after": self.retry_after}
        return {}, {"message": f"{self.status}: injected", "code": 0}


@dataclass(frozen=True, slots=True)
class Kick:
    """Something to do to the open gateway connections of one user."""

    act: str  # "cut", "reconnect", "invalidate" or "invalidate-resumable"
    user_id: int
    code: int = 1006


@dataclass(slots=True)
class Faults:
    """`sim.faults`: patterns are such as "PATCH /channels/*/messages/*"; the gateway verbs strike the bot.

    Example: `sim.faults.fail("POST /channels/*/messages", 503, times=2)`.
    """

    bot_id: int
    late_events: float = 0.0  # seconds by which gateway events come after the REST answers they belong to
    heartbeats: bool = True  # False: heartbeats get no answer any more
    refuse_resume: bool = False  # True: RESUME is answered with an invalid session
    armed: list[Fault] = field(default_factory=list)
    kickers: list[Callable[[Kick], int]] = field(default_factory=list)

    def slow(self, pattern: str, seconds: float, times: int = 1_000_000, *, after: bool = False) -> Fault:
        """Delays; `after`: the request takes effect at once and only its answer is late, after the gateway's events."""
        return self.arm(Fault(pattern, times, seconds, after=after))

    def fail(
        self,
        pattern: str,
        status: int,
        times: int = 1,
        *,
        html: bool = False,
        retry_after: float = 0.1,
        after: bool = False,
    ) -> Fault:
        """Refuses; `after`: the request takes effect and is refused all the same."""
        return self.arm(Fault(pattern, times, status=status, html=html, retry_after=retry_after, after=after))

    def outage(self, pattern: str = "*", status: int = 500) -> Fault:
        """Refuses all such requests until `end` is called on the result, or `clear`."""
        return self.fail(pattern, status, times=1_000_000)

    def drop(self, pattern: str, times: int = 1, *, after: bool = False) -> Fault:
        """Closes the connection instead of answering; `after`: the request still takes effect."""
        return self.arm(Fault(pattern, times, drop=True, after=after))

    def arm(self, fault: Fault) -> Fault:
        self.armed.append(fault)
        return fault

    def clear(self) -> None:
        self.armed.clear()
        self.heartbeats, self.refuse_resume, self.late_events = True, False, 0.0

    def strike(self, request: str) -> list[Fault]:
        """The faults for this request, used up by it."""
        struck = [fault for fault in self.armed if fault.fits(request)]
        # of several refusals the first counts; delays add up
        refusals = [fault for fault in struck if fault.status or fault.drop][:1]
        struck = [fault for fault in struck if not (fault.status or fault.drop)] + refusals
        for fault in struck:
            fault.times -= 1
        return struck

    # The gateway; each returns how many connections it struck.

    def cut(self, user_id: int | None = None, code: int = 1006) -> int:
        """Drops the websocket; 1006 closes the connection without a word."""
        return self._kick(Kick("cut", user_id or self.bot_id, code))

    def reconnect(self, user_id: int | None = None) -> int:
        """Op 7."""
        return self._kick(Kick("reconnect", user_id or self.bot_id))

    def invalidate(self, user_id: int | None = None, *, resumable: bool = False) -> int:
        """Op 9; the session is forgotten unless it is resumable."""
        act = "invalidate-resumable" if resumable else "invalidate"
        return self._kick(Kick(act, user_id or self.bot_id))

    def _kick(self, kick: Kick) -> int:
        return sum(kicker(kick) for kicker in self.kickers)
