"""Bring a ledger's database to the schema number of this program.

Each step takes a database from one number to the next; all steps that are needed run in one
transaction, so that a database has the old shape or the new one, never something between. No step may
change an entry, a hash or a note: what is signed stays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, update

from plimsoll_ledger.database import WRITES, connect, parse_url, translate_errors
from plimsoll_ledger.errors import SchemaMismatch
from plimsoll_ledger.hashing import HASH_SIZE
from plimsoll_ledger.lock import DEFAULT_TIMEOUT_S
from plimsoll_ledger.models import SCHEMA, HeadRow, MetaRow, TileRow, store_as_they_are, table
from plimsoll_ledger.store import refuse_missing, unverified_schema
from plimsoll_ledger.tiles import TAIL_WIDTH, TILE_WIDTH

Step = Callable[[Connection], None]
"""Changes the shape of a database from its number to the next."""


def _add_middles(connection: Connection) -> None:
    """Make room for the middle hashes of tiles; those that are full already go without."""
    tile = table(TileRow)
    column = tile.c.middle
    kind = column.type.compile(connection.dialect)
    connection.exec_driver_sql(f"ALTER TABLE {tile.name} ADD COLUMN {column.name} {kind}")
    store_as_they_are(tile, connection)


def _move_tail(connection: Connection) -> None:
    """Move the hashes of the last leaves from the row of their tile to the head."""
    head, tile = table(HeadRow), table(TileRow)
    kind = head.c.tail.type.compile(connection.dialect)
    connection.exec_driver_sql(f"ALTER TABLE {head.name} ADD COLUMN tail {kind} NOT NULL DEFAULT ''")
    size = connection.execute(select(head.c.size)).scalar_one()
    is_last = (tile.c.level == 0) & (tile.c.n == size // TILE_WIDTH)
    hashes = connection.execute(select(tile.c.hashes).where(is_last)).scalar() or b""
    stays = (size % TILE_WIDTH - size % TAIL_WIDTH) * HASH_SIZE
    connection.execute(update(head).values(tail=hashes[stays:]))
    if stays:
        connection.execute(update(tile).where(is_last).values(hashes=hashes[:stays]))
    else:
        connection.execute(delete(tile).where(is_last))


STEPS: Mapping[int, Step] = {1: _add_middles, 2: _move_tail}
"""The step that leads on from each older schema number. There is none before 1."""


@dataclass(frozen=True, slots=True)
class Migration:
    """What was done, or would be.

    Attributes:
        found: The schema number before.
        wanted: The schema number after.
        is_done: Whether the steps were run; they are not when only checked.
    """

    found: int
    wanted: int
    is_done: bool


def migrate(
    url: str,
    *,
    check: bool = False,
    steps: Mapping[int, Step] = STEPS,
    wanted: int = SCHEMA,
    timeout_s: float = DEFAULT_TIMEOUT_S,
) -> Migration:
    """Bring a database to a schema number.

    Args:
        url: An SQLAlchemy URL.
        check: Only say what would be done.
        steps: The steps that there are.
        wanted: The number to reach.
        timeout_s: How long to wait for another writer, in seconds.

    Raises:
        NotALedger: if there is no ledger.
        SchemaMismatch: if it is newer, or older than any step can read; nothing was changed.
        Busy, StorageFull, StorageFailed: if it could not be done; nothing was changed.
    """
    parsed = parse_url(url)
    refuse_missing(parsed)
    engine = connect(parsed, timeout_s=timeout_s)
    try:
        with (
            translate_errors(engine.dialect, None),
            engine.connect().execution_options(**{WRITES: not check}) as connection,
            connection.begin(),
        ):
            found = unverified_schema(connection)
            needed = range(found, wanted)
            if found > wanted or any(number not in steps for number in needed):
                raise SchemaMismatch(found, wanted)
            if not check:
                for number in needed:
                    steps[number](connection)
                connection.execute(update(table(MetaRow)).values(schema_number=wanted))
    finally:
        engine.dispose()
    return Migration(found, wanted, is_done=not check and found != wanted)
