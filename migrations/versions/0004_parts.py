"""Make messages of parts, keep forgotten messages as empty nodes, and add the usage ledger."""

import json
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

BATCH = 500
"""How many messages are read at once."""

messages = sa.table(
    "messages",
    *map(sa.column, ("id", "parent_id", "role", "author_id", "model", "streaming", "forgotten_at", "text")),
)
completions = sa.table("completions", *map(sa.column, ("message_id", "model", "reasoning", "finished", "took")))
discord_messages = sa.table("discord_messages", *map(sa.column, ("id", "message_id", "page")))
images = sa.table("images", *map(sa.column, ("sha256", "media_type")))
message_images = sa.table("message_images", *map(sa.column, ("message_id", "position", "sha256", "name")))
parts = sa.table(
    "parts", *map(sa.column, ("message_id", "position", "kind", "body", "author_id", "source_id", "sha256"))
)


def upgrade() -> None:
    create_parts()
    create_usage()
    for batch in batches():
        rows = [*text_parts(batch), *image_parts(batch)]
        if rows:
            op.get_bind().execute(sa.insert(parts), rows)
    op.drop_table("message_images")
    upgrade_messages()
    upgrade_completions()


def downgrade() -> None:
    create_message_images()
    downgrade_completions()
    downgrade_messages()
    for batch in batches():
        restore(batch)
    with op.batch_alter_table("messages") as batch_op:
        batch_op.alter_column("text", server_default=None)
    with op.batch_alter_table("completions") as batch_op:
        batch_op.alter_column("model", server_default=None)
        batch_op.alter_column("reasoning", server_default=None)
        batch_op.alter_column("finished", server_default=None)
    op.drop_table("usage")
    op.drop_table("parts")


def batches() -> Iterator[tuple[int, int]]:
    """Ranges of message ids, first and last, with at most `BATCH` messages in each."""
    last = 0
    while True:
        ids = sa.select(messages.c.id).where(messages.c.id > last).order_by(messages.c.id).limit(BATCH)
        found = op.get_bind().scalars(ids).all()
        if not found:
            return
        yield found[0], found[-1]
        last = found[-1]


def text_parts(batch: tuple[int, int]) -> Iterator[dict[str, Any]]:
    """The texts of prompts and completions, and the reasoning of completions; empty ones are left out."""
    query = (
        sa.select(messages.c.id, messages.c.text, messages.c.author_id, completions.c.reasoning)
        .add_columns(discord_messages.c.id.label("source_id"))
        .select_from(
            messages.outerjoin(completions, completions.c.message_id == messages.c.id).outerjoin(
                discord_messages, (discord_messages.c.message_id == messages.c.id) & (messages.c.role == "user")
            )
        )
        .where(messages.c.id.between(*batch))
    )
    for row in op.get_bind().execute(query).all():
        source = {"author_id": row.author_id, "source_id": row.source_id}
        if row.text:
            yield part(row.id, 0, "text", {"text": row.text}, **source)
        if row.reasoning:
            yield part(row.id, 1, "reasoning", {"text": row.reasoning})


def image_parts(batch: tuple[int, int]) -> Iterator[dict[str, Any]]:
    """The images of prompts, as parts that follow the text."""
    query = (
        sa.select(message_images, images.c.media_type, messages.c.author_id)
        .add_columns(discord_messages.c.id.label("source_id"))
        .select_from(
            message_images.join(images, images.c.sha256 == message_images.c.sha256)
            .join(messages, messages.c.id == message_images.c.message_id)
            .outerjoin(discord_messages, discord_messages.c.message_id == messages.c.id)
        )
        .where(messages.c.id.between(*batch))
    )
    for row in op.get_bind().execute(query).all():
        body = {"name": row.name, "media_type": row.media_type, "sha256": row.sha256}
        source = {"author_id": row.author_id, "source_id": row.source_id, "sha256": row.sha256}
        yield part(row.message_id, row.position + 1, "image", body, **source)


def part(message_id: int, position: int, kind: str, body: dict[str, str], **columns: Any) -> dict[str, Any]:
    missing = dict.fromkeys(("author_id", "source_id", "sha256"))
    row = {"message_id": message_id, "position": position, "kind": kind, "body": json.dumps(body)}
    return missing | row | columns


def upgrade_messages() -> None:
    with op.batch_alter_table("messages", table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.drop_column("text")
        batch_op.add_column(sa.Column("model", sa.String(length=255), nullable=True))
        batch_op.add_column(sa.Column("streaming", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("forgotten_at", sa.Float(), nullable=True))
        batch_op.drop_constraint("fk_messages_parent_id", type_="foreignkey")
        batch_op.create_foreign_key("fk_messages_parent_id", "messages", ["parent_id"], ["id"])
    ended = completions.c.message_id == messages.c.id
    model = sa.select(completions.c.model).where(ended).scalar_subquery()
    streaming = sa.exists().where(ended, completions.c.finished == sa.false())
    answers = sa.update(messages).where(messages.c.role == "assistant")
    op.get_bind().execute(answers.values(model=model, streaming=streaming))


def upgrade_completions() -> None:
    """Keep only rows of answers that have ended at least once, including those that are being continued."""
    op.execute(
        "DELETE FROM completions WHERE NOT finished AND answered_by IS NULL AND finish_reason IS NULL AND error IS NULL"
        " AND prompt_tokens IS NULL AND completion_tokens IS NULL AND total_tokens IS NULL"
        " AND first_text_after IS NULL AND took = 0 AND note = ''"
    )
    with op.batch_alter_table("completions") as batch_op:
        batch_op.drop_column("model")
        batch_op.drop_column("reasoning")
        batch_op.drop_column("finished")


def downgrade_completions() -> None:
    """Restore a row for every answer; delete forgotten answers unless something follows them."""
    following = messages.alias("following")
    followed = sa.exists().where(following.c.parent_id == messages.c.id)
    forgotten = sa.select(messages.c.id).where(messages.c.role == "assistant", messages.c.forgotten_at.is_not(None))
    connection = op.get_bind()
    connection.execute(sa.delete(discord_messages).where(discord_messages.c.message_id.in_(forgotten)))
    connection.execute(sa.delete(messages).where(messages.c.id.in_(forgotten.where(~followed))))
    missing = sa.select(messages.c.id, sa.literal(0.0)).where(
        messages.c.role == "assistant", ~sa.exists().where(completions.c.message_id == messages.c.id)
    )
    connection.execute(sa.insert(completions).from_select(["message_id", "took"], missing))
    with op.batch_alter_table("completions") as batch_op:
        model = sa.Column("model", sa.String(length=255), nullable=False, server_default="")
        batch_op.add_column(model)
        reasoning = sa.Column("reasoning", sa.Text(), nullable=False, server_default="")
        batch_op.add_column(reasoning)
        finished: sa.Column[bool] = sa.Column("finished", sa.Boolean(), nullable=False, server_default=sa.true())
        batch_op.add_column(finished)
    version = messages.c.id == completions.c.message_id
    model_asked = sa.select(sa.func.coalesce(messages.c.model, "")).where(version).scalar_subquery()
    streaming = sa.exists().where(version, messages.c.streaming)
    connection.execute(sa.update(completions).values(model=model_asked, finished=~streaming))


def downgrade_messages() -> None:
    with op.batch_alter_table("messages", table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        text = sa.Column("text", sa.Text(), nullable=False, server_default="")
        batch_op.add_column(text)
        batch_op.drop_column("model")
        batch_op.drop_column("streaming")
        batch_op.drop_column("forgotten_at")
        batch_op.drop_constraint("fk_messages_parent_id", type_="foreignkey")
        batch_op.create_foreign_key("fk_messages_parent_id", "messages", ["parent_id"], ["id"], ondelete="CASCADE")


def restore(batch: tuple[int, int]) -> None:
    """Write texts, reasoning and images back to the tables of version 0003; other kinds of parts are dropped."""
    connection = op.get_bind()
    stored = sa.select(parts).where(parts.c.message_id.between(*batch)).order_by(parts.c.message_id, parts.c.position)
    for message_id, rows in groupby(connection.execute(stored).all(), key=lambda row: row.message_id):
        found = [(row.kind, json.loads(row.body), row.sha256) for row in rows]
        text = words([(kind, body) for kind, body, _ in found])
        connection.execute(sa.update(messages).where(messages.c.id == message_id).values(text=text))
        for kind, body, _ in found:
            if kind == "reasoning":
                answer = sa.update(completions).where(completions.c.message_id == message_id)
                connection.execute(answer.values(reasoning=body["text"]))
        pictures = [
            {"message_id": message_id, "position": position, "sha256": digest, "name": body["name"]}
            for position, (body, digest) in enumerate((body, digest) for kind, body, digest in found if kind == "image")
        ]
        if pictures:
            connection.execute(sa.insert(message_images), pictures)


def words(found: Sequence[tuple[str, dict[str, str]]]) -> str:
    """The text of these parts for a model, as version 0004 renders it."""
    texts = []
    for kind, body in found:
        text = body.get("text", "")
        if kind == "text":
            texts.append(text)
        elif kind == "quote":
            quoted = "\n".join(f"> {line}" for line in re.split(r"\r\n?|\n", text))
            texts.append(f"{body['author']} wrote:\n{quoted}")
        elif kind == "file":
            fence = "`" * max(3, *(len(run) + 1 for run in re.findall(r"`+", text)), 0)
            texts.append(f"{body['name']}:\n{fence}\n{text}\n{fence}")
    return "\n\n".join(filter(None, texts))


def create_parts() -> None:
    op.create_table(
        "parts",
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("source_id", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name="fk_parts_message_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["sha256"], ["images.sha256"], name="fk_parts_sha256"),
        sa.PrimaryKeyConstraint("message_id", "position", name="pk_parts"),
    )
    op.create_index("ix_parts_author_id", "parts", ["author_id"])
    op.create_index("ix_parts_source_id", "parts", ["source_id"])
    op.create_index("ix_parts_sha256", "parts", ["sha256"])


def create_usage() -> None:
    op.create_table(
        "usage",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=True),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=255), nullable=False),
        sa.Column("key_owner", sa.String(length=32), nullable=False),
        sa.Column("prompt_tokens", sa.Integer(), nullable=True),
        sa.Column("completion_tokens", sa.Integer(), nullable=True),
        sa.Column("total_tokens", sa.Integer(), nullable=True),
        sa.Column("cost", sa.Float(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("price_source", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_usage"),
    )
    op.create_index("ix_usage_guild_id_at", "usage", ["guild_id", "at"])
    op.create_index("ix_usage_person_id_at", "usage", ["person_id", "at"])


def create_message_images() -> None:
    op.create_table(
        "message_images",
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name="fk_message_images_message_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["sha256"], ["images.sha256"], name="fk_message_images_sha256"),
        sa.PrimaryKeyConstraint("message_id", "position", name="pk_message_images"),
    )
