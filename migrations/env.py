"""Alembic's environment: Parley passes the path of the database; the `alembic` command reads Parley's settings."""

from pathlib import Path

from alembic import context
from sqlalchemy import URL, create_engine, event
from sqlalchemy.engine import Connection

from bot.store.tables import metadata


def database_path() -> Path:
    given: Path | None = context.config.attributes.get("database_path")
    if given:
        return given
    from bot.settings import load_settings  # only the `alembic` command needs it

    return load_settings().database_path


def run(connection: Connection) -> None:
    # SQLite cannot alter columns in place, so Alembic copies the table
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


engine = create_engine(URL.create("sqlite", database=str(database_path())))
# the driver's own transactions exclude DDL, but a failed migration must be rolled back
event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
# to copy a table, Alembic drops the old one, which would delete every row that refers to it
event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA foreign_keys=OFF"))
event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
try:
    with engine.connect() as connection:
        run(connection)
finally:
    engine.dispose()
