"""The rows of checkpoints in a database: see ``eventschema.store.checkpoints``."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, select, update

from eventschema.store.checkpoints import Checkpoint, CheckpointConflictError
from eventschema.store.statements import Statements
from eventschema.store.tables import checkpoints, key_of
from eventschema.stream.positions import Position


def find_checkpoint(connection: Connection, name: str) -> Position | None:
    """Where the checkpoint ``name`` is, ``None`` if there is none."""
    found = select(checkpoints.c.lines, checkpoints.c.bytes, checkpoints.c.digest)
    row = connection.execute(found.where(checkpoints.c.name == key_of(name))).first()
    return None if row is None else Position(*row)


def save_checkpoints(
    connection: Connection, statements: Statements, changes: Sequence[Checkpoint], clock: Callable[[], datetime]
) -> None:
    """Save ``changes``, in the transaction of ``connection``. Raises ``CheckpointConflictError``."""
    for name, before, after in changes:
        key = key_of(name)
        at = clock().isoformat()
        if before is None:
            new = (key, after.lines, after.bytes, after.digest, at, None if key == name else name)
            is_saved = bool(statements.insert_new(connection, checkpoints, [new]))
        else:
            is_before = (checkpoints.c.bytes == before.bytes) & (checkpoints.c.digest == before.digest)
            changed = update(checkpoints).where(checkpoints.c.name == key, is_before).values(**after._asdict(), at=at)
            is_saved = connection.execute(changed).rowcount == 1
        if not is_saved:
            raise CheckpointConflictError(name)
