"""Rows of pages: which Discord messages show a version. At most one version of a prompt is shown.

Every function works inside the transaction of the connection that it is given.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Integer, Select, delete, exists, insert, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.messages import Role
from bot.store.forgetting import Forgotten, remembered
from bot.store.tables import discord_messages, messages


async def show(connection: AsyncConnection, version_id: int, shown: Sequence[int]) -> None:
    """Make exactly these Discord messages show the version, and no other version of its prompt. Raises Forgotten."""
    query = select(messages.c.parent_id).where(messages.c.id == version_id, messages.c.forgotten_at.is_(None))
    prompt_id = await connection.scalar(query)
    if prompt_id is None:
        raise Forgotten(f"version {version_id}")
    await replace_pages(connection, prompt_id, version_id, shown)


async def replace_pages(connection: AsyncConnection, prompt_id: int, version_id: int, shown: Sequence[int]) -> None:
    """Make these Discord messages show the version in place of whatever showed a version of the prompt."""
    await connection.execute(delete(discord_messages).where(discord_messages.c.message_id.in_(versions_of(prompt_id))))
    rows = [{"id": id_, "message_id": version_id, "page": page} for page, id_ in enumerate(shown)]
    if rows:
        await connection.execute(insert(discord_messages), rows)


async def append_pages(
    connection: AsyncConnection, version_id: int, known: Sequence[int], added: Sequence[int]
) -> bool:
    """Append pages to the known ones. False, without any change, where these do not show the version any more."""
    pages = discord_messages.alias()
    still: ColumnElement[bool]
    if known:
        still = exists().where(pages.c.id == known[-1], pages.c.message_id == version_id)
    else:
        version, sibling = messages.alias(), messages.alias()
        prompt_id = select(version.c.parent_id).where(version.c.id == version_id).scalar_subquery()
        siblings = select(sibling.c.id).where(sibling.c.parent_id == prompt_id, sibling.c.role == Role.ASSISTANT)
        still = ~exists().where(pages.c.message_id.in_(siblings))
    rows = [
        select(literal(id_, BigInteger), literal(version_id, Integer), literal(page, Integer)).where(
            remembered(version_id), still
        )
        for page, id_ in enumerate(added, len(known))
    ]
    appended = insert(discord_messages).from_select(["id", "message_id", "page"], union_all(*rows))
    result = await connection.execute(appended, execution_options={"preserve_rowcount": True})
    return result.rowcount == len(rows)


def versions_of(prompt_id: int) -> Select[Any]:
    """Selects the ids of the prompt's versions, forgotten ones included; another prompt may hang from it too."""
    versions = messages.alias()
    return select(versions.c.id).where(versions.c.parent_id == prompt_id, versions.c.role == Role.ASSISTANT)
