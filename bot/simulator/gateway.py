"""The gateway: one websocket per client, spoken as Discord speaks it.

The server says HELLO, the client IDENTIFYs or RESUMEs, and from then on events flow. Three things are easy to get
wrong and are the reason for this module's shape:

* A session is not a connection. When a connection breaks without the client saying goodbye (close code 1000 or 1001),
  the session lives on, keeps numbering events, and RESUME on a new connection replays those the client has not seen,
  followed by RESUMED. Events between the two connections are therefore late, never lost, and may come twice.
* An event looks different to everyone: addresses are built from the host that client connected to, content is blanked
  for a bot without the message content intent, and who may not see the channel hears nothing. So the world publishes a
  way to paint the event and the gateway paints it once per session.
* A person's client identifies with no intents, finds its guilds inside READY, and is told everything it may see.
"""

import asyncio
import json
from typing import Any

from aiohttp import WSMsgType, web

from bot.simulator.errors import Json
from bot.simulator.faults import Faults, Kick
from bot.simulator.intents import CONTENT, KNOWN, MEMBERS, PRESENCES, has, lets_through
from bot.simulator.objects import DM, Guild
from bot.simulator.payloads import member_payload
from bot.simulator.sessions import Connection, Session
from bot.simulator.welcome import for_application, for_person, guild_create_payload, ready_payload
from bot.simulator.world import Event, World

HEARTBEAT_INTERVAL = 41.25
ACK_AFTER = 0.1  # seconds; discord.py notes when it sent a heartbeat only after the send, and loopback is faster
DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, VOICE, RESUME, RECONNECT, REQUEST_MEMBERS = 0, 1, 2, 3, 4, 6, 7, 8
INVALID_SESSION, HELLO, ACK = 9, 10, 11
GOODBYE = (1000, 1001)


def origin_of(request: web.Request) -> str:
    """The address this client used, which a proxy may have changed on the way."""
    scheme = request.headers.get("X-Forwarded-Proto", request.scheme).split(",")[0].strip()
    return f"{scheme}://{request.host}"


def gateway_url(origin: str) -> str:
    return f"{origin.replace('http', 'ws', 1)}/gateway"


class Gateway:
    def __init__(self, world: World, faults: Faults, heartbeat_interval: float = HEARTBEAT_INTERVAL) -> None:
        self.world, self.faults = world, faults
        self.heartbeat_interval = heartbeat_interval
        self.sessions: dict[str, Session] = {}
        self._open: set[web.WebSocketResponse] = set()
        world.listeners.append(self.tell)
        faults.kickers.append(self._kick)

    # Events

    def tell(self, event: Event) -> None:
        for session in list(self.sessions.values()):
            if session.forgotten:
                del self.sessions[session.id]
            elif self._concerns(event, session):
                session.dispatch(event.name, event.paint(session.viewer))

    def _concerns(self, event: Event, session: Session) -> bool:
        user = session.user
        if event.only is not None and user.id not in event.only:
            return False
        if event.guild_id is not None and user.id not in self.world.guilds[event.guild_id].members:
            return False
        # bots hear of hidden channels, though not of what is said there
        hidden_too = user.bot and event.name.startswith("CHANNEL_")
        if event.channel and not hidden_too and not self.world.sees(user, event.channel):
            return False
        if not session.in_shard(event.guild_id):
            return False
        if event.about == user.id:
            return True
        return session.intents is None or lets_through(session.intents, event.name, in_guild=event.guild_id is not None)

    # Connections

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """The websocket's route."""
        socket = web.WebSocketResponse(compress=False, max_msg_size=0)
        await socket.prepare(request)
        self._open.add(socket)
        connection = Connection(socket, request, self.faults)
        connection.send(HELLO, {"heartbeat_interval": int(self.heartbeat_interval * 1000), "_trace": ["simulator"]})
        writer = asyncio.create_task(connection.write())
        try:
            await Client(self, connection, origin_of(request)).listen(socket)
        except ConnectionError:
            pass  # the client or a fault cut the line
        finally:
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
            self._open.discard(socket)
            self._part(connection, socket.close_code)
        return socket

    def _part(self, connection: Connection, code: int | None) -> None:
        for session in list(self.sessions.values()):
            if session.connection is connection:
                session.part()
                if code in GOODBYE:
                    del self.sessions[session.id]

    async def close(self) -> None:
        for socket in list(self._open):
            await socket.close(code=1001)

    def _kick(self, kick: Kick) -> int:
        struck = [s for s in self.sessions.values() if s.connection and s.user.id == kick.user_id]
        for session in struck:
            self._strike(session, kick)
        return len(struck)

    def _strike(self, session: Session, kick: Kick) -> None:
        connection = session.connection
        assert connection is not None
        if kick.act == "cut":
            session.part()
            connection.close(kick.code)
        elif kick.act == "reconnect":
            connection.send(RECONNECT)
        else:
            resumable = kick.act == "invalidate-resumable"
            if not resumable:
                del self.sessions[session.id]
            connection.send(INVALID_SESSION, resumable)


class Client:
    """What one connection says, and the answers."""

    def __init__(self, gateway: Gateway, connection: Connection, origin: str) -> None:
        self.gateway, self.world = gateway, gateway.world
        self.connection, self.origin = connection, origin
        self.session: Session | None = None

    async def listen(self, socket: web.WebSocketResponse) -> None:
        patience = self.gateway.heartbeat_interval * 2
        while True:
            try:
                message = await socket.receive(timeout=patience)
            except TimeoutError:
                self.connection.close(4009)
                continue
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                return
            self._read(message.data)

    def _read(self, text: str | bytes) -> None:
        try:
            packet = json.loads(text)
            op, d = packet["op"], packet.get("d")
        except (ValueError, TypeError, KeyError, AttributeError):
            self.connection.close(4002)
            return
        if op in (IDENTIFY, RESUME):
            self._enter(op, d)
        elif op != HEARTBEAT:
            self._obey(op, d)
        elif self.gateway.faults.heartbeats:
            asyncio.get_running_loop().call_later(ACK_AFTER, self.connection.send, ACK)

    def _obey(self, op: int, d: Any) -> None:
        if self.session is None:
            self.connection.close(4003)
        elif op == REQUEST_MEMBERS:
            if not isinstance(d, dict) or not str(d.get("guild_id")).isdigit():
                self.connection.close(4002)
            else:
                self._chunk_members(self.session, d)
        elif op not in (PRESENCE, VOICE) and self.session.user.bot:
            self.connection.close(4001)

    def _enter(self, op: int, d: Any) -> None:
        if self.session is not None and self.session.id in self.gateway.sessions:
            self.connection.close(4005)
        elif not isinstance(d, dict):
            self.connection.close(4002)
        elif op == IDENTIFY:
            self._identify(d)
        else:
            self._resume(d)

    def _identify(self, d: Json) -> None:
        user = self.world.user_of(str(d.get("token", "")).removeprefix("Bot "))
        intents = d.get("intents")
        if user is None:
            self.connection.close(4004)
        elif user.bot and (not isinstance(intents, int) or intents & ~KNOWN):
            self.connection.close(4013)
        elif "shard" in d and shard_of(d) is None:
            self.connection.close(4010)
        elif user.bot and has(intents or 0, CONTENT) and not self.world.application.message_content:
            self.connection.close(4014)
        else:
            self.session = Session(user, self.origin, intents if user.bot else None, shard_of(d) or (0, 1))
            self.gateway.sessions[self.session.id] = self.session
            self.session.connection = self.connection
            self._welcome(self.session, sharded="shard" in d)

    def _welcome(self, session: Session, *, sharded: bool) -> None:
        user, viewer = session.user, session.viewer
        guilds = [g for g in self.world.guilds.values() if user.id in g.members and session.in_shard(g.id)]
        ready = ready_payload(viewer, guilds, session.id, gateway_url(self.origin))
        if user.bot:
            ready |= for_application(self.world.application)
        else:
            dms = [c for c in self.world.channels.values() if c.type == DM and user in c.recipients]
            ready |= for_person(viewer, guilds, dms)
        session.dispatch("READY", ready | {"shard": list(session.shard)} if sharded else ready)
        if session.intents is None or lets_through(session.intents, "GUILD_CREATE", in_guild=True):
            for guild in guilds:
                session.dispatch("GUILD_CREATE", self._whole(session, guild))

    def _whole(self, session: Session, guild: Guild) -> Json:
        everybody = session.intents is None or has(session.intents, PRESENCES)
        # a guild that was there before says so; without the word discord.py would take it for newly joined
        return guild_create_payload(guild, session.viewer, everybody=everybody) | {"unavailable": False}

    def _resume(self, d: Json) -> None:
        session = self.gateway.sessions.get(str(d.get("session_id")))
        token, seq = str(d.get("token", "")).removeprefix("Bot "), d.get("seq")
        if self.world.user_of(token) is None:
            self.connection.close(4004)
        elif self.gateway.faults.refuse_resume or session is None or session.user.token != token:
            self.connection.send(INVALID_SESSION, False)
        elif not isinstance(seq, int) or not session.can_replay(seq):
            self.connection.close(4007)
        else:
            self.session = session
            session.replay(self.connection, seq)

    def _chunk_members(self, session: Session, d: Json) -> None:
        guild = self.world.guilds.get(int(d.get("guild_id") or 0))
        if guild is None or session.user.id not in guild.members:
            return
        whole_list = not d.get("user_ids") and not d.get("query")
        if whole_list and session.intents is not None and not has(session.intents, MEMBERS):
            return
        members = self._asked_members(guild, d)
        chunk: Json = {
            "guild_id": str(guild.id),
            "members": [member_payload(member) for member in members],
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": [],
        }
        session.dispatch("GUILD_MEMBERS_CHUNK", chunk | ({"nonce": d["nonce"]} if d.get("nonce") else {}))

    def _asked_members(self, guild: Guild, d: Json) -> list[Any]:
        members = list(guild.members.values())
        if ids := d.get("user_ids"):
            wanted = {str(one) for one in (ids if isinstance(ids, list) else [ids])}
            return [member for member in members if str(member.user.id) in wanted]
        start = str(d.get("query") or "").lower()
        found = [m for m in members if (m.nick or m.user.global_name or m.user.username).lower().startswith(start)]
        limit = d.get("limit")
        return found[:limit] if isinstance(limit, int) and limit > 0 else found


def shard_of(d: Json) -> tuple[int, int] | None:
    match d.get("shard"):
        case [int() as number, int() as count] if 0 <= number < count:
            return number, count
    return None
