"""Rows of turns, for everybody who asks about them: prompts, answers, completions, images and what shows them.

Every function works inside of the transaction of the connection that it is given.
"""

import hashlib
import time
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, Select, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as insert_or
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.messages import Completion, Faded, Image, Part, Role, Usage
from bot.chat.prompts import Position
from bot.store.tables import completions, discord_messages, images, message_images, messages


class Forgotten(Exception):
    """The answer that this is about was deleted."""


async def insert_message(connection: AsyncConnection, **values: Any) -> int:
    return key(await connection.execute(insert(messages).values(values)))


async def insert_answer(
    connection: AsyncConnection, conversation_id: int, prompt_id: int, completion: Completion
) -> int:
    """A version that begins to stream, its text still empty; returns its id."""
    answer_id = await insert_message(
        connection,
        conversation_id=conversation_id,
        parent_id=prompt_id,
        role=Role.ASSISTANT,
        text="",
        created_at=time.time(),
    )
    await connection.execute(insert(completions).values(message_id=answer_id, **_values(completion), finished=False))
    return answer_id


async def write_text(connection: AsyncConnection, answer_id: int, text: str) -> None:
    await connection.execute(update(messages).where(messages.c.id == answer_id).values(text=text))


async def write_completion(connection: AsyncConnection, answer_id: int, completion: Completion) -> None:
    """The whole completion, of an answer that is finished with it."""
    await write_text(connection, answer_id, completion.text)
    finished = update(completions).where(completions.c.message_id == answer_id)
    await connection.execute(finished.values(**_values(completion), finished=True))


async def show(connection: AsyncConnection, answer_id: int, shown: Sequence[int]) -> None:
    """Let exactly these Discord messages show the answer, and none of its other versions. Raises Forgotten."""
    if await shown_by(connection, answer_id) == tuple(shown):
        return
    prompt_id = await connection.scalar(select(messages.c.parent_id).where(messages.c.id == answer_id))
    if prompt_id is None:
        raise Forgotten(f"answer {answer_id}")
    await hide(connection, prompt_id)
    pages = [{"id": id_, "message_id": answer_id, "page": page} for page, id_ in enumerate(shown)]
    if pages:
        await connection.execute(insert(discord_messages), pages)


async def hide(connection: AsyncConnection, prompt_id: int) -> None:
    """Let no Discord message show any version of the prompt's answer."""
    rows = delete(discord_messages).where(discord_messages.c.message_id.in_(versions_of(prompt_id)))
    await connection.execute(rows)


async def shown_by(connection: AsyncConnection, message_id: int) -> tuple[int, ...]:
    """Discord's ids of the messages that show this one, in page order."""
    pages = select(discord_messages.c.id).where(discord_messages.c.message_id == message_id)
    return tuple((await connection.scalars(pages.order_by(discord_messages.c.page))).all())


def versions_of(prompt_id: int) -> Select[Any]:
    """The ids of the prompt's answers, oldest first; another prompt may hang from it too."""
    answers = messages.alias("answers")
    query = select(answers.c.id).where(answers.c.parent_id == prompt_id, answers.c.role == Role.ASSISTANT)
    return query.order_by(answers.c.id)


async def position_of(connection: AsyncConnection, discord_id: int) -> Position | None:
    """Where a turn goes on that replies to this Discord message."""
    query = (
        select(messages.c.conversation_id, messages.c.id)
        .join(discord_messages, discord_messages.c.message_id == messages.c.id)
        .where(discord_messages.c.id == discord_id)
    )
    row = (await connection.execute(query)).first()
    return Position(row.conversation_id, row.id) if row else None


async def completion_of(connection: AsyncConnection, answer_id: int) -> Completion:
    """Raises Forgotten."""
    query = select(completions, messages.c.text).join(messages).where(messages.c.id == answer_id)
    row = (await connection.execute(query)).first()
    if row is None:
        raise Forgotten(f"answer {answer_id}")
    return Completion(
        row.model,
        row.text,
        reasoning=row.reasoning,
        answered_by=row.answered_by,
        finish_reason=row.finish_reason,
        error=row.error,
        usage=_usage(row),
        first_text_after=row.first_text_after,
        took=row.took,
        note=row.note,
    )


async def images_of(
    connection: AsyncConnection, message_ids: Sequence[int], most: int | None = None
) -> dict[int, list[Part]]:
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
        part = Image(row.name, picture.media_type, picture.data) if picture else Faded.of(row.name)
        found.setdefault(row.message_id, []).append(part)
    return found


async def insert_images(connection: AsyncConnection, message_id: int, found: Iterable[Image]) -> None:
    """The images of a message, unless it has some already."""
    known = select(func.count()).where(message_images.c.message_id == message_id)
    if await connection.scalar(known):
        return
    for position, image in enumerate(found):
        digest = hashlib.sha256(image.data).hexdigest()
        stored = insert_or(images).values(sha256=digest, media_type=image.media_type, data=image.data)
        await connection.execute(stored.on_conflict_do_nothing())  # the same picture is kept once
        await connection.execute(
            insert(message_images).values(message_id=message_id, position=position, sha256=digest, name=image.name)
        )


def key(result: Any) -> int:
    """The primary key of the row that an insertion made."""
    made: int = result.inserted_primary_key[0]
    return made


def _usage(row: Row[Any]) -> Usage | None:
    tokens = (row.prompt_tokens, row.completion_tokens, row.total_tokens)
    return Usage(*tokens) if any(count is not None for count in tokens) else None


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
        "note": completion.note,
    }
