"""Where in the tree a prompt continues. One statement each, inside the caller's connection."""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, ScalarSelect, Select, bindparam, func, literal, null, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.messages import Role
from bot.chat.places import PlaceKind
from bot.chat.prompts import Position, Prompt
from bot.store.tables import conversations, discord_messages, messages

IDLE_SECONDS = 30 * 60
"""How long a mention that replies to nothing continues the person's conversation in a channel."""


async def position_after(connection: AsyncConnection, discord_id: int) -> Position | None:
    """The position after the message that this Discord message is or shows, None where it is not stored."""
    query = (
        select(
            messages.c.conversation_id,
            messages.c.id,
            _last_page(messages.c.id, messages.c.conversation_id).label("last_page"),
        )
        .join(discord_messages, discord_messages.c.message_id == messages.c.id)
        .where(discord_messages.c.id == discord_id)
    )
    row = (await connection.execute(query)).first()
    return Position(row.conversation_id, row.id, row.last_page, follows_reply=True) if row else None


async def newest_position(connection: AsyncConnection, prompt: Prompt, now: float) -> Position:
    """The end of the conversation that was used last: a person's in a channel, everyone's in a thread or DM.

    A thread that was opened from a stored message has that message's id, and continues it in a separate conversation.
    """
    query = _NEWEST[prompt.place.kind]
    row = (
        await connection.execute(query, {"channel_id": prompt.place.channel_id, "author_id": prompt.author.id})
    ).one()
    if row.conversation_id is None:
        return Position(None, row.starter_id)
    if row.used_at is None:
        return Position(row.conversation_id)  # started by /new, still empty
    if prompt.place.kind is PlaceKind.CHANNEL and row.used_at < now - IDLE_SECONDS:
        return Position()
    return Position(row.conversation_id, row.parent_id, row.last_page)


def _newest(kind: PlaceKind) -> Select[Any]:
    """Selects one row: the newest conversation, its newest prompt, and the version that continues it.

    In a channel these are the person's own, elsewhere everyone's. The parameters are `channel_id` and `author_id`.
    """
    channel_id, author_id = bindparam("channel_id", type_=BigInteger), bindparam("author_id", type_=BigInteger)
    candidate, asked = conversations.alias("candidate"), messages.alias("asked")
    newest = select(candidate.c.id).where(candidate.c.channel_id == channel_id)
    newest_prompt = select(asked.c.id).where(asked.c.conversation_id == conversations.c.id, asked.c.role == Role.USER)
    if kind is PlaceKind.CHANNEL:
        newest = newest.where(candidate.c.owner_id == author_id)
        newest_prompt = newest_prompt.where(asked.c.author_id == author_id)
    newest = newest.order_by(candidate.c.used_at.desc(), candidate.c.id.desc()).limit(1)
    newest_prompt = newest_prompt.order_by(asked.c.id.desc()).limit(1).correlate(conversations)

    prompts, versions = messages.alias("prompts"), messages.alias("versions")
    best, first_page = messages.alias("best"), discord_messages.alias("first_page")
    shown_or_newest = (
        select(best.c.id)
        .outerjoin(first_page, (first_page.c.message_id == best.c.id) & (first_page.c.page == literal(0)))
        .where(best.c.parent_id == prompts.c.id, best.c.role == Role.ASSISTANT, best.c.forgotten_at.is_(None))
        .order_by(first_page.c.id.is_(None), best.c.id.desc())
        .limit(1)
        .correlate_except(best, first_page)
    )
    thread = select(discord_messages.c.message_id).where(discord_messages.c.id == channel_id).scalar_subquery()
    starter = select((thread if kind is PlaceKind.THREAD else null()).label("id")).subquery("starter")
    # where every version was forgotten, continue from where the prompt did
    parent_id = func.coalesce(versions.c.id, prompts.c.parent_id)
    return select(
        starter.c.id.label("starter_id"),
        conversations.c.id.label("conversation_id"),
        func.coalesce(versions.c.created_at, prompts.c.created_at).label("used_at"),
        parent_id.label("parent_id"),
        _last_page(parent_id, conversations.c.id).label("last_page"),
    ).select_from(
        starter.outerjoin(conversations, conversations.c.id == newest.scalar_subquery())
        .outerjoin(prompts, prompts.c.id == newest_prompt.scalar_subquery())
        .outerjoin(versions, versions.c.id == shown_or_newest.scalar_subquery())
    )


def _last_page(message_id: ColumnElement[Any], conversation_id: ColumnElement[Any]) -> ScalarSelect[Any]:
    """The last Discord message that shows this one, where it is a completion of this conversation."""
    shown, page = messages.alias("shown"), discord_messages.alias("last_page")
    query = (
        select(page.c.id)
        .join(shown, shown.c.id == page.c.message_id)
        .where(shown.c.id == message_id, shown.c.conversation_id == conversation_id)
        .where(shown.c.role == Role.ASSISTANT, shown.c.forgotten_at.is_(None))
        .order_by(page.c.page.desc())
        .limit(1)
    )
    return query.correlate_except(shown, page).scalar_subquery()


_NEWEST = {kind: _newest(kind) for kind in PlaceKind}
"""Made once: building so large a statement takes longer than running it."""
