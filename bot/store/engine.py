"""The SQLite file: exclusive use, migrations, and a single shared connection.

SQLite has one writer. Connections that compete for its lock make writes many times slower at the 99th percentile, so
the pool holds a single one. A second Parley on the same file is refused by a lock that the system releases when the
process ends, however it ends.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from filelock import FileLock, Timeout
from sqlalchemy import URL, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

import bot

upsert = sqlite.insert
"""An INSERT that may say what happens on a conflict, which every database words in its own way."""

PRAGMAS = ("journal_mode=WAL", "foreign_keys=ON", "synchronous=NORMAL", "busy_timeout=5000")


class DatabaseUnusable(Exception):
    """The database cannot be used. The message is a sentence for the operator."""


class DatabaseInUse(DatabaseUnusable):
    """Another process uses the database."""


def migrate(path: Path) -> None:
    """Migrate the file to the newest version; a missing file and folder are created.

    Raises DatabaseUnusable. Blocks: call it off the event loop.
    """
    with _errors_as_sentences(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        config = Config()
        config.set_main_option("script_location", str(_migrations()).replace("%", "%%"))
        config.attributes["database_path"] = path
        command.upgrade(config, "head")


def _migrations() -> Path:
    """The folder of the migrations: inside the package if that is installed, next to it in a checkout."""
    package = Path(bot.__file__).parent
    installed = package / "migrations"
    return installed if installed.is_dir() else package.parent / "migrations"


@contextmanager
def exclusive_use(path: Path) -> Iterator[None]:
    """Keep other processes away from the database. Raises DatabaseInUse where one uses it, and DatabaseUnusable."""
    lock = FileLock(path.with_name(f"{path.name}.lock"), timeout=0)
    with _errors_as_sentences(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except Timeout:
            raise DatabaseInUse(
                f"Another Parley is already using {path}. Stop it first, or give this one a different DATABASE_URL."
            ) from None
    try:
        yield
    finally:
        lock.release()


@asynccontextmanager
async def open_database(path: Path) -> AsyncIterator[AsyncEngine]:
    """The migrated database, used by this process alone, closed at the end. Raises DatabaseUnusable."""
    with exclusive_use(path):
        await asyncio.to_thread(migrate, path)
        url = URL.create("sqlite+aiosqlite", database=str(path))
        engine = create_async_engine(url, pool_size=1, max_overflow=0, pool_timeout=60)
        event.listen(engine.sync_engine, "connect", _set_pragmas)
        try:
            yield engine
        finally:
            with suppress(DBAPIError):
                async with engine.connect():
                    pass  # there is only one connection, so its last user is done once we get it
            await engine.dispose()


def _set_pragmas(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@contextmanager
def _errors_as_sentences(path: Path) -> Iterator[None]:
    """Raise errors of the file system and of SQLite as DatabaseUnusable."""
    try:
        yield
    except OSError as error:
        raise DatabaseUnusable(
            f"The database {path} cannot be written: {error.strerror or error}. "
            f"Give its folder to the user that runs Parley, or set DATABASE_URL to another file."
        ) from error
    except DBAPIError as error:
        raise DatabaseUnusable(
            f"The database {path} cannot be used: {error.orig}. Check the file's permissions and that it is a "
            f"Parley database, or set DATABASE_URL to another file."
        ) from error
    except CommandError as error:
        raise DatabaseUnusable(
            f"The database {path} was written by a newer Parley ({error}). Update Parley, or use another file."
        ) from error
