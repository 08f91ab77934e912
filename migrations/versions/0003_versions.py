"""Give answers versions: never reuse the id of a deleted one; store its note, and when a conversation was last used."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("completions", sa.Column("note", sa.Text(), nullable=False, server_default=""))

    op.add_column("conversations", sa.Column("used_at", sa.Float(), nullable=True))
    op.execute(
        "UPDATE conversations SET used_at = coalesce("
        "(SELECT max(created_at) FROM messages WHERE conversation_id = conversations.id), begun_at)"
    )
    with op.batch_alter_table("conversations") as batch_op:
        batch_op.alter_column("used_at", nullable=False)
        batch_op.drop_index("ix_conversations_channel_id_owner_id")
        batch_op.create_index("ix_conversations_channel_id_owner_id_used_at", ["channel_id", "owner_id", "used_at"])

    recreate_messages(sqlite_autoincrement=True)


def downgrade() -> None:
    recreate_messages(sqlite_autoincrement=False)

    with op.batch_alter_table("conversations") as batch_op:
        batch_op.drop_index("ix_conversations_channel_id_owner_id_used_at")
        batch_op.create_index("ix_conversations_channel_id_owner_id", ["channel_id", "owner_id"])
        batch_op.drop_column("used_at")

    with op.batch_alter_table("completions") as batch_op:
        batch_op.drop_column("note")


def recreate_messages(*, sqlite_autoincrement: bool) -> None:
    """Copy the table: SQLite sets AUTOINCREMENT only when a table is created."""
    op.create_table(
        "new_messages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_messages_conversation_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["messages.id"], name=op.f("fk_messages_parent_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sqlite_autoincrement=sqlite_autoincrement,
    )
    columns = "id, conversation_id, parent_id, role, text, author_id, created_at"
    op.execute(f"INSERT INTO new_messages ({columns}) SELECT {columns} FROM messages")  # noqa: S608 only constants
    op.drop_table("messages")
    op.rename_table("new_messages", "messages")
    op.create_index("ix_messages_conversation_id", "messages", ["conversation_id"])
    op.create_index("ix_messages_parent_id", "messages", ["parent_id"])
