"""The gateway: one websocket per client, with Discord's protocol (Discord docs: Gateway).

The server sends HELLO, the client sends IDENTIFY or RESUME, and then events flow. Three facts shape this module:

* A session is not a connection. If a connection ends with any close code but 1000 or 1001, the session continues to
  number events, and RESUME on a new connection replays those the client has not seen, followed by RESUMED. Events
  during the gap are late, never lost, and may arrive twice.
* Every client gets its own payload of an event: URLs contain the host that the client connected to, content is blank
  for a bot without the MESSAGE_CONTENT intent, and events of hidden channels are not sent. Therefore the world
  dispatches a function that renders the payload, and the gateway calls it once per session.
* A person's client identifies without intents, gets its guilds inside READY, and receives every event it may see.
"""

import asyncio
import json
from typing import Any

from aiohttp import WSMsgType, web

from bot.simulator.errors import Json
from bot.simulator.faults import Faults, GatewayFault
from bot.simulator.intents import ALL_INTENTS, MEMBERS, MESSAGE_CONTENT, PRESENCES, has_intent, receives
from bot.simulator.objects import DM, Guild, Member
from bot.simulator.payloads import member_payload
from bot.simulator.ready import application_ready_fields, guild_create_payload, person_ready_fields, ready_payload
from bot.simulator.sessions import Connection, Session
from bot.simulator.world import Event, World

HEARTBEAT_INTERVAL = 41.25
ACK_DELAY = 0.1  # seconds; discord.py records the time of a heartbeat only after the send, and loopback is faster
DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE_UPDATE, VOICE_STATE_UPDATE, RESUME = 0, 1, 2, 3, 4, 6
RECONNECT, REQUEST_GUILD_MEMBERS, INVALID_SESSION, HELLO, HEARTBEAT_ACK = 7, 8, 9, 10, 11
UNKNOWN_OPCODE, DECODE_ERROR, NOT_AUTHENTICATED, AUTHENTICATION_FAILED, ALREADY_AUTHENTICATED = range(4001, 4006)
INVALID_SEQ, SESSION_TIMED_OUT, INVALID_SHARD, INVALID_INTENTS, DISALLOWED_INTENTS = 4007, 4009, 4010, 4013, 4014
SESSION_ENDING_CODES = (1000, 1001)  # sent by the client; with any other close code the session can be resumed


def origin_of(request: web.Request) -> str:
    """Scheme and host as the client used them, which may be those of a proxy."""
    scheme = request.headers.get("X-Forwarded-Proto", request.scheme).split(",")[0].strip()
    return f"{scheme}://{request.host}"


def gateway_url(origin: str) -> str:
    return f"{origin.replace('http', 'ws', 1)}/gateway"


class Gateway:
    def __init__(self, world: World, faults: Faults, heartbeat_interval: float = HEARTBEAT_INTERVAL) -> None:
        self.world, self.faults = world, faults
        self.heartbeat_interval = heartbeat_interval
        self.sessions: dict[str, Session] = {}
        self._sockets: set[web.WebSocketResponse] = set()
        world.listeners.append(self.dispatch)
        faults.gateway_listeners.append(self._inject)

    # Events

    def dispatch(self, event: Event) -> None:
        """Render the event for every session that may receive it, and send it."""
        for session in list(self.sessions.values()):
            if session.expired:
                del self.sessions[session.id]
            elif self._may_receive(session, event):
                session.dispatch(event.name, event.render(session.viewer))

    def _may_receive(self, session: Session, event: Event) -> bool:
        user = session.user
        if event.only is not None and user.id not in event.only:
            return False
        if event.guild_id is not None and user.id not in self.world.guilds[event.guild_id].members:
            return False
        # bots receive CHANNEL_* events of channels they cannot view, but no messages
        includes_hidden = user.bot and event.name.startswith("CHANNEL_")
        if event.channel and not includes_hidden and not self.world.can_view(user, event.channel):
            return False
        if not session.in_shard(event.guild_id):
            return False
        if event.about == user.id:
            return True
        return session.intents is None or receives(session.intents, event.name, in_guild=event.guild_id is not None)

    # Connections

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve one websocket until it closes."""
        socket = web.WebSocketResponse(compress=False, max_msg_size=0)
        await socket.prepare(request)
        self._sockets.add(socket)
        connection = Connection(socket, request, self.faults)
        connection.send(HELLO, {"heartbeat_interval": int(self.heartbeat_interval * 1000), "_trace": ["simulator"]})
        writer = asyncio.create_task(connection.write())
        try:
            await ConnectionReader(self, connection, origin_of(request)).read(socket)
        except ConnectionError:
            pass  # the client or a fault aborted the connection
        finally:
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
            self._sockets.discard(socket)
            self._disconnect(connection, socket.close_code)
        return socket

    def _disconnect(self, connection: Connection, code: int | None) -> None:
        for session in list(self.sessions.values()):
            if session.connection is connection:
                session.disconnect()
                if code in SESSION_ENDING_CODES:
                    del self.sessions[session.id]

    async def close(self) -> None:
        for socket in list(self._sockets):
            await socket.close(code=1001)

    def _inject(self, fault: GatewayFault) -> int:
        """Apply the fault to the user's connections; returns their number."""
        hit = [s for s in self.sessions.values() if s.connection and s.user.id == fault.user_id]
        for session in hit:
            self._apply(fault, session)
        return len(hit)

    def _apply(self, fault: GatewayFault, session: Session) -> None:
        connection = session.connection
        assert connection is not None
        if fault.action == "cut":
            session.disconnect()
            connection.close(fault.code)
        elif fault.action == "reconnect":
            connection.send(RECONNECT)
        else:
            resumable = fault.action == "invalidate-resumable"
            if not resumable:
                del self.sessions[session.id]
            connection.send(INVALID_SESSION, resumable)


class ConnectionReader:
    """Reads one client's payloads and answers them."""

    def __init__(self, gateway: Gateway, connection: Connection, origin: str) -> None:
        self.gateway, self.world = gateway, gateway.world
        self.connection, self.origin = connection, origin
        self.session: Session | None = None

    async def read(self, socket: web.WebSocketResponse) -> None:
        """Read until the socket closes. A client that misses two heartbeats is disconnected."""
        timeout = self.gateway.heartbeat_interval * 2
        while True:
            try:
                message = await socket.receive(timeout=timeout)
            except TimeoutError:
                self.connection.close(SESSION_TIMED_OUT)
                continue
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                return
            self._receive(message.data)

    def _receive(self, text: str | bytes) -> None:
        try:
            payload = json.loads(text)
            op, d = payload["op"], payload.get("d")
        except (ValueError, TypeError, KeyError, AttributeError):
            self.connection.close(DECODE_ERROR)
            return
        if op in (IDENTIFY, RESUME):
            self._authenticate(op, d)
        elif op != HEARTBEAT:
            self._receive_authenticated(op, d)
        elif self.gateway.faults.heartbeats:
            asyncio.get_running_loop().call_later(ACK_DELAY, self.connection.send, HEARTBEAT_ACK)

    def _receive_authenticated(self, op: int, d: Any) -> None:
        if self.session is None:
            self.connection.close(NOT_AUTHENTICATED)
        elif op == REQUEST_GUILD_MEMBERS:
            if not isinstance(d, dict) or not str(d.get("guild_id")).isdigit():
                self.connection.close(DECODE_ERROR)
            else:
                self._send_members_chunk(self.session, d)
        elif op not in (PRESENCE_UPDATE, VOICE_STATE_UPDATE) and self.session.user.bot:
            self.connection.close(UNKNOWN_OPCODE)

    def _authenticate(self, op: int, d: Any) -> None:
        if self.session is not None and self.session.id in self.gateway.sessions:
            self.connection.close(ALREADY_AUTHENTICATED)
        elif not isinstance(d, dict):
            self.connection.close(DECODE_ERROR)
        elif op == IDENTIFY:
            self._identify(d)
        else:
            self._resume(d)

    def _identify(self, d: Json) -> None:
        user = self.world.user_by_token(str(d.get("token", "")).removeprefix("Bot "))
        intents = d.get("intents")
        if user is None:
            self.connection.close(AUTHENTICATION_FAILED)
        elif user.bot and (not isinstance(intents, int) or intents & ~ALL_INTENTS):
            self.connection.close(INVALID_INTENTS)
        elif "shard" in d and parse_shard(d) is None:
            self.connection.close(INVALID_SHARD)
        elif user.bot and has_intent(intents or 0, MESSAGE_CONTENT) and not self.world.application.message_content:
            self.connection.close(DISALLOWED_INTENTS)
        else:
            self.session = Session(user, self.origin, intents if user.bot else None, parse_shard(d) or (0, 1))
            self.gateway.sessions[self.session.id] = self.session
            self.session.connection = self.connection
            self._send_ready(self.session, sharded="shard" in d)

    def _send_ready(self, session: Session, *, sharded: bool) -> None:
        """Send READY, then one GUILD_CREATE per guild."""
        user, viewer = session.user, session.viewer
        guilds = [g for g in self.world.guilds.values() if user.id in g.members and session.in_shard(g.id)]
        ready = ready_payload(viewer, guilds, session.id, gateway_url(self.origin))
        if user.bot:
            ready |= application_ready_fields(self.world.application)
        else:
            dms = [c for c in self.world.channels.values() if c.type == DM and user in c.recipients]
            ready |= person_ready_fields(viewer, guilds, dms)
        session.dispatch("READY", ready | {"shard": list(session.shard)} if sharded else ready)
        if session.intents is not None and not receives(session.intents, "GUILD_CREATE", in_guild=True):
            return
        all_members = session.intents is None or has_intent(session.intents, PRESENCES)
        for guild in guilds:
            # without `unavailable: false` discord.py would report the guild as newly joined
            payload = guild_create_payload(guild, viewer, all_members=all_members) | {"unavailable": False}
            session.dispatch("GUILD_CREATE", payload)

    def _resume(self, d: Json) -> None:
        session = self.gateway.sessions.get(str(d.get("session_id")))
        token, seq = str(d.get("token", "")).removeprefix("Bot "), d.get("seq")
        if self.world.user_by_token(token) is None:
            self.connection.close(AUTHENTICATION_FAILED)
        elif self.gateway.faults.refuse_resume or session is None or session.user.token != token:
            self.connection.send(INVALID_SESSION, False)
        elif not isinstance(seq, int) or not session.can_resume(seq):
            self.connection.close(INVALID_SEQ)
        else:
            self.session = session
            session.resume(self.connection, seq)

    def _send_members_chunk(self, session: Session, d: Json) -> None:
        """Answer REQUEST_GUILD_MEMBERS; the whole member list needs the GUILD_MEMBERS intent."""
        guild = self.world.guilds.get(int(d.get("guild_id") or 0))
        if guild is None or session.user.id not in guild.members:
            return
        wants_all = not d.get("user_ids") and not d.get("query")
        if wants_all and session.intents is not None and not has_intent(session.intents, MEMBERS):
            return
        chunk: Json = {
            "guild_id": str(guild.id),
            "members": [member_payload(member) for member in _requested_members(guild, d)],
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": [],
        }
        session.dispatch("GUILD_MEMBERS_CHUNK", chunk | ({"nonce": d["nonce"]} if d.get("nonce") else {}))


def _requested_members(guild: Guild, d: Json) -> list[Member]:
    members = list(guild.members.values())
    if ids := d.get("user_ids"):
        wanted = {str(one) for one in (ids if isinstance(ids, list) else [ids])}
        return [member for member in members if str(member.user.id) in wanted]
    prefix = str(d.get("query") or "").lower()
    found = [m for m in members if (m.nick or m.user.global_name or m.user.username).lower().startswith(prefix)]
    limit = d.get("limit")
    return found[:limit] if isinstance(limit, int) and limit > 0 else found


def parse_shard(d: Json) -> tuple[int, int] | None:
    """`shard` of an IDENTIFY as (shard_id, num_shards), None if it is missing or invalid."""
    match d.get("shard"):
        case [int() as shard_id, int() as shard_count] if 0 <= shard_id < shard_count:
            return shard_id, shard_count
    return None
