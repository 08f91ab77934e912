"""The questions we ask about conversations; a turn is written down when it begins, as it is shown, at its end."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.chat.messages import Completion, Message, Role, Text, Turn
from bot.chat.places import Place, PlaceKind
from bot.chat.prompts import Position, Prompt
from bot.store import rows
from bot.store.rows import Forgotten
from bot.store.tables import completions, conversations, discord_messages, messages

IDLE_SECONDS = 30 * 60
"""How long a person's conversation in a channel is continued by a mention that replies to nothing."""

LONGEST_PATH = 1_000
"""Messages that are read back for one request; no window that a model has today holds more of them."""


class AlreadyRecorded(Exception):
    """The prompt was written down before."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An answer that was cut by Parley's end; ids but its own are Discord's, `shown` is in the order of the pages."""

    answer_id: int
    channel_id: int
    prompt_id: int
    asker_id: int
    text: str
    shown: tuple[int, ...]


class Conversations:
    """Trees of messages."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def knows(self, discord_id: int) -> bool:
        """Whether this Discord message is a recorded prompt or a page of a recorded reply."""
        query = select(discord_messages.c.id).where(discord_messages.c.id == discord_id)
        async with self._engine.connect() as connection:
            return await connection.scalar(query) is not None

    async def locate(self, prompt: Prompt, now: float | None = None) -> Position:
        """Where the prompt goes on: after the message it replies to, or else at the end of its line's conversation."""
        async with self._engine.connect() as connection:
            if prompt.replies_to and (position := await rows.position_of(connection, prompt.replies_to)):
                return position
            return await _newest(connection, prompt.place, prompt.author.id, time.time() if now is None else now)

    async def begin(self, place: Place, owner_id: int) -> None:
        """Start a conversation with nothing in it, which the next prompt without a reply goes into."""
        async with self._engine.begin() as connection:
            await _insert_conversation(connection, place, owner_id, time.time())

    async def path(self, parent_id: int | None, *, most_images: int) -> list[Message]:
        """The messages from the conversation's root to this one, oldest first.

        Only the newest images are read, `most_images` of them; the names of the others are given in their place.
        """
        async with self._engine.connect() as connection:
            found = await _path_rows(connection, parent_id)
            pictures = await rows.images_of(connection, [row.id for row in found], most_images)
        return [
            Message(Role(row.role), (*((Text(row.text),) if row.text else ()), *pictures.get(row.id, ())))
            for row in reversed(found)
        ]

    async def open(self, turn: Turn) -> int:
        """Write down a prompt whose answer begins to stream, and return the answer's id for `keep` and `close`.

        Raises AlreadyRecorded, and Forgotten where the message that it goes on from was deleted; nothing is left of it.
        """
        async with self._engine.begin() as connection:
            return await _open(connection, turn)

    async def keep(self, answer_id: int, text: str, shown: Sequence[int]) -> None:
        """Write down how far an answer has come, in case nobody lives to `close` it. Raises Forgotten."""
        async with self._engine.begin() as connection:
            await rows.write_text(connection, answer_id, text)
            await rows.show(connection, answer_id, shown)

    async def close(self, answer_id: int, completion: Completion, shown: Sequence[int]) -> None:
        """Write down the whole completion and the Discord messages that show it, all or nothing. Raises Forgotten."""
        async with self._engine.begin() as connection:
            await rows.write_completion(connection, answer_id, completion)
            await rows.show(connection, answer_id, shown)

    async def give_up(self, answer_id: int, error: str, note: str, shown: Sequence[int]) -> None:
        """Write down why an unfinished answer will not be finished any more, and what the person was told of it.

        Raises Forgotten.
        """
        given_up = update(completions).where(completions.c.message_id == answer_id)
        async with self._engine.begin() as connection:
            await rows.show(connection, answer_id, shown)
            await connection.execute(given_up.values(error=error, note=note, finished=True))

    async def unfinished(self) -> list[Unfinished]:
        """The answers that were streaming when Parley died, oldest first."""
        prompts, answers = messages.alias("prompts"), messages.alias("answers")
        query = (
            select(
                answers.c.id,
                answers.c.text,
                conversations.c.channel_id,
                prompts.c.author_id,
                discord_messages.c.id.label("prompt_id"),
            )
            .join(completions, completions.c.message_id == answers.c.id)
            .join(prompts, prompts.c.id == answers.c.parent_id)
            .join(conversations, conversations.c.id == answers.c.conversation_id)
            .join(discord_messages, discord_messages.c.message_id == prompts.c.id)
            .where(completions.c.finished.is_(False))
            .order_by(answers.c.id)
        )
        async with self._engine.connect() as connection:
            found = (await connection.execute(query)).all()
            return [
                Unfinished(
                    row.id,
                    row.channel_id,
                    row.prompt_id,
                    row.author_id,
                    row.text,
                    await rows.shown_by(connection, row.id),
                )
                for row in found
            ]


async def _open(connection: AsyncConnection, turn: Turn) -> int:
    now = time.time()
    prompt, position = turn.prompt, turn.position
    await _check(connection, turn)
    conversation_id = position.conversation_id or await _insert_conversation(
        connection, prompt.place, prompt.author.id, now
    )
    await _use(connection, conversation_id, prompt, now)
    prompt_id = await rows.insert_message(
        connection,
        conversation_id=conversation_id,
        parent_id=position.parent_id,
        role=Role.USER,
        text=prompt.content,
        author_id=prompt.author.id,
        created_at=now,
    )
    await connection.execute(insert(discord_messages).values(id=prompt.id, message_id=prompt_id, page=0))
    await rows.insert_images(connection, prompt_id, turn.images)
    return await rows.insert_answer(connection, conversation_id, prompt_id, turn.completion)


async def _check(connection: AsyncConnection, turn: Turn) -> None:
    if await rows.position_of(connection, turn.prompt.id):
        raise AlreadyRecorded(f"prompt {turn.prompt.id}")
    parent_id = turn.position.parent_id
    if parent_id and await connection.scalar(select(messages.c.id).where(messages.c.id == parent_id)) is None:
        raise Forgotten(f"message {parent_id}")


async def _use(connection: AsyncConnection, conversation_id: int, prompt: Prompt, now: float) -> None:
    """Note when the conversation was used by those whose mentions go on with it; a guest's reply is not that."""
    used = update(conversations).where(conversations.c.id == conversation_id)
    if prompt.place.kind is PlaceKind.CHANNEL:
        used = used.where(conversations.c.owner_id == prompt.author.id)
    await connection.execute(used.values(used_at=now))


async def _newest(connection: AsyncConnection, place: Place, author_id: int, now: float) -> Position:
    """The end of the conversation that was used last: a person's in a channel, everybody's in a thread or DM."""
    alone = place.kind is PlaceKind.CHANNEL
    query = select(conversations.c.id).where(conversations.c.channel_id == place.channel_id)
    query = query.order_by(conversations.c.used_at.desc(), conversations.c.id.desc()).limit(1)
    conversation_id = await connection.scalar(query.where(conversations.c.owner_id == author_id) if alone else query)
    if conversation_id is None:
        return await _starter(connection, place)
    prompt = await _newest_prompt(connection, conversation_id, author_id if alone else None)
    if prompt is None:
        return Position(conversation_id)  # begun by /new, still empty
    answer = await _best_version(connection, prompt.id)
    if alone and (answer or prompt).created_at < now - IDLE_SECONDS:
        return Position()
    # where every version was deleted, from where the prompt went on
    return Position(conversation_id, answer.id if answer else prompt.parent_id)


async def _newest_prompt(connection: AsyncConnection, conversation_id: int, author_id: int | None) -> Row[Any] | None:
    """A person's in this conversation, everybody's where no person is given."""
    query: Select[Any] = select(messages.c.id, messages.c.parent_id, messages.c.created_at)
    query = query.where(messages.c.conversation_id == conversation_id, messages.c.role == Role.USER)
    query = query.where(messages.c.author_id == author_id) if author_id else query
    row: Row[Any] | None = (await connection.execute(query.order_by(messages.c.id.desc()).limit(1))).first()
    return row


async def _best_version(connection: AsyncConnection, prompt_id: int) -> Row[Any] | None:
    """The version that is shown, or else the newest."""
    query: Select[Any] = (
        select(messages.c.id, messages.c.created_at)
        .outerjoin(discord_messages, (discord_messages.c.message_id == messages.c.id) & (discord_messages.c.page == 0))
        .where(messages.c.id.in_(rows.versions_of(prompt_id)))
        .order_by(discord_messages.c.id.is_(None), messages.c.id.desc())
        .limit(1)
    )
    row: Row[Any] | None = (await connection.execute(query)).first()
    return row


async def _starter(connection: AsyncConnection, place: Place) -> Position:
    """A thread that was opened from a message has its id, and goes on from it in a conversation of its own."""
    starter = await rows.position_of(connection, place.channel_id) if place.kind is PlaceKind.THREAD else None
    return Position(None, starter.parent_id) if starter else Position()


async def _path_rows(connection: AsyncConnection, message_id: int | None) -> Sequence[Row[Any]]:
    columns = (messages.c.id, messages.c.parent_id, messages.c.role, messages.c.text)
    path = select(*columns, literal(0).label("depth")).where(messages.c.id == message_id).cte("path", recursive=True)
    path = path.union_all(
        select(*columns, path.c.depth + 1).where(messages.c.id == path.c.parent_id, path.c.depth < LONGEST_PATH)
    )
    return (await connection.execute(select(path).order_by(path.c.depth))).all()


async def _insert_conversation(connection: AsyncConnection, place: Place, owner_id: int, now: float) -> int:
    values = {"channel_id": place.channel_id, "guild_id": place.guild_id, "owner_id": owner_id}
    return rows.key(await connection.execute(insert(conversations).values(**values, begun_at=now, used_at=now)))
