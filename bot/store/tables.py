"""The tables, as the newest migration leaves them; `migrations/` holds the steps that lead here.

A conversation is a tree: every message has a parent, and a model is sent the path from the root to a message. A message
is a node with only ids; its content is in its parts. The completions of one prompt are its versions, and at most one of
them has Discord messages that show it. A forgotten message loses its parts but keeps its node and its ids, so that its
descendants stay connected.
Discord's ids are integers of 64 bits; times are Unix seconds, UTC.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    false,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("channel_id", BigInteger, nullable=False),
    Column("guild_id", BigInteger),
    Column("owner_id", BigInteger, nullable=False, comment="who started it"),
    Column("begun_at", Float, nullable=False),
    Column("used_at", Float, nullable=False, comment="when someone whose mentions continue it last asked in it"),
    Index("ix_conversations_channel_id_owner_id_used_at", "channel_id", "owner_id", "used_at"),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation_id", ForeignKey(conversations.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("parent_id", ForeignKey("messages.id"), index=True),
    Column("role", String(16), nullable=False, comment="user or assistant"),
    Column("author_id", BigInteger, comment="the person, for a prompt"),
    Column("model", String(255), comment="provider/model that was asked, for a completion"),
    Column("created_at", Float, nullable=False),
    Column(
        "streaming",
        Boolean,
        nullable=False,
        server_default=false(),
        comment="true while a completion is being written, and ever after if Parley died then",
    ),
    Column("forgotten_at", Float, comment="when its parts were deleted for good"),
    sqlite_autoincrement=True,  # a writer that still holds the id of a deleted version must not hit another one
)

completions = Table(
    "completions",
    metadata,
    Column("message_id", ForeignKey(messages.c.id, ondelete="CASCADE"), primary_key=True),
    Column("answered_by", String(255), comment="the model's name in the answer"),
    Column("finish_reason", String(64)),
    Column("error", Text, comment="why the text is missing or cut, in words for the operator"),
    Column("prompt_tokens", Integer),
    Column("completion_tokens", Integer),
    Column("total_tokens", Integer),
    Column("first_text_after", Float, comment="seconds from the request to the first text"),
    Column("took", Float, nullable=False, comment="seconds from the request to the end of the stream"),
    Column("note", Text, nullable=False, server_default="", comment="what is shown below the text for the person"),
)

discord_messages = Table(
    "discord_messages",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False, comment="Discord's id"),
    Column("message_id", ForeignKey(messages.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("page", Integer, nullable=False, comment="0 for a prompt and the first message of a reply"),
)

images = Table(
    "images",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("media_type", String(32), nullable=False),
    Column("data", LargeBinary, nullable=False),
)

parts = Table(
    "parts",
    metadata,
    Column("message_id", ForeignKey(messages.c.id, ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, comment="of a completion: 0 is the text, 1 the reasoning"),
    Column("kind", String(16), nullable=False),
    Column("body", Text, nullable=False, comment="JSON"),
    Column("author_id", BigInteger, index=True, comment="who said it"),
    Column("source_id", BigInteger, index=True, comment="Discord message that holds it"),
    Column("sha256", ForeignKey(images.c.sha256), index=True, comment="the bytes of an image"),
)

usage = Table(
    "usage",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("guild_id", BigInteger),
    Column("channel_id", BigInteger, nullable=False),
    Column("person_id", BigInteger, comment="null once the person is anonymised"),
    Column("provider", String(64), nullable=False),
    Column("model", String(255), nullable=False, comment="without its provider"),
    Column("key_owner", String(32), nullable=False, comment="whose API key paid"),
    Column("prompt_tokens", Integer),
    Column("completion_tokens", Integer),
    Column("total_tokens", Integer),
    Column("cost", Float, comment="null where the price or the tokens are unknown"),
    Column("currency", String(3), nullable=False),
    Column("price_source", String(64), comment="where the price was found"),
    Index("ix_usage_guild_id_at", "guild_id", "at"),
    Index("ix_usage_person_id_at", "person_id", "at"),
)
"""The ledger of what completions used. It has no foreign keys, so it outlives the messages."""

preferences = Table(
    "preferences",
    metadata,
    Column("scope_kind", String(16), primary_key=True, comment="guild, category, channel, thread, role or person"),
    Column("scope_id", BigInteger, primary_key=True, autoincrement=False, comment="Discord's id"),
    Column("name", String(32), primary_key=True),
    Column("value", Text, nullable=False, comment="JSON"),
    Column("guild_id", BigInteger, comment="the server that the scope belongs to; null in direct messages"),
    Column("locked", Boolean, nullable=False, comment="whether it goes before the values of inner scopes"),
    Column("changed_by", BigInteger, nullable=False),
    Column("changed_at", Float, nullable=False),
)

model_lists = Table(
    "model_lists",
    metadata,
    Column("provider", String(64), primary_key=True),
    Column("base_url", Text, nullable=False, comment="of the server that the list was read from"),
    Column("models", Text, nullable=False, comment="JSON"),
    Column("read_at", Float, nullable=False),
)

synced_commands = Table(
    "synced_commands",
    metadata,
    Column("application_id", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", String(64), nullable=False, comment="of the slash commands as Discord last got them"),
)
