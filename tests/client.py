"""A client's REST requests: a general one, and those that change a server."""

import io
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from tests.forms import File
from tests.listener import Listener, Ref, id_of


class Refused(Exception):
    """Discord answered with something other than 2xx."""

    def __init__(self, status: int, body: Any) -> None:
        self.status, self.body = status, body
        self.code = body.get("code") if isinstance(body, dict) else None
        super().__init__(f"{status} {body}")


class Client(Listener):
    def __init__(self, http: aiohttp.ClientSession, api_url: str) -> None:
        super().__init__()
        self._http, self._api = http, api_url
        self.guild_id = ""

    async def call(self, method: str, path: str, body: Any = None, files: Iterable[File] = ()) -> Any:
        """One REST request."""
        sent: dict[str, Any] = {} if body is None else {"json": body}
        if files := list(files):
            form = aiohttp.FormData({"payload_json": json.dumps(body)})
            for number, (name, content) in enumerate(files):
                form.add_field(f"files[{number}]", io.BytesIO(content), filename=name)
            sent = {"data": form}
        async with self._http.request(method, self._api + path, **sent) as response:
            text = await response.text()
            answer = json.loads(text) if text and response.content_type == "application/json" else text or None
            if response.status >= 300:
                raise Refused(response.status, answer)
            return answer

    # What the owner of a server can do

    async def delete_channel(self, channel: Ref) -> None:
        """Delete a channel or a thread."""
        await self.call("DELETE", f"/channels/{id_of(channel)}")

    async def deny(self, channel: Ref, member: Ref, permissions: int) -> None:
        """Deny a member these permissions in the channel; 0 lifts the denial."""
        body = {"type": 1, "allow": "0", "deny": str(int(permissions))}
        await self.call("PUT", f"/channels/{id_of(channel)}/permissions/{id_of(member)}", body)

    async def time_out(self, member: Ref, seconds: float = 600) -> None:
        """0 seconds ends the timeout."""
        until = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat() if seconds else None
        body = {"communication_disabled_until": until}
        await self.call("PATCH", f"/guilds/{self.guild_id}/members/{id_of(member)}", body)

    async def kick(self, member: Ref) -> None:
        await self.call("DELETE", f"/guilds/{self.guild_id}/members/{id_of(member)}")

    async def archive(self, thread: Ref, *, locked: bool = False) -> None:
        await self.call("PATCH", f"/channels/{id_of(thread)}", {"archived": True, "locked": locked})

    async def lock(self, thread: Ref) -> None:
        """Afterwards only people with Manage Threads can write or edit in it."""
        await self.call("PATCH", f"/channels/{id_of(thread)}", {"archived": False, "locked": True})

    async def reopen(self, thread: Ref) -> None:
        await self.call("PATCH", f"/channels/{id_of(thread)}", {"archived": False, "locked": False})
