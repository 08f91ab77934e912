"""The questions we ask about conversations; a turn is written down when it begins, as it is shown, at its end."""

import hashlib
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, func, insert, literal, select, update
from sqlalchemy.dialects.sqlite import insert as insert_or
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.chat.context import fade
from bot.chat.messages import Completion, Image, Kind, Message, Part, Place, Position, Prompt, Role, Text, Turn
from bot.store.tables import completions, conversations, discord_messages, images, message_images, messages

IDLE_SECONDS = 30 * 60
"""How long a person's conversation in a channel is continued by a mention that replies to nothing."""

LONGEST_PATH = 1_000
"""Messages that are read back for one request; no window that a model has today holds more of them."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An answer that was cut by Parley's end; ids but its own are Discord's, `shown` is in the order of the pages."""

    answer_id: int
    channel_id: int
    prompt_id: int
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
            if prompt.replies_to and (position := await _position_of(connection, prompt.replies_to)):
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
            rows = await _path_rows(connection, parent_id)
            pictures = await _images_of(connection, [row.id for row in rows], most_images)
        return [
            Message(Role(row.role), (*((Text(row.text),) if row.text else ()), *pictures.get(row.id, ())))
            for row in reversed(rows)
        ]

    async def record(self, turn: Turn) -> None:
        """Write down prompt, completion and the Discord messages of both, all or nothing."""
        async with self._engine.begin() as connection:
            answer_id = await _open(connection, turn)
            await _close(connection, answer_id, turn.completion, turn.shown)

    async def open(self, turn: Turn) -> int:
        """Write down a prompt whose answer begins to stream, and return the answer's id for `keep` and `close`."""
        async with self._engine.begin() as connection:
            return await _open(connection, turn)

    async def keep(self, answer_id: int, text: str, shown: Sequence[int]) -> None:
        """Write down how far an answer has come, in case nobody lives to `close` it."""
        async with self._engine.begin() as connection:
            await _write(connection, answer_id, text, shown)

    async def close(self, answer_id: int, completion: Completion, shown: Sequence[int]) -> None:
        """Write down the whole completion and the Discord messages that show it, all or nothing."""
        async with self._engine.begin() as connection:
            await _close(connection, answer_id, completion, shown)

    async def give_up(self, answer_id: int, error: str, shown: Sequence[int]) -> None:
        """Write down why an unfinished answer will not be finished any more."""
        given_up = update(completions).where(completions.c.message_id == answer_id)
        async with self._engine.begin() as connection:
            await _show(connection, answer_id, shown)
            await connection.execute(given_up.values(error=error, finished=True))

    async def unfinished(self) -> list[Unfinished]:
        """The answers that were streaming when Parley died."""
        prompts, answers = messages.alias("prompts"), messages.alias("answers")
        pages = discord_messages.alias("pages")
        query = (
            select(answers.c.id, answers.c.text, conversations.c.channel_id, discord_messages.c.id.label("prompt_id"))
            .join(completions, completions.c.message_id == answers.c.id)
            .join(prompts, prompts.c.id == answers.c.parent_id)
            .join(conversations, conversations.c.id == answers.c.conversation_id)
            .join(discord_messages, discord_messages.c.message_id == prompts.c.id)
            .where(completions.c.finished.is_(False))
        )
        async with self._engine.connect() as connection:
            found = (await connection.execute(query)).all()
            shown = select(pages.c.id).order_by(pages.c.page)
            return [
                Unfinished(
                    row.id,
                    row.channel_id,
                    row.prompt_id,
                    row.text,
                    tuple((await connection.scalars(shown.where(pages.c.message_id == row.id))).all()),
                )
                for row in found
            ]


async def _open(connection: AsyncConnection, turn: Turn) -> int:
    now = time.time()
    prompt, position = turn.prompt, turn.position
    conversation_id = position.conversation_id or await _insert_conversation(
        connection, prompt.place, prompt.author.id, now
    )
    prompt_id = await _insert_message(
        connection,
        conversation_id=conversation_id,
        parent_id=position.parent_id,
        role=Role.USER,
        text=prompt.content,
        author_id=prompt.author.id,
        created_at=now,
    )
    await connection.execute(insert(discord_messages).values(id=prompt.id, message_id=prompt_id, page=0))
    await _insert_images(connection, prompt_id, turn.images)
    answer_id = await _insert_message(
        connection,
        conversation_id=conversation_id,
        parent_id=prompt_id,
        role=Role.ASSISTANT,
        text="",
        created_at=now,
    )
    await connection.execute(
        insert(completions).values(message_id=answer_id, **_values(turn.completion), finished=False)
    )
    return answer_id


async def _write(connection: AsyncConnection, answer_id: int, text: str, shown: Sequence[int]) -> None:
    await connection.execute(update(messages).where(messages.c.id == answer_id).values(text=text))
    await _show(connection, answer_id, shown)


async def _show(connection: AsyncConnection, answer_id: int, shown: Sequence[int]) -> None:
    """Note the messages that show an answer; a reply only ever gets further ones."""
    known = select(func.count()).where(discord_messages.c.message_id == answer_id)
    first_new = await connection.scalar(known) or 0
    pages = [{"id": id_, "message_id": answer_id, "page": page} for page, id_ in enumerate(shown)][first_new:]
    if pages:
        await connection.execute(insert(discord_messages), pages)


async def _close(connection: AsyncConnection, answer_id: int, completion: Completion, shown: Sequence[int]) -> None:
    await _write(connection, answer_id, completion.text, shown)
    finished = update(completions).where(completions.c.message_id == answer_id)
    await connection.execute(finished.values(**_values(completion), finished=True))


async def _position_of(connection: AsyncConnection, discord_id: int) -> Position | None:
    query = (
        select(messages.c.conversation_id, messages.c.id)
        .join(discord_messages, discord_messages.c.message_id == messages.c.id)
        .where(discord_messages.c.id == discord_id)
    )
    row = (await connection.execute(query)).first()
    return Position(row.conversation_id, row.id) if row else None


async def _newest(connection: AsyncConnection, place: Place, author_id: int, now: float) -> Position:
    """The end of a person's newest conversation in a channel, of everybody's in a thread or DM."""
    alone = place.kind is Kind.CHANNEL
    query = select(func.max(conversations.c.id)).where(conversations.c.channel_id == place.channel_id)
    conversation_id = await connection.scalar(query.where(conversations.c.owner_id == author_id) if alone else query)
    if conversation_id is None:
        return await _starter(connection, place)
    prompts = messages.alias("prompts")
    answered: list[ColumnElement[bool]] = [prompts.c.author_id == author_id] if alone else []
    last = (
        select(messages.c.id, messages.c.created_at)
        .join(prompts, messages.c.parent_id == prompts.c.id)
        .where(messages.c.conversation_id == conversation_id, messages.c.role == Role.ASSISTANT, *answered)
        .order_by(messages.c.id.desc())
        .limit(1)
    )
    row = (await connection.execute(last)).first()
    if row is None:
        return Position(conversation_id)  # begun by /new, still empty
    if alone and row.created_at < now - IDLE_SECONDS:
        return Position()
    return Position(conversation_id, row.id)


async def _starter(connection: AsyncConnection, place: Place) -> Position:
    """A thread that was opened from a message has its id, and goes on from it in a conversation of its own."""
    starter = await _position_of(connection, place.channel_id) if place.kind is Kind.THREAD else None
    return Position(None, starter.parent_id) if starter else Position()


async def _path_rows(connection: AsyncConnection, message_id: int | None) -> Sequence[Row[Any]]:
    columns = (messages.c.id, messages.c.parent_id, messages.c.role, messages.c.text)
    path = select(*columns, literal(0).label("depth")).where(messages.c.id == message_id).cte("path", recursive=True)
    path = path.union_all(
        select(*columns, path.c.depth + 1).where(messages.c.id == path.c.parent_id, path.c.depth < LONGEST_PATH)
    )
    return (await connection.execute(select(path).order_by(path.c.depth))).all()


async def _images_of(connection: AsyncConnection, message_ids: Sequence[int], most: int) -> dict[int, list[Part]]:
    """The images of these messages, which are newest first; beyond the newest `most` of them only names."""
    query = select(message_images).where(message_images.c.message_id.in_(message_ids))
    rows = (await connection.execute(query.order_by(message_images.c.position))).all()
    age = {message_id: number for number, message_id in enumerate(message_ids)}
    newest = sorted(rows, key=lambda row: (age[row.message_id], -row.position))[:most]
    pictures = select(images).where(images.c.sha256.in_({row.sha256 for row in newest}))
    read = {row.sha256: row for row in await connection.execute(pictures)} if newest else {}
    found: dict[int, list[Part]] = {}
    for row in rows:
        picture = read.get(row.sha256) if row in newest else None
        part = Image(row.name, picture.media_type, picture.data) if picture else fade(row.name)
        found.setdefault(row.message_id, []).append(part)
    return found


async def _insert_conversation(connection: AsyncConnection, place: Place, owner_id: int, now: float) -> int:
    values = {"channel_id": place.channel_id, "guild_id": place.guild_id, "owner_id": owner_id, "begun_at": now}
    return _key(await connection.execute(insert(conversations).values(values)))


async def _insert_message(connection: AsyncConnection, **values: Any) -> int:
    return _key(await connection.execute(insert(messages).values(values)))


def _key(result: Any) -> int:
    key: int = result.inserted_primary_key[0]
    return key


async def _insert_images(connection: AsyncConnection, message_id: int, found: Iterable[Image]) -> None:
    for position, image in enumerate(found):
        digest = hashlib.sha256(image.data).hexdigest()
        stored = insert_or(images).values(sha256=digest, media_type=image.media_type, data=image.data)
        await connection.execute(stored.on_conflict_do_nothing())  # the same picture is kept once
        await connection.execute(
            insert(message_images).values(message_id=message_id, position=position, sha256=digest, name=image.name)
        )


def _values(completion: Completion) -> dict[str, Any]:
    usage = completion.usage
    return {
        "model": completion.model,
        "reasoning": completion.reasoning,
        "answered_by": completion.answered_by,
        "finish_reason": completion.finish_reason,
        "error": completion.error,
        "prompt_tokens": usage and usage.prompt_tokens,
        "completion_tokens": usage and usage.completion_tokens,
        "total_tokens": usage and usage.total_tokens,
        "first_text_after": completion.first_text_after,
        "took": completion.took,
    }
