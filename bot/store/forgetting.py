"""Forgetting: what a message says is deleted, wherever it is quoted; its node and its ids stay.

Every function works inside the transaction of the connection that it is given.
"""

import time
from collections.abc import Iterable

from sqlalchemy import delete, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.messages import Role
from bot.store.tables import completions, discord_messages, images, messages, parts


async def forget_discord_message(connection: AsyncConnection, discord_id: int) -> None:
    """Forget the prompt that this Discord message is, or the reply that it shows, in all its versions."""
    query = (
        select(messages.c.id, messages.c.parent_id, messages.c.role)
        .join(discord_messages, discord_messages.c.message_id == messages.c.id)
        .where(discord_messages.c.id == discord_id)
    )
    row = (await connection.execute(query)).first()
    if row is None:
        await _delete_parts(connection, (), {discord_id})
    elif row.role == Role.USER:
        await _forget(connection, [row.id], {discord_id})
    else:
        await forget_versions(connection, row.parent_id, {discord_id})


async def forget_versions(connection: AsyncConnection, prompt_id: int, source_ids: Iterable[int]) -> None:
    """Forget all versions of a prompt, with everything that was quoted from these Discord messages."""
    versions = select(messages.c.id).where(messages.c.parent_id == prompt_id, messages.c.role == Role.ASSISTANT)
    await _forget(connection, (await connection.scalars(versions)).all(), source_ids)


async def _forget(connection: AsyncConnection, message_ids: Iterable[int], source_ids: Iterable[int]) -> None:
    pages = select(discord_messages.c.id).where(discord_messages.c.message_id.in_(message_ids))
    await _delete_parts(connection, message_ids, {*source_ids, *await connection.scalars(pages)})
    await connection.execute(delete(completions).where(completions.c.message_id.in_(message_ids)))
    nodes = update(messages).where(messages.c.id.in_(message_ids), messages.c.forgotten_at.is_(None))
    await connection.execute(nodes.values(forgotten_at=time.time(), streaming=False))


async def _delete_parts(connection: AsyncConnection, message_ids: Iterable[int], source_ids: Iterable[int]) -> None:
    """Delete the parts of these messages and those from these sources, and images that no other part holds."""
    concerned = or_(parts.c.message_id.in_(message_ids), parts.c.source_id.in_(source_ids))
    digests = (await connection.scalars(select(parts.c.sha256).where(concerned, parts.c.sha256.is_not(None)))).all()
    await connection.execute(delete(parts).where(concerned))
    if digests:
        unused = ~exists().where(parts.c.sha256 == images.c.sha256)
        await connection.execute(delete(images).where(images.c.sha256.in_(digests), unused))
