"""Reads the database file directly, while Parley is running."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

_VIEW = """
CREATE TEMP VIEW said AS SELECT
    m.id, m.conversation_id, m.parent_id, m.role, m.author_id, m.model, NOT m.streaming AS finished,
    coalesce((SELECT text_of(body) FROM parts WHERE message_id = m.id AND kind = 'text'), '') AS text,
    coalesce((SELECT text_of(body) FROM parts WHERE message_id = m.id AND kind = 'reasoning'), '') AS reasoning,
    c.*
FROM messages AS m LEFT JOIN completions AS c ON c.message_id = m.id WHERE m.forgotten_at IS NULL
"""


def rows(path: Path, query: str, *values: Any) -> list[dict[str, Any]]:
    """The rows of a query; the view `said` joins every message that is not forgotten with its text and completion."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        connection.create_function("text_of", 1, lambda body: json.loads(body)["text"])  # json_extract ends at NUL
        with connection:
            connection.execute(_VIEW)
            return [dict(row) for row in connection.execute(query, values)]
