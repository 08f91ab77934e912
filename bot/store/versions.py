"""The questions we ask about an answer that is there already: its versions, what shows them, what goes on from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.chat.messages import Completion, Image, Message, Part, Role, Text
from bot.chat.prompts import Position
from bot.store import rows
from bot.store.rows import Forgotten
from bot.store.tables import completions, conversations, discord_messages, messages


@dataclass(frozen=True, slots=True)
class ShownVersion:
    """An answer that a Discord message shows, with what it answers.

    Ids are Discord's but for the answer's own, the `versions` and those in `position`.
    """

    answer_id: int
    prompt_id: int
    asker_id: int
    channel_id: int
    position: Position
    """Of the prompt: its conversation, and the message it goes on from."""
    question: Message
    """The prompt as a model reads it, with all of its images that were stored."""
    completion: Completion
    """Of the version that is shown."""
    finished: bool
    shown: tuple[int, ...]
    """The messages that show the answer, in page order."""
    versions: tuple[int, ...]
    """All answers to the prompt, oldest first."""
    gone_on: bool
    """Whether a prompt of the same conversation hangs from any of the versions."""


class Versions:
    """Versions of answers; at most one version of a prompt is shown."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def recall(self, discord_id: int) -> ShownVersion | None:
        """The answer that this Discord message shows, on whichever page. None for a prompt and for what is unknown."""
        async with self._engine.connect() as connection:
            row = await _shown_row(connection, discord_id)
            if row is None:
                return None
            versions = tuple((await connection.scalars(rows.versions_of(row.parent_id))).all())
            return ShownVersion(
                answer_id=row.id,
                prompt_id=row.prompt_id,
                asker_id=row.author_id,
                channel_id=row.channel_id,
                position=Position(row.conversation_id, row.goes_on_from),
                question=await _question(connection, row.parent_id, row.question),
                completion=await rows.completion_of(connection, row.id),
                finished=row.finished,
                shown=await rows.shown_by(connection, row.id),
                versions=versions,
                gone_on=await _gone_on(connection, row.conversation_id, versions),
            )

    async def version(self, answer_id: int) -> Completion:
        """Any version of an answer, shown or not. Raises Forgotten."""
        async with self._engine.connect() as connection:
            return await rows.completion_of(connection, answer_id)

    async def another(self, answered: ShownVersion, images: tuple[Image, ...], completion: Completion) -> int:
        """Write down a version that begins to stream, and return its id for `keep` and `close`. Raises Forgotten.

        The messages that show the answer show this version at once, so that a restart finds them. The images become the
        prompt's where it has none.
        """
        async with self._engine.begin() as connection:
            prompt = await rows.position_of(connection, answered.prompt_id)
            if prompt is None or prompt.conversation_id is None or prompt.parent_id is None:
                raise Forgotten(f"prompt {answered.prompt_id}")
            await rows.insert_images(connection, prompt.parent_id, images)
            answer_id = await rows.insert_answer(connection, prompt.conversation_id, prompt.parent_id, completion)
            await rows.show(connection, answer_id, answered.shown)
            # nobody waits for the end of a version that a restart cut, now that another is shown
            left = update(completions).where(completions.c.message_id.in_(answered.versions))
            await connection.execute(left.values(finished=True))
            return answer_id

    async def reopen(self, answer_id: int) -> None:
        """Note that a finished answer is gone on with, until it is closed again. Raises Forgotten."""
        streaming = update(completions).where(completions.c.message_id == answer_id).values(finished=False)
        async with self._engine.begin() as connection:
            if not (await connection.execute(streaming)).rowcount:
                raise Forgotten(f"answer {answer_id}")

    async def show(self, answer_id: int, shown: Sequence[int]) -> None:
        """Note that these Discord messages, in page order, now show this version and no other. Raises Forgotten."""
        async with self._engine.begin() as connection:
            await rows.show(connection, answer_id, shown)

    async def forget(self, answered: ShownVersion) -> None:
        """Delete an answer in all its versions; one that something goes on from is only shown no more.

        The prompt stays, so that it is not answered anew when Discord says it twice.
        """
        following = messages.alias("following")
        async with self._engine.begin() as connection:
            prompt = await rows.position_of(connection, answered.prompt_id)
            if prompt is None or prompt.parent_id is None:
                return
            versions = rows.versions_of(prompt.parent_id)
            await rows.hide(connection, prompt.parent_id)
            await connection.execute(
                delete(messages).where(
                    messages.c.id.in_(versions), ~exists().where(following.c.parent_id == messages.c.id)
                )
            )
            # nobody waits for the end of what is left
            left = update(completions).where(completions.c.message_id.in_(versions))
            await connection.execute(left.values(finished=True))

    async def last_page(self, message_id: int) -> int | None:
        """Discord's id of the last page that shows this answer. None for a prompt, or where nothing shows it."""
        pages = select(discord_messages.c.id).join(messages)
        pages = pages.where(messages.c.id == message_id, messages.c.role == Role.ASSISTANT)
        async with self._engine.connect() as connection:
            last: int | None = await connection.scalar(pages.order_by(discord_messages.c.page.desc()).limit(1))
        return last


async def _shown_row(connection: AsyncConnection, discord_id: int) -> Row[Any] | None:
    prompts, answers = messages.alias("prompts"), messages.alias("answers")
    pages, asked = discord_messages.alias("pages"), discord_messages.alias("asked")
    query: Select[Any] = (
        select(
            answers.c.id,
            answers.c.parent_id,
            asked.c.id.label("prompt_id"),
            prompts.c.author_id,
            prompts.c.conversation_id,
            prompts.c.parent_id.label("goes_on_from"),
            prompts.c.text.label("question"),
            conversations.c.channel_id,
            completions.c.finished,
        )
        .select_from(pages)
        .join(answers, answers.c.id == pages.c.message_id)
        .join(completions, completions.c.message_id == answers.c.id)
        .join(prompts, prompts.c.id == answers.c.parent_id)
        .join(asked, asked.c.message_id == prompts.c.id)
        .join(conversations, conversations.c.id == prompts.c.conversation_id)
        .where(pages.c.id == discord_id)
    )
    row: Row[Any] | None = (await connection.execute(query)).first()
    return row


async def _question(connection: AsyncConnection, prompt_id: int, text: str) -> Message:
    pictures = await rows.images_of(connection, [prompt_id])
    parts: tuple[Part, ...] = (Text(text),) if text else ()
    return Message(Role.USER, (*parts, *pictures.get(prompt_id, ())))


async def _gone_on(connection: AsyncConnection, conversation_id: int, versions: Sequence[int]) -> bool:
    """Whether the conversation goes on from one of these; one in a thread that was opened there is another."""
    following = select(messages.c.id).where(
        messages.c.parent_id.in_(versions), messages.c.conversation_id == conversation_id
    )
    return await connection.scalar(following.limit(1)) is not None
