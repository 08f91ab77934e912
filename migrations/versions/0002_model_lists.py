"""Store the models that providers list, so that people can choose right after a start, even while one is down."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "model_lists",
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("base_url", sa.Text(), nullable=False, comment="of the server that the list was read from"),
        sa.Column("models", sa.Text(), nullable=False, comment="JSON"),
        sa.Column("read_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("provider", name=op.f("pk_model_lists")),
    )


def downgrade() -> None:
    op.drop_table("model_lists")
