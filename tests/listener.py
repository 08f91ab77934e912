"""The gateway events of a person's client, and methods that wait for them."""

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import aiohttp

Json = dict[str, Any]
Wanted = str | Callable[[Json], bool]
Ref = str | int | Mapping[str, Any]  # an id, or an object with an id
T = TypeVar("T")

TIMEOUT = 10.0


def id_of(ref: Ref) -> str:
    return str(ref["id"]) if isinstance(ref, Mapping) else str(ref)


class Listener:
    """Records every event. Waits look at the events since the person's last action, which start at index `_since`."""

    def __init__(self) -> None:
        self._news = asyncio.Condition()
        self._since = 0
        self.events: list[tuple[str, Json]] = []
        self.user: Json = {}

    @property
    def id(self) -> str:
        return str(self.user["id"])

    async def _read(self, socket: aiohttp.ClientWebSocketResponse, token: str) -> None:
        await socket.send_json({"op": 2, "d": {"token": token, "properties": {"os": "test"}}})
        async with asyncio.TaskGroup() as tasks:
            async for frame in socket:
                await self._take(json.loads(frame.data), socket, tasks)

    async def _take(self, packet: Json, socket: aiohttp.ClientWebSocketResponse, tasks: asyncio.TaskGroup) -> None:
        if packet["op"] == 10:
            tasks.create_task(self._beat(socket, packet["d"]["heartbeat_interval"] / 1000))
        if packet["op"] == 0:
            async with self._news:
                self.events.append((packet["t"], packet["d"]))
                self._news.notify_all()

    async def _beat(self, socket: aiohttp.ClientWebSocketResponse, interval: float) -> None:
        while not socket.closed:
            await asyncio.sleep(interval)
            await socket.send_json({"op": 1, "d": None})

    async def until(self, found: Callable[[], T | None], timeout: float = TIMEOUT, *, what: str = "") -> T:
        """Wait until `found` returns something other than None, and return it."""
        try:
            async with asyncio.timeout(timeout), self._news:
                while (result := found()) is None:
                    await self._news.wait()
                return result
        except TimeoutError:
            heard = "\n".join(f"  {name} {str(data)[:300]}" for name, data in self.events[self._since :])
            raise AssertionError(f"{what or 'nothing like that'} within {timeout} s; there was:\n{heard}") from None

    async def event(
        self, name: str, fits: Callable[[Json], bool] = lambda data: True, timeout: float = TIMEOUT
    ) -> Json:
        """Wait for the first event of this name that fits, since the person's last action."""

        def found() -> Json | None:
            return next((data for kind, data in self.events[self._since :] if kind == name and fits(data)), None)

        return await self.until(found, timeout, what=f"no {name}")

    async def sees(
        self, *wanted: Wanted, reply_to: Ref | None = None, channel: Ref | None = None, timeout: float = TIMEOUT
    ) -> Json:
        """Wait for another user's message, created or edited since the last action, that matches everything `wanted`.

        A string must be part of the content, a function must return True. Returns the message as it matched.
        """

        def fits(message: Json) -> bool:
            if message["author"]["id"] == self.id:
                return False
            if reply_to is not None and (message.get("message_reference") or {}).get("message_id") != id_of(reply_to):
                return False
            if channel is not None and message["channel_id"] != id_of(channel):
                return False
            return all(want in message["content"] if isinstance(want, str) else want(message) for want in wanted)

        def found() -> Json | None:
            return next((message for message in self._messages(self._since) if fits(message)), None)

        return await self.until(found, timeout, what=f"heard nothing that fits {wanted}")

    def _messages(self, since: int = 0) -> Iterable[Json]:
        return (data for name, data in self.events[since:] if name in ("MESSAGE_CREATE", "MESSAGE_UPDATE"))

    def states(self, message: Ref) -> list[Json]:
        """All states of the message, oldest first."""
        return [shown for shown in self._messages() if shown["id"] == id_of(message)]

    def saw(self, message: Ref) -> list[str]:
        """The content of all states of the message, oldest first."""
        return [shown["content"] for shown in self.states(message)]

    def latest(self, message: Ref) -> Json:
        """The last state of the message."""
        return self.states(message)[-1]

    def pinged(self, message: Ref) -> bool:
        """Whether the message mentioned this person, directly, as a reply or by @everyone, when it was created.

        Edits never ping.
        """
        first = self.states(message)[0]
        return bool(first["mention_everyone"]) or any(user["id"] == self.id for user in first["mentions"])

    def messages_from(self, author: Ref, channel: Ref | None = None) -> list[Json]:
        """The last state of each message by this author, oldest message first."""
        states = {shown["id"]: shown for shown in self._messages() if shown["author"]["id"] == id_of(author)}
        return [shown for shown in states.values() if channel is None or shown["channel_id"] == id_of(channel)]

    async def gone(self, message: Ref, timeout: float = TIMEOUT) -> None:
        """Wait until the message is deleted."""
        await self.event("MESSAGE_DELETE", lambda data: bool(data["id"] == id_of(message)), timeout)
