"""A person at a Discord client, driven by a test: real REST and a real gateway, so that tests read like a transcript.

    async with Person.connect(sim.api_url, sim.gateway_url, sim.person_token) as ana:
        ana.bot, ana.channel = bot, general
        reply = await ana.asks("tell me", sees="Hello from")  # mentions the bot; the first message to contain this
        ana.saw(reply)                                         # every text it had, in order
        await ana.say("thanks", reply_to=reply)
        await ana.sees("You are welcome")
        answer = await ana.sets("model", "x/y")

Every wait looks at the gateway events since the person's last action: `sees` therefore misses nothing that arrived
during a request, and never returns the answer to an earlier question.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import aiohttp

from tests.client import Client
from tests.client import Refused as Refused
from tests.forms import File, filled_in, find_component, given_options
from tests.listener import TIMEOUT, Json, Ref, Wanted, id_of

LOADING = 1 << 7


class NotAnswered(Exception):
    """The application did not respond in time."""


class Person(Client):
    def __init__(self, http: aiohttp.ClientSession, api_url: str) -> None:
        super().__init__(http, api_url)
        self._nonces = count(1)
        self.session_id = ""
        self.application_id = ""
        self.channel = ""  # where the person acts unless told otherwise: the channel used last
        self.bot: Ref = ""  # the bot that `mention` and `asks` mention

    @classmethod
    @asynccontextmanager
    async def connect(cls, api_url: str, gateway_url: str, token: str) -> AsyncIterator["Person"]:
        async with (
            aiohttp.ClientSession(headers={"Authorization": token}) as http,
            http.ws_connect(f"{gateway_url}?v=10&encoding=json", max_msg_size=0) as socket,
        ):
            person = cls(http, api_url)
            reader = asyncio.create_task(person._read(socket, token))
            try:
                ready = await person.event("READY")
                person.user, person.session_id = ready["user"], ready["session_id"]
                person.guild_id = ready["guilds"][0]["id"]
                yield person
            finally:
                reader.cancel()
                await asyncio.gather(reader, return_exceptions=True)

    # Messages

    def _act(self, channel: Ref | None) -> str:
        """Mark the start of an action, from which waits look at events; returns the channel to act in."""
        self._since = len(self.events)
        self.channel = id_of(channel) if channel is not None else self.channel
        return self.channel

    async def say(
        self, text: str, channel: Ref | None = None, *, reply_to: Ref | None = None, files: Iterable[File] = ()
    ) -> Json:
        body: Json = {"content": text, "nonce": self._nonce()}
        if reply_to is not None:
            body["message_reference"] = {"message_id": id_of(reply_to)}
        said: Json = await self.call("POST", f"/channels/{self._act(channel)}/messages", body, files)
        return said

    async def mention(
        self, text: str = "", channel: Ref | None = None, *, reply_to: Ref | None = None, files: Iterable[File] = ()
    ) -> Json:
        """Say this with a mention of the bot before it; returns the message said."""
        return await self.say(f"<@{id_of(self.bot)}> {text}".strip(), channel, reply_to=reply_to, files=files)

    async def asks(
        self,
        text: str = "",
        channel: Ref | None = None,
        *,
        reply_to: Ref | None = None,
        files: Iterable[File] = (),
        sees: Wanted | tuple[Wanted, ...],
        timeout: float = TIMEOUT,
    ) -> Json:
        """Mention the bot with this text and return the first message that fits everything in `sees`."""
        await self.mention(text, channel, reply_to=reply_to, files=files)
        return await self.sees(*(sees if isinstance(sees, tuple) else (sees,)), timeout=timeout)

    async def edit(self, message: Mapping[str, Any], text: str) -> Json:
        path = f"/channels/{self._act(message['channel_id'])}/messages/{message['id']}"
        edited: Json = await self.call("PATCH", path, {"content": text})
        return edited

    async def delete(self, message: Mapping[str, Any]) -> None:
        path = f"/channels/{self._act(message['channel_id'])}/messages/{message['id']}"
        await self.call("DELETE", path)

    async def react(self, message: Mapping[str, Any], emoji: str) -> None:
        path = f"/channels/{self._act(message['channel_id'])}/messages/{message['id']}/reactions/{emoji}/@me"
        await self.call("PUT", path)

    async def typing(self, channel: Ref | None = None) -> None:
        await self.call("POST", f"/channels/{self._act(channel)}/typing")

    async def open_dm(self, user: Ref) -> Json:
        dm: Json = await self.call("POST", "/users/@me/channels", {"recipient_id": id_of(user)})
        return dm

    async def start_thread(self, message: Mapping[str, Any], name: str) -> Json:
        path = f"/channels/{message['channel_id']}/messages/{message['id']}/threads"
        thread: Json = await self.call("POST", path, {"name": name})
        return thread

    async def history(self, channel: Ref | None = None, **query: Any) -> list[Json]:
        """Newest first."""
        asked = "&".join(f"{key}={value}" for key, value in query.items())
        where = id_of(channel) if channel is not None else self.channel
        messages: list[Json] = await self.call("GET", f"/channels/{where}/messages?{asked}")
        return messages

    # Commands, buttons, modals

    async def commands(self, channel: Ref | None = None) -> dict[str, Json]:
        """The commands available to this person here."""
        where = id_of(channel) if channel is not None else self.channel
        index = await self.call("GET", f"/channels/{where}/application-command-index")
        return {command["name"]: command for command in index["application_commands"]}

    async def command(
        self, path: str, options: Mapping[str, Any] | None = None, channel: Ref | None = None, timeout: float = TIMEOUT
    ) -> Json:
        """Uses a slash command ("settings set" names a subcommand) and waits for the message that answers it."""
        return await self.answer(await self.use(path, options, channel), timeout)

    async def sets(self, name: str, value: Any, where: Ref | None = None) -> Json:
        """Uses `/settings set` and returns the answer; `where` is left out for the whole server."""
        place = {} if where is None else {"where": id_of(where)}
        return await self.command("settings set", {"name": name, "value": str(value)} | place)

    async def use(self, path: str, options: Mapping[str, Any] | None = None, channel: Ref | None = None) -> str:
        """Uses a slash command and returns the interaction's id once it is acknowledged."""
        where, files = self._act(channel), list[File]()
        data = await self._command_data(path, options or {}, where, files)
        return await self._acknowledged(await self._interact(2, where, data, files=files))

    async def completes(
        self, path: str, options: Mapping[str, Any], focused: str, channel: Ref | None = None
    ) -> list[Json]:
        """The choices offered while typing the focused option."""
        where = self._act(channel)
        data = await self._command_data(path, options, where, [], focused)
        nonce = await self._interact(4, where, data)
        told = await self.event("APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE", lambda data: data["nonce"] == nonce)
        return list(told["choices"])

    async def click(self, message: Mapping[str, Any], button: str) -> str:
        """Presses a button, called by its label, emoji or custom_id; returns the acknowledged interaction's id."""
        return await self._component(message, button, None)

    async def select(self, message: Mapping[str, Any], select: str, values: Iterable[Ref]) -> str:
        """Chooses in a select, called by its placeholder or custom_id."""
        return await self._component(message, select, [id_of(value) for value in values])

    async def _component(self, message: Mapping[str, Any], name: str, values: list[str] | None) -> str:
        component = find_component(message["components"], name)
        data = {"component_type": component["type"], "custom_id": component["custom_id"]}
        where = self._act(message["channel_id"])
        more = {"message_id": message["id"], "message_flags": message["flags"]}
        self.application_id = message["author"]["id"]
        sent = data if values is None else data | {"values": values}
        return await self._acknowledged(await self._interact(3, where, sent, more))

    async def modal(self, timeout: float = TIMEOUT) -> Json:
        """The modal that the last action opened."""
        return await self.event("INTERACTION_MODAL_CREATE", timeout=timeout)

    async def submit(self, modal: Json, values: Mapping[str, Any]) -> str:
        """Sends a modal in, filled by custom_id; returns the interaction's id once it is acknowledged."""
        where = self._act(modal["channel_id"])
        data = {
            "id": modal["id"],
            "custom_id": modal["custom_id"],
            "components": filled_in(modal["components"], values),
        }
        self.application_id = modal["application"]["id"]
        return await self._acknowledged(await self._interact(5, where, data))

    async def answer(self, interaction_id: str, timeout: float = TIMEOUT) -> Json:
        """The message that answers the interaction, once it no longer says that the application is thinking."""

        def fits(message: Json) -> bool:
            about = message.get("interaction_metadata") or {}
            return about.get("id") == interaction_id and not message["flags"] & LOADING

        def found() -> Json | None:
            return next((message for message in self._messages(self._since) if fits(message)), None)

        return await self.until(found, timeout, what="no answer to the interaction")

    def _nonce(self) -> str:
        return f"{self.user['id'][-6:]}{next(self._nonces):06}"

    async def _interact(
        self, kind: int, channel: str, data: Json, more: Json | None = None, files: Iterable[File] = ()
    ) -> str:
        nonce = self._nonce()
        body = {
            "type": kind,
            "application_id": self.application_id,
            "channel_id": channel,
            "session_id": self.session_id,
            "data": data,
            "nonce": nonce,
        }
        await self.call("POST", "/interactions", body | (more or {}), files)
        return nonce

    async def _acknowledged(self, nonce: str) -> str:
        def found() -> tuple[str, str] | None:
            for name, data in self.events[self._since :]:
                if name in ("INTERACTION_SUCCESS", "INTERACTION_FAILURE") and data["nonce"] == nonce:
                    return name, data["id"]
            return None

        outcome, interaction_id = await self.until(found, what="the interaction neither succeeded nor failed")
        if outcome == "INTERACTION_FAILURE":
            raise NotAnswered
        return interaction_id

    async def _command_data(
        self, path: str, options: Mapping[str, Any], channel: str, files: list[File], focused: str | None = None
    ) -> Json:
        name, *inner = path.split()
        offered = await self.commands(channel)
        if name not in offered:
            raise LookupError(f"/{name} is not offered here; there is {', '.join(offered) or 'nothing'}")
        command = offered[name]
        self.application_id = command["application_id"]
        declared = command.get("options", [])
        given = given_options(declared, inner, options, files, focused)
        return {
            "version": command["version"],
            "id": command["id"],
            "name": name,
            "type": command["type"],
            "options": given,
            "attachments": [{"id": str(number), "filename": file[0]} for number, file in enumerate(files)],
        }
