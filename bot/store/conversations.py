"""Conversations: where a prompt continues, what was said before it, and the claim of a prompt."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Row, Select, bindparam, insert, literal, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.chat.messages import Message, Role
from bot.chat.parts import Part, ReasoningPart
from bot.chat.places import Place, PlaceKind
from bot.chat.prompts import Position, Prompt
from bot.store.forgetting import forget_discord_message
from bot.store.journal import Journal
from bot.store.positions import newest_position, position_after
from bot.store.rows import TEXT, Forgotten, insert_parts, read_parts
from bot.store.tables import conversations, discord_messages, messages, parts

LONGEST_PATH = 1_000
"""Messages that are read for one request; no window that a model has today holds more of them."""


class AlreadyClaimed(Exception):
    """The prompt was claimed before."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A version that was streaming when Parley died. Ids but its own are Discord's; `shown` is in page order."""

    version_id: int
    guild_id: int | None
    channel_id: int
    prompt_id: int
    asker_id: int
    text: str
    shown: tuple[int, ...]


class Conversations:
    """Trees of messages."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def is_stored(self, discord_id: int) -> bool:
        """Whether this Discord message is a stored prompt or a page of a stored reply, forgotten or not."""
        query = select(discord_messages.c.id).where(discord_messages.c.id == discord_id)
        async with self._engine.connect() as connection:
            return await connection.scalar(query) is not None

    async def locate(self, prompt: Prompt, now: float | None = None) -> Position:
        """Where the prompt continues: after the message it replies to, or else at the end of its conversation."""
        async with self._engine.connect() as connection:
            if prompt.replies_to and (position := await position_after(connection, prompt.replies_to)):
                return position
            return await newest_position(connection, prompt, time.time() if now is None else now)

    async def begin(self, place: Place, owner_id: int) -> None:
        """Start an empty conversation, which the next prompt that replies to nothing continues."""
        async with self._engine.begin() as connection:
            await _insert_conversation(connection, place, owner_id, time.time())

    async def path(self, parent_id: int | None, *, most_images: int) -> list[Message]:
        """The messages from the conversation's root to this one, oldest first, without the forgotten ones.

        Only the newest `most_images` images are read; the others are omitted. Reasoning is not read.
        """
        if parent_id is None:
            return []
        async with self._engine.connect() as connection:
            rows = (await connection.execute(_PATH, {"message_id": parent_id})).all()
            found = await read_parts(connection, [row for row in rows if row.kind], most_images)
        roles = {row.id: Role(row.role) for row in rows if row.forgotten_at is None}
        return [Message(role, found.get(message_id, ())) for message_id, role in reversed(roles.items())]

    async def claim(self, prompt: Prompt, parts: Sequence[Part], position: Position, model: str) -> Journal:
        """Store a prompt that consists of these parts, and a version of its answer that begins to stream.

        Raises AlreadyClaimed, and Forgotten where the position's message is not stored; nothing is stored then.
        """
        now = time.time()
        async with self._engine.begin() as connection:
            node = {"conversation_id": await _use_conversation(connection, prompt, position, now), "created_at": now}
            asked = insert(messages).values(
                **node, parent_id=position.parent_id, role=Role.USER, author_id=prompt.author.id, streaming=False
            )
            try:
                prompt_id = _inserted_id(await connection.execute(asked))
            except IntegrityError as error:
                raise Forgotten(f"message {position.parent_id}") from error
            try:
                await connection.execute(insert(discord_messages).values(id=prompt.id, message_id=prompt_id, page=0))
            except IntegrityError as error:
                raise AlreadyClaimed(f"prompt {prompt.id}") from error
            await insert_parts(connection, prompt_id, parts)
            version = {"parent_id": prompt_id, "role": Role.ASSISTANT, "model": model, "streaming": True}
            return Journal(
                self._engine, _inserted_id(await connection.execute(insert(messages).values(**node, **version)))
            )

    async def unfinished(self) -> list[Unfinished]:
        """The versions that were streaming when Parley died, oldest first."""
        async with self._engine.connect() as connection:
            rows = await _streaming_rows(connection)
        return [_unfinished(list(each)) for _, each in groupby(rows, key=lambda row: row.id)]

    async def forget(self, discord_id: int) -> None:
        """Forget what this Discord message says: a prompt, or all versions of the reply that it is a page of.

        Whatever was quoted from it elsewhere is forgotten too. The tree stays.
        """
        async with self._engine.begin() as connection:
            await forget_discord_message(connection, discord_id)


async def _insert_conversation(connection: AsyncConnection, place: Place, owner_id: int, now: float) -> int:
    values = {"channel_id": place.channel_id, "guild_id": place.guild_id, "owner_id": owner_id}
    return _inserted_id(await connection.execute(insert(conversations).values(**values, begun_at=now, used_at=now)))


async def _use_conversation(connection: AsyncConnection, prompt: Prompt, position: Position, now: float) -> int:
    """The id of the prompt's conversation, a new one if need be; notes when it was used."""
    if position.conversation_id is None:
        return await _insert_conversation(connection, prompt.place, prompt.author.id, now)
    used = update(conversations).where(conversations.c.id == position.conversation_id)
    if prompt.place.kind is PlaceKind.CHANNEL:  # a guest's reply does not make their mentions continue it
        used = used.where(conversations.c.owner_id == prompt.author.id)
    await connection.execute(used.values(used_at=now))
    return position.conversation_id


def _path() -> Select[Any]:
    """Selects the nodes of the path to `message_id`, newest first, each once for every part, or once without one."""
    columns = (messages.c.id, messages.c.parent_id, messages.c.role, messages.c.forgotten_at)
    newest = select(*columns, literal(0).label("depth")).where(messages.c.id == bindparam("message_id"))
    path = newest.cte("path", recursive=True)
    path = path.union_all(
        select(*columns, path.c.depth + 1).where(messages.c.id == path.c.parent_id, path.c.depth < LONGEST_PATH)
    )
    query: Select[Any] = select(path.c.id, path.c.role, path.c.forgotten_at, parts).outerjoin(
        parts, (parts.c.message_id == path.c.id) & (parts.c.kind != ReasoningPart.kind)
    )
    return query.order_by(path.c.depth, parts.c.position)


_PATH = _path()
"""Made once: building so large a statement takes longer than running it."""


async def _streaming_rows(connection: AsyncConnection) -> Sequence[Row[Any]]:
    """The versions that stream, oldest first, each once for every page that shows it, or once without one."""
    prompts, versions = messages.alias("prompts"), messages.alias("versions")
    asked, pages = discord_messages.alias("asked"), discord_messages.alias("pages")
    query: Select[Any] = (
        select(
            versions.c.id,
            conversations.c.guild_id,
            conversations.c.channel_id,
            asked.c.id.label("prompt_id"),
            prompts.c.author_id.label("asker_id"),
            parts.c.body,
            pages.c.id.label("page_id"),
        )
        .select_from(versions)
        .join(prompts, prompts.c.id == versions.c.parent_id)
        .join(asked, asked.c.message_id == prompts.c.id)
        .join(conversations, conversations.c.id == versions.c.conversation_id)
        .outerjoin(parts, (parts.c.message_id == versions.c.id) & (parts.c.position == TEXT))
        .outerjoin(pages, pages.c.message_id == versions.c.id)
        .where(versions.c.streaming)
        .order_by(versions.c.id, pages.c.page)
    )
    rows: Sequence[Row[Any]] = (await connection.execute(query)).all()
    return rows


def _unfinished(rows: Sequence[Row[Any]]) -> Unfinished:
    first = rows[0]
    text = json.loads(first.body)["text"] if first.body else ""
    shown = tuple(row.page_id for row in rows if row.page_id is not None)
    return Unfinished(first.id, first.guild_id, first.channel_id, first.prompt_id, first.asker_id, text, shown)


def _inserted_id(result: Any) -> int:
    """The primary key of the row that an INSERT made."""
    inserted: int = result.inserted_primary_key[0]
    return inserted
