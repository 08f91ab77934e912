"""Rows of one message: its parts, the Discord messages that show it, and how its completion ended.

Functions that take a connection work inside its transaction. At most one version of a prompt is shown.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Row,
    Select,
    String,
    delete,
    exists,
    insert,
    literal,
    select,
    union_all,
)
from sqlalchemy import Text as TextType
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.messages import Completion, Role, Usage
from bot.chat.parts import ImagePart, Origin, Part, ReasoningPart, TextPart, from_body, to_body
from bot.store.engine import upsert
from bot.store.tables import discord_messages, images, messages, parts

TEXT, REASONING = 0, 1
"""Positions of the parts of a completion."""


class Forgotten(Exception):
    """The message was forgotten, or never stored."""


def remembered(message_id: int) -> ColumnElement[bool]:
    """The condition that this message is stored and not forgotten."""
    node = messages.alias()
    return exists().where(node.c.id == message_id, node.c.forgotten_at.is_(None))


async def insert_parts(connection: AsyncConnection, message_id: int, found: Sequence[Part], first: int = 0) -> None:
    """Append these parts to a message, the first of them at position `first`."""
    rows: list[dict[str, Any]] = []
    pictures: list[dict[str, Any]] = []
    for position, part in enumerate(found, first):
        body = to_body(part)
        if isinstance(part, ImagePart):
            pictures.append({"sha256": body["sha256"], "media_type": part.media_type, "data": part.data})
        rows.append(
            {
                "message_id": message_id,
                "position": position,
                "kind": part.kind,
                "body": json.dumps(body),
                "author_id": part.origin.author_id,
                "source_id": part.origin.message_id,
                "sha256": body.get("sha256"),
            }
        )
    if pictures:
        await connection.execute(upsert(images).on_conflict_do_nothing(), pictures)
    if rows:
        await connection.execute(insert(parts), rows)


async def write_completion_parts(
    connection: AsyncConnection, version_id: int, changed: Mapping[int, TextPart | ReasoningPart]
) -> None:
    """Write the parts of a completion by position; an empty one is deleted. Raises Forgotten."""
    rows = []
    for position, part in changed.items():
        if part.text:
            body = json.dumps(to_body(part))
            row = (literal(version_id, Integer), literal(position, Integer), literal(part.kind, String))
            rows.append(select(*row, literal(body, TextType)).where(remembered(version_id)))
        else:
            gone = delete(parts).where(parts.c.message_id == version_id, parts.c.position == position)
            await connection.execute(gone)
    if not rows:
        return
    written = upsert(parts).from_select(["message_id", "position", "kind", "body"], union_all(*rows))
    written = written.on_conflict_do_update(set_={"body": written.excluded.body})
    if not (await connection.execute(written, execution_options={"preserve_rowcount": True})).rowcount:
        raise Forgotten(f"version {version_id}")


async def read_parts(
    connection: AsyncConnection, rows: Sequence[Row[Any]], most_images: int | None = None
) -> dict[int, tuple[Part, ...]]:
    """The parts of these rows by message. Of the images only the newest `most_images` are read, the others omitted.

    The rows are in order of position, those of the newest message first.
    """
    age = {message_id: number for number, message_id in enumerate(dict.fromkeys(row.message_id for row in rows))}
    pictures = sorted((row for row in rows if row.sha256), key=lambda row: (age[row.message_id], -row.position))
    newest = {(row.message_id, row.position): row.sha256 for row in pictures[:most_images]}
    query = select(images.c.sha256, images.c.data).where(images.c.sha256.in_(set(newest.values())))
    data = {row.sha256: row.data for row in await connection.execute(query)} if newest else {}
    found: dict[int, tuple[Part, ...]] = {}
    for row in rows:
        digest = newest.get((row.message_id, row.position))
        origin = Origin(row.author_id, row.source_id)
        part = from_body(row.kind, json.loads(row.body), origin, data[digest] if digest else None)
        found[row.message_id] = (*found.get(row.message_id, ()), part)
    return found


def text_at(position: int, found: Sequence[Row[Any]]) -> str:
    """The text of a completion's part at this position, empty where there is none."""
    return next((json.loads(row.body)["text"] for row in found if row.position == position), "")


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


def values_of(completion: Completion) -> dict[str, Any]:
    """The columns of `completions`; model, text and reasoning are stored with the message."""
    return {
        "answered_by": completion.answered_by,
        "finish_reason": completion.finish_reason,
        "error": completion.error,
        **usage_values(completion.usage),
        "first_text_after": completion.first_text_after,
        "took": completion.took,
        "note": completion.note,
    }


def usage_values(usage: Usage | None) -> dict[str, int | None]:
    """The columns of a usage; tokens that were not counted are null, not zero."""
    counted = usage or Usage()
    return {
        "prompt_tokens": counted.prompt_tokens,
        "completion_tokens": counted.completion_tokens,
        "total_tokens": counted.total_tokens,
    }


def usage_of(row: Row[Any]) -> Usage | None:
    """The usage that a row holds, None where nothing was counted."""
    tokens = (row.prompt_tokens, row.completion_tokens, row.total_tokens)
    return Usage(*tokens) if any(count is not None for count in tokens) else None


def read_completion(row: Row[Any], text: str, reasoning: str) -> Completion:
    """The completion of a row with the message's model; other columns are null while it has not ended."""
    return Completion(
        row.model,
        text,
        reasoning=reasoning,
        answered_by=row.answered_by,
        finish_reason=row.finish_reason,
        error=row.error,
        usage=usage_of(row),
        first_text_after=row.first_text_after,
        took=row.took or 0.0,
        note=row.note or "",
    )
