"""Fault injection: slow routes, error responses, dropped connections and gateway failures."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatch

from bot.simulator.errors import Json

UNLIMITED = 1_000_000


@dataclass(slots=True)
class Fault:
    """A fault for the next `times` requests whose `METHOD /path` (without /api/v10) matches the glob `pattern`."""

    pattern: str
    times: int = 1
    seconds: float = 0.0  # added latency
    status: int = 0  # status of the error response; 0 leaves the response alone
    html: bool = False  # an HTML error as from Discord's edge servers, without a Via header
    retry_after: float = 0.1
    drop: bool = False  # close the connection without a response
    after: bool = False  # delay, refuse or drop after the request has taken effect

    def end(self) -> None:
        self.times = 0

    def matches(self, request: str) -> bool:
        return self.times > 0 and fnmatch(request, self.pattern)

    def response(self) -> tuple[dict[str, str], Json | str]:
        """Headers and body: JSON, or text for an HTML error."""
        if self.html:
            return {}, f"<html><body><h1>{self.status}</h1></body></html>"
        if self.status == 429:
            headers = {"Retry-After": str(int(self.retry_after) + 1), "Via": "1.1 simulator"}
            body: Json = {"message": "You are being rate limited.", "code": 0, "global": False}
            return headers | {"X-RateLimit-Scope": "shared"}, body | {"retry_after": self.retry_after}
        return {}, {"message": f"{self.status}: injected", "code": 0}


@dataclass(frozen=True, slots=True)
class GatewayFault:
    """A fault for all open gateway connections of one user."""

    action: str  # "cut", "reconnect", "invalidate" or "invalidate-resumable"
    user_id: int
    code: int = 1006


@dataclass(slots=True)
class Faults:
    """`sim.faults`. Patterns look like "PATCH /channels/*/messages/*"; gateway faults hit the bot by default.

    Example: `sim.faults.fail("POST /channels/*/messages", 503, times=2)`.
    """

    bot_id: int
    late_events: float = 0.0  # seconds by which gateway events are delayed behind their REST responses
    heartbeats: bool = True  # False: heartbeats are no longer acknowledged
    refuse_resume: bool = False  # True: RESUME is answered with INVALID_SESSION
    armed: list[Fault] = field(default_factory=list)
    gateway_listeners: list[Callable[[GatewayFault], int]] = field(default_factory=list)

    def slow(self, pattern: str, seconds: float, times: int = UNLIMITED, *, after: bool = False) -> Fault:
        """Delay requests. `after`: take effect at once and delay only the response, until after the gateway events."""
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
        """Answer with an error. `after`: the request takes effect first."""
        return self.arm(Fault(pattern, times, status=status, html=html, retry_after=retry_after, after=after))

    def outage(self, pattern: str = "*", status: int = 500) -> Fault:
        """Answer with an error until `end` is called on the returned fault, or `clear` on this."""
        return self.fail(pattern, status, times=UNLIMITED)

    def drop(self, pattern: str, times: int = 1, *, after: bool = False) -> Fault:
        """Close the connection without a response. `after`: the request takes effect first."""
        return self.arm(Fault(pattern, times, drop=True, after=after))

    def arm(self, fault: Fault) -> Fault:
        self.armed.append(fault)
        return fault

    def clear(self) -> None:
        self.armed.clear()
        self.heartbeats, self.refuse_resume, self.late_events = True, False, 0.0

    def take(self, request: str) -> list[Fault]:
        """The faults for this request, each counted down by one: all delays, and the first error or drop."""
        matching = [fault for fault in self.armed if fault.matches(request)]
        delays = [fault for fault in matching if not (fault.status or fault.drop)]
        errors = [fault for fault in matching if fault.status or fault.drop]
        taken = delays + errors[:1]
        for fault in taken:
            fault.times -= 1
        return taken

    # Gateway faults; each returns the number of connections it hit.

    def cut(self, user_id: int | None = None, code: int = 1006) -> int:
        """Close the websocket with this code; 1006 aborts the connection without a close frame."""
        return self._inject(GatewayFault("cut", user_id or self.bot_id, code))

    def reconnect(self, user_id: int | None = None) -> int:
        """Send opcode 7 RECONNECT."""
        return self._inject(GatewayFault("reconnect", user_id or self.bot_id))

    def invalidate(self, user_id: int | None = None, *, resumable: bool = False) -> int:
        """Send opcode 9 INVALID_SESSION; the session is deleted unless it is resumable."""
        action = "invalidate-resumable" if resumable else "invalidate"
        return self._inject(GatewayFault(action, user_id or self.bot_id))

    def _inject(self, fault: GatewayFault) -> int:
        return sum(listener(fault) for listener in self.gateway_listeners)
