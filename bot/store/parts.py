"""Rows of parts, and the bytes of their images, each stored once under its hash.

Every function works inside the transaction of the connection that it is given.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Integer, Row, String, delete, insert, literal, select, union_all
from sqlalchemy import Text as TextType
from sqlalchemy.dialects.sqlite import insert as insert_or
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.parts import ImagePart, Origin, Part, ReasoningPart, TextPart, from_body, to_body
from bot.store.forgetting import Forgotten, remembered
from bot.store.tables import images, parts

TEXT, REASONING = 0, 1
"""Positions of the parts of a completion."""


async def insert_parts(connection: AsyncConnection, message_id: int, found: Sequence[Part], first: int = 0) -> None:
    """Append these parts to a message, the first of them at position `first`."""
    if not found:
        return
    bodies = [to_body(part) for part in found]
    pictures = [
        {"sha256": body["sha256"], "media_type": part.media_type, "data": part.data}
        for part, body in zip(found, bodies, strict=True)
        if isinstance(part, ImagePart)
    ]
    if pictures:
        await connection.execute(insert_or(images).on_conflict_do_nothing(), pictures)
    rows = [
        {
            "message_id": message_id,
            "position": position,
            "kind": part.kind,
            "body": json.dumps(body),
            "author_id": part.origin.author_id,
            "source_id": part.origin.message_id,
            "sha256": body.get("sha256"),
        }
        for position, (part, body) in enumerate(zip(found, bodies, strict=True), first)
    ]
    await connection.execute(insert(parts), rows)


async def write_completion_parts(
    connection: AsyncConnection, version_id: int, changed: Mapping[int, TextPart | ReasoningPart]
) -> None:
    """Write the parts of a completion by position; an empty one is deleted. Raises Forgotten."""
    empty = [position for position, part in changed.items() if not part.text]
    if empty:
        gone = delete(parts).where(parts.c.message_id == version_id, parts.c.position.in_(empty))
        await connection.execute(gone)
    rows = [
        select(
            literal(version_id, Integer),
            literal(position, Integer),
            literal(part.kind, String),
            literal(json.dumps(to_body(part)), TextType),
        ).where(remembered(version_id))
        for position, part in changed.items()
        if part.text
    ]
    if not rows:
        return
    written = insert_or(parts).from_select(["message_id", "position", "kind", "body"], union_all(*rows))
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
    data = await _image_data(connection, set(newest.values()))
    found: dict[int, tuple[Part, ...]] = {}
    for row in rows:
        digest = newest.get((row.message_id, row.position))
        origin = Origin(row.author_id, row.source_id)
        part = from_body(row.kind, json.loads(row.body), origin, data[digest] if digest else None)
        found[row.message_id] = (*found.get(row.message_id, ()), part)
    return found


async def _image_data(connection: AsyncConnection, digests: Collection[str]) -> dict[str, bytes]:
    if not digests:
        return {}
    query = select(images.c.sha256, images.c.data).where(images.c.sha256.in_(digests))
    return {row.sha256: row.data for row in await connection.execute(query)}


def text_at(position: int, found: Sequence[Row[Any]]) -> str:
    """The text of a completion's part at this position, empty where there is none."""
    return next((json.loads(row.body)["text"] for row in found if row.position == position), "")
