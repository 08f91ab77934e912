"""Key preferences by the kind and id of their scope; add the server they belong to, and a lock."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

KNOWN_GUILD = "scope_id IN (SELECT guild_id FROM conversations WHERE guild_id IS NOT NULL)"
KNOWN_CHANNEL = "scope_id IN (SELECT channel_id FROM conversations)"


def upgrade() -> None:
    op.create_table(
        "new_preferences",
        sa.Column("scope_kind", sa.String(length=16), nullable=False),
        sa.Column("scope_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=True),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("changed_by", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("scope_kind", "scope_id", "name", name=op.f("pk_preferences")),
    )
    # An old row has only an id. Conversations tell servers from channels, and nothing tells channels from threads, so
    # a row is copied for each kind that it may be of. Ids are unique, so only the copy of the right kind is ever read.
    copy_as("guild", "scope_id", f"{KNOWN_GUILD} OR NOT ({KNOWN_CHANNEL})")
    for kind in ("channel", "thread"):
        guild_id = "(SELECT max(guild_id) FROM conversations WHERE channel_id = scope_id)"
        copy_as(kind, guild_id, f"{KNOWN_CHANNEL} OR NOT ({KNOWN_GUILD})")
    replace_table()


def downgrade() -> None:
    op.create_table(
        "new_preferences",
        sa.Column("scope_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("scope_id", "name", name=op.f("pk_preferences")),
    )
    # of the copies that `upgrade` made, the one that was changed last is the one in use
    op.execute(
        "INSERT INTO new_preferences (scope_id, name, value, changed_by, changed_at) "
        "SELECT scope_id, name, value, changed_by, changed_at FROM preferences AS kept "
        "WHERE scope_kind NOT IN ('role', 'person') AND NOT EXISTS ("
        "SELECT 1 FROM preferences AS other WHERE other.scope_kind NOT IN ('role', 'person') "
        "AND other.scope_id = kept.scope_id AND other.name = kept.name AND (other.changed_at > kept.changed_at "
        "OR (other.changed_at = kept.changed_at AND other.scope_kind < kept.scope_kind)))"
    )
    replace_table()


def copy_as(kind: str, guild_id: str, condition: str) -> None:
    columns = "scope_kind, scope_id, name, value, guild_id, locked, changed_by, changed_at"
    op.execute(
        f"INSERT INTO new_preferences ({columns}) "  # noqa: S608 no foreign text
        f"SELECT '{kind}', scope_id, name, value, {guild_id}, false, changed_by, changed_at "
        f"FROM preferences WHERE {condition}"
    )


def replace_table() -> None:
    op.drop_table("preferences")
    op.rename_table("new_preferences", "preferences")
