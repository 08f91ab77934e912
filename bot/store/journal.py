"""The journal of one version while it is being written, so that a restart finds what was shown of it."""

from collections.abc import Sequence

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.chat.messages import Completion
from bot.chat.parts import ReasoningPart, TextPart
from bot.store.engine import upsert
from bot.store.rows import REASONING, TEXT, Forgotten, append_pages, show, values_of, write_completion_parts
from bot.store.tables import completions, messages
from bot.store.usage import LedgerEntry, insert_usage


class Journal:
    """Writes one version, and only what differs from what it wrote last. A version has one journal at a time."""

    def __init__(
        self,
        engine: AsyncEngine,
        version_id: int,
        text: str = "",
        reasoning: str | None = "",
        shown: Sequence[int] = (),
    ) -> None:
        """The text, reasoning and pages are those that are stored; `reasoning` is None where it is not known."""
        self.version_id = version_id
        self._engine = engine
        self._text = text
        self._reasoning = reasoning
        self._shown = tuple(shown)

    async def keep(self, text: str, shown: Sequence[int]) -> None:
        """Store how far the text has come and the Discord messages that show it. Raises Forgotten."""
        if text == self._text and tuple(shown) == self._shown:
            return
        async with self._engine.begin() as connection:
            if text != self._text:
                await write_completion_parts(connection, self.version_id, {TEXT: TextPart(text)})
            await self._show(connection, shown)
        self._text, self._shown = text, tuple(shown)

    async def close(self, completion: Completion, shown: Sequence[int], entry: LedgerEntry | None = None) -> None:
        """Store the whole completion, the Discord messages that show it, and what it used, all or nothing.

        Raises Forgotten; the usage is stored even so.
        """
        changed: dict[int, TextPart | ReasoningPart] = {}
        if completion.text != self._text:
            changed[TEXT] = TextPart(completion.text)
        if completion.reasoning != self._reasoning:
            changed[REASONING] = ReasoningPart(completion.reasoning)
        async with self._engine.begin() as connection:
            if entry:
                await insert_usage(connection, entry)
            remembered = await self._end(connection, model=completion.model)
            if remembered:
                await write_completion_parts(connection, self.version_id, changed)
                values = values_of(completion)
                ended = upsert(completions).values(message_id=self.version_id, **values)
                await connection.execute(ended.on_conflict_do_update(set_=values))
                await self._show(connection, shown)
        if not remembered:
            raise Forgotten(f"version {self.version_id}")
        self._text, self._reasoning, self._shown = completion.text, completion.reasoning, tuple(shown)

    async def give_up(self, error: str, note: str, shown: Sequence[int]) -> None:
        """Store why the version ends here, and what the person was told; what is stored of it stays. Raises Forgotten.

        `error` is for the operator.
        """
        ended = upsert(completions).values(message_id=self.version_id, error=error, note=note, took=0.0)
        async with self._engine.begin() as connection:
            if not await self._end(connection):
                raise Forgotten(f"version {self.version_id}")
            await connection.execute(ended.on_conflict_do_update(set_={"error": error, "note": note}))
            await self._show(connection, shown)
        self._shown = tuple(shown)

    async def _end(self, connection: AsyncConnection, **values: str) -> bool:
        """Mark the version as ended; False where it was forgotten."""
        version = update(messages).where(messages.c.id == self.version_id, messages.c.forgotten_at.is_(None))
        return (await connection.execute(version.values(streaming=False, **values))).rowcount > 0

    async def _show(self, connection: AsyncConnection, shown: Sequence[int]) -> None:
        known, added = self._shown, tuple(shown[len(self._shown) :])
        if tuple(shown) == known:
            return
        grown = tuple(shown) == known + added
        if not (grown and await append_pages(connection, self.version_id, known, added)):
            await show(connection, self.version_id, shown)
