"""The tables of a ledger's database.

The entries are the log. Everything else can be computed from them (which `fsck` does), except the
signatures: tiles are the tree's hashes, kept so that no proof needs a scan; the head is the size and
root that are signed; retained checkpoints are signed notes over earlier sizes.

Only the shapes stand here. Hot paths go through SQLAlchemy Core on `Model.__table__`.
"""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    event,
    text,
)
from sqlalchemy.orm import registry
from sqlmodel import Field, Index, SQLModel

SCHEMA = 3
"""The schema number that this program reads and writes; `migrate` brings older ones up to it."""

MAX_TOPIC_SIZE = 255
"""The longest topic, in characters."""

_Big = BigInteger().with_variant(Integer, "sqlite")  # Only INTEGER is SQLite's own row number.


class _Model(SQLModel, registry=registry(metadata=MetaData())):
    """Keep these tables apart from those of any other SQLModel user in the process."""


class EntryRow(_Model, table=True):
    """One entry; never changed once its transaction has committed."""

    __tablename__: ClassVar[str] = "entry"
    __table_args__ = (Index("entry_topic", "topic", "index"),)

    index: int = Field(sa_column=Column("index", _Big, primary_key=True, autoincrement=False))
    leaf: bytes = Field(sa_column=Column("leaf", LargeBinary, nullable=False))
    ident: bytes = Field(sa_column=Column("ident", LargeBinary(32), nullable=False, unique=True))
    topic: str = Field(sa_column=Column("topic", String(MAX_TOPIC_SIZE), nullable=False))
    time_ms: int = Field(sa_column=Column("time_ms", _Big, nullable=False))


class TileRow(_Model, table=True):
    """The hashes of one tile, 32 bytes each; grows in place until it has 256, at level 0 by 32 at a time.

    `middle` has the 16 hashes halfway up, once the tile is full and unless schema 1 wrote it.
    """

    __tablename__: ClassVar[str] = "tile"

    level: int = Field(sa_column=Column("level", Integer, primary_key=True, autoincrement=False))
    n: int = Field(sa_column=Column("n", _Big, primary_key=True, autoincrement=False))
    hashes: bytes = Field(sa_column=Column("hashes", LargeBinary, nullable=False))
    middle: bytes | None = Field(sa_column=Column("middle", LargeBinary, nullable=True))


class HeadRow(_Model, table=True):
    """The one head: moved by compare-and-swap on its size, by the sequencer alone.

    `tail` has the hashes of the last `size % 32` leaves. The row of their tile gets them when they are 32:
    rewriting kilobytes of it with each entry would be half of what a commit writes.
    """

    __tablename__: ClassVar[str] = "head"

    id: int = Field(sa_column=Column("id", Integer, primary_key=True, autoincrement=False))
    size: int = Field(sa_column=Column("size", _Big, nullable=False))
    root: bytes = Field(sa_column=Column("root", LargeBinary(32), nullable=False))
    time_ms: int = Field(sa_column=Column("time_ms", _Big, nullable=False))
    note: bytes = Field(sa_column=Column("note", LargeBinary, nullable=False))
    tail: bytes = Field(sa_column=Column("tail", LargeBinary, nullable=False, server_default=text("''")))


class CheckpointRow(_Model, table=True):
    """A checkpoint that is kept: one that was published, or the last one of an hour."""

    __tablename__: ClassVar[str] = "checkpoint"

    size: int = Field(sa_column=Column("size", _Big, primary_key=True, autoincrement=False))
    note: bytes = Field(sa_column=Column("note", LargeBinary, nullable=False))
    time_ms: int = Field(sa_column=Column("time_ms", _Big, nullable=False))
    published: bool = Field(nullable=False)


class LogKeyRow(_Model, table=True):
    """A key that signs, or has signed, this log's checkpoints; the newest has the highest number."""

    __tablename__: ClassVar[str] = "log_key"

    number: int = Field(sa_column=Column("number", Integer, primary_key=True, autoincrement=False))
    vkey: str = Field(sa_column=Column("vkey", String(1024), nullable=False, unique=True))


class MetaRow(_Model, table=True):
    """What says that this database is a ledger, and which."""

    __tablename__: ClassVar[str] = "meta"

    id: int = Field(sa_column=Column("id", Integer, primary_key=True, autoincrement=False))
    schema_number: int = Field(sa_column=Column("schema_number", Integer, nullable=False))
    origin: str = Field(sa_column=Column("origin", String(1024), nullable=False))


METADATA = _Model.metadata
"""All tables of a ledger, and no others."""


@event.listens_for(METADATA.tables["tile"], "after_create")
def store_as_they_are(_table: Table, connection: Connection, **_more: object) -> None:
    """Keep PostgreSQL from trying to compress hashes at each append, which is in vain."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ALTER TABLE tile ALTER COLUMN hashes SET STORAGE EXTERNAL")


def table(model: type[SQLModel]) -> Table:
    """Return a model's table, for Core."""
    found = METADATA.tables[str(model.__tablename__)]
    assert isinstance(found, Table)  # noqa: S101 - says to the type checker what MetaData holds.
    return found
