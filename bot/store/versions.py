"""Versions: the completions of one prompt, and the Discord messages that show one of them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, exists, func, insert, literal, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.chat.messages import Completion, Message, Role
from bot.chat.parts import ImagePart
from bot.chat.prompts import Position
from bot.store.forgetting import forget_versions
from bot.store.journal import Journal
from bot.store.rows import (
    REASONING,
    TEXT,
    Forgotten,
    insert_parts,
    read_completion,
    read_parts,
    replace_pages,
    show,
    text_at,
)
from bot.store.tables import completions, discord_messages, messages, parts


@dataclass(frozen=True, slots=True)
class ShownVersion:
    """A version that Discord messages show, with the prompt that it answers.

    Ids are Discord's, except for the version's own, those in `versions` and those in `position`.
    """

    version_id: int
    prompt_id: int
    asker_id: int
    position: Position
    """Of the prompt: its conversation, and the message that it follows."""
    question: Message
    """The prompt as a model reads it, with all of its images that were stored."""
    completion: Completion
    """Of the version that is shown."""
    shown: tuple[int, ...]
    """The messages that show the version, in page order."""
    versions: tuple[int, ...]
    """All versions that are not forgotten, oldest first."""
    continued: bool
    """Whether a prompt of the same conversation hangs from any of the versions."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The Discord message that was answered, and who wrote it."""

    prompt_id: int
    asker_id: int


class Versions:
    """Versions of answers; at most one version of a prompt is shown."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def recall(self, discord_id: int) -> ShownVersion | None:
        """The version that this Discord message shows, on whichever page; None for anything else."""
        async with self._engine.connect() as connection:
            row = (await connection.execute(_shown_version(discord_id))).first()
            return await _recall(connection, row) if row else None

    async def asker_of(self, discord_id: int) -> Asked | None:
        """The prompt of the version that this Discord message shows, and its author; None for anything else."""
        async with self._engine.connect() as connection:
            row = (await connection.execute(_shown_version(discord_id))).first()
        return Asked(row.prompt_id, row.author_id) if row else None

    async def version(self, version_id: int) -> Completion:
        """A version, shown or not. Raises Forgotten."""
        query = (
            select(messages.c.model, completions, parts.c.position, parts.c.body)
            .outerjoin(completions, completions.c.message_id == messages.c.id)
            .outerjoin(parts, parts.c.message_id == messages.c.id)
            .where(messages.c.id == version_id, messages.c.forgotten_at.is_(None))
        )
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query)).all()
        if not rows:
            raise Forgotten(f"version {version_id}")
        return read_completion(rows[0], text_at(TEXT, rows), text_at(REASONING, rows))

    async def add(self, shown: ShownVersion, images: Sequence[ImagePart], model: str) -> Journal:
        """Store a version that begins to stream and is shown by the same Discord messages at once. Raises Forgotten.

        The images become the prompt's where it has none.
        """
        async with self._engine.begin() as connection:
            version_id, prompt_id = await _insert_version(connection, shown.prompt_id, model)
            # so that a restart finds the messages
            await replace_pages(connection, prompt_id, version_id, shown.shown)
            # a version that a restart cut is not waited for any more, now that another is shown
            others = update(messages).where(messages.c.parent_id == prompt_id, messages.c.id != version_id)
            await connection.execute(others.where(messages.c.streaming).values(streaming=False))
            if images:
                await _add_images(connection, prompt_id, images)
        return Journal(self._engine, version_id, shown=shown.shown)

    async def reopen(self, shown: ShownVersion) -> Journal:
        """Mark a version as streaming again, until its journal is closed. Raises Forgotten."""
        version = update(messages).where(messages.c.id == shown.version_id, messages.c.forgotten_at.is_(None))
        async with self._engine.begin() as connection:
            if not (await connection.execute(version.values(streaming=True))).rowcount:
                raise Forgotten(f"version {shown.version_id}")
        return Journal(self._engine, shown.version_id, shown.completion.text, shown.completion.reasoning, shown.shown)

    def journal(self, version_id: int, text: str, shown: Sequence[int]) -> Journal:
        """The journal of a version that a restart cut, of which this text and these pages are stored."""
        return Journal(self._engine, version_id, text, None, shown)

    async def show(self, version_id: int, shown: Sequence[int]) -> None:
        """Make these Discord messages, in page order, show this version and no other. Raises Forgotten."""
        async with self._engine.begin() as connection:
            await show(connection, version_id, shown)

    async def forget(self, shown: ShownVersion) -> None:
        """Forget all versions of a prompt, and whatever was quoted from them elsewhere.

        The prompt stays, so that it is not answered again when Discord sends it twice.
        """
        query = select(discord_messages.c.message_id).where(discord_messages.c.id == shown.prompt_id)
        async with self._engine.begin() as connection:
            prompt_id = await connection.scalar(query)
            if prompt_id is not None:
                await forget_versions(connection, prompt_id, shown.shown)


async def _recall(connection: AsyncConnection, row: Row[Any]) -> ShownVersion:
    stored = select(parts).where(parts.c.message_id.in_((row.id, row.prompt)))
    rows = (await connection.execute(stored.order_by(parts.c.position))).all()
    question = await read_parts(connection, [each for each in rows if each.message_id == row.prompt])
    answer = [each for each in rows if each.message_id == row.id]
    versions = (await connection.execute(_versions_and_pages(row.prompt))).all()
    return ShownVersion(
        version_id=row.id,
        prompt_id=row.prompt_id,
        asker_id=row.author_id,
        position=Position(row.conversation_id, row.follows),
        question=Message(Role.USER, question.get(row.prompt, ())),
        completion=read_completion(row, text_at(TEXT, answer), text_at(REASONING, answer)),
        shown=tuple(each.page_id for each in versions if each.id == row.id),
        versions=tuple(dict.fromkeys(each.id for each in versions)),
        continued=any(each.continued for each in versions),
    )


def _shown_version(discord_id: int) -> Select[Any]:
    prompts, versions = messages.alias("prompts"), messages.alias("versions")
    pages, asked = discord_messages.alias("pages"), discord_messages.alias("asked")
    return (
        select(
            versions.c.id,
            versions.c.model,
            prompts.c.id.label("prompt"),
            prompts.c.author_id,
            prompts.c.conversation_id,
            prompts.c.parent_id.label("follows"),
            asked.c.id.label("prompt_id"),
            completions,
        )
        .select_from(pages)
        .join(versions, versions.c.id == pages.c.message_id)
        .join(prompts, prompts.c.id == versions.c.parent_id)
        .join(asked, asked.c.message_id == prompts.c.id)
        .outerjoin(completions, completions.c.message_id == versions.c.id)
        .where(pages.c.id == discord_id, versions.c.role == Role.ASSISTANT, versions.c.forgotten_at.is_(None))
    )


def _versions_and_pages(prompt_id: int) -> Select[Any]:
    """Selects the versions of a prompt, oldest first, each once for every page that shows it, or once without one."""
    following = messages.alias("following")
    # a prompt in a thread that was opened from a version belongs to another conversation
    continued = exists().where(
        following.c.parent_id == messages.c.id, following.c.conversation_id == messages.c.conversation_id
    )
    return (
        select(messages.c.id, discord_messages.c.id.label("page_id"), continued.label("continued"))
        .outerjoin(discord_messages, discord_messages.c.message_id == messages.c.id)
        .where(messages.c.parent_id == prompt_id, messages.c.role == Role.ASSISTANT)
        .where(messages.c.forgotten_at.is_(None))
        .order_by(messages.c.id, discord_messages.c.page)
    )


async def _insert_version(connection: AsyncConnection, prompt_discord_id: int, model: str) -> tuple[int, int]:
    """The ids of a new version and of its prompt."""
    prompts = messages.alias("prompts")
    version = (
        select(
            prompts.c.conversation_id,
            prompts.c.id,
            literal(Role.ASSISTANT.value),
            literal(model),
            literal(time.time()),
            true(),
        )
        .join(discord_messages, discord_messages.c.message_id == prompts.c.id)
        .where(discord_messages.c.id == prompt_discord_id, prompts.c.forgotten_at.is_(None))
    )
    columns = ["conversation_id", "parent_id", "role", "model", "created_at", "streaming"]
    inserted = insert(messages).from_select(columns, version).returning(messages.c.id, messages.c.parent_id)
    row = (await connection.execute(inserted)).first()
    if row is None or row.parent_id is None:
        raise Forgotten(f"prompt {prompt_discord_id}")
    return row.id, row.parent_id


async def _add_images(connection: AsyncConnection, prompt_id: int, images: Sequence[ImagePart]) -> None:
    """Append the images to the prompt, unless it has some already."""
    query = select(func.max(parts.c.position).label("last"), func.count(parts.c.sha256).label("images"))
    stored = (await connection.execute(query.where(parts.c.message_id == prompt_id))).one()
    if not stored.images:
        await insert_parts(connection, prompt_id, images, first=0 if stored.last is None else stored.last + 1)
