"""Create the first tables: conversations as trees, preferences, and the digest of the synced slash commands."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=True),
        sa.Column("owner_id", sa.BigInteger(), nullable=False, comment="who began it"),
        sa.Column("begun_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
    )
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.create_index("ix_conversations_channel_id_owner_id", ["channel_id", "owner_id"], unique=False)

    op.create_table(
        "images",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=32), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_images")),
    )
    op.create_table(
        "preferences",
        sa.Column(
            "scope_id",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="a guild's or channel's Discord id",
        ),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.Text(), nullable=False, comment="JSON"),
        sa.Column("changed_by", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("scope_id", "name", name=op.f("pk_preferences")),
    )
    op.create_table(
        "synced_commands",
        sa.Column("application_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "digest", sa.String(length=64), nullable=False, comment="of the slash commands as Discord last got them"
        ),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_synced_commands")),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("role", sa.String(length=16), nullable=False, comment="user or assistant"),
        sa.Column(
            "text", sa.Text(), nullable=False, comment="a completion is the model's own text, whole, not its pages"
        ),
        sa.Column("author_id", sa.BigInteger(), nullable=True, comment="the person, for a prompt"),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_messages_conversation_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["messages.id"], name=op.f("fk_messages_parent_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
    )
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_messages_conversation_id"), ["conversation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_messages_parent_id"), ["parent_id"], unique=False)

    op.create_table(
        "completions",
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("model", sa.String(length=255), nullable=False, comment="provider/model that was asked"),
        sa.Column("reasoning", sa.Text(), nullable=False, comment="what the model thought, kept apart from its answer"),
        sa.Column("answered_by", sa.String(length=255), nullable=True, comment="the model's name in the answer"),
        sa.Column("finish_reason", sa.String(length=64), nullable=True),
        sa.Column(
            "error", sa.Text(), nullable=True, comment="why the answer is missing or cut, in words for the operator"
        ),
        sa.Column("prompt_tokens", sa.Integer(), nullable=True),
        sa.Column("completion_tokens", sa.Integer(), nullable=True),
        sa.Column("total_tokens", sa.Integer(), nullable=True),
        sa.Column("first_text_after", sa.Float(), nullable=True, comment="seconds from the request to the first text"),
        sa.Column(
            "finished",
            sa.Boolean(),
            nullable=False,
            comment="false while it streams, and ever after if Parley died then",
        ),
        sa.Column("took", sa.Float(), nullable=False, comment="seconds from the request to the end of the stream"),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_completions_message_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_completions")),
    )
    op.create_table(
        "discord_messages",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False, comment="Discord's id"),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False, comment="0 for a prompt and the first message of a reply"),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_discord_messages_message_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discord_messages")),
    )
    with op.batch_alter_table("discord_messages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_discord_messages_message_id"), ["message_id"], unique=False)

    op.create_table(
        "message_images",
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_message_images_message_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["sha256"], ["images.sha256"], name=op.f("fk_message_images_sha256")),
        sa.PrimaryKeyConstraint("message_id", "position", name=op.f("pk_message_images")),
    )


def downgrade() -> None:
    op.drop_table("message_images")
    with op.batch_alter_table("discord_messages", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_discord_messages_message_id"))

    op.drop_table("discord_messages")
    op.drop_table("completions")
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_messages_parent_id"))
        batch_op.drop_index(batch_op.f("ix_messages_conversation_id"))

    op.drop_table("messages")
    op.drop_table("synced_commands")
    op.drop_table("preferences")
    op.drop_table("images")
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.drop_index("ix_conversations_channel_id_owner_id")

    op.drop_table("conversations")
