"""The versions of the database, and the steps from each version to the next.

The table ``eventschema_version`` has the version of a database. A database of the releases before that table has
version 0. ``SQLStore`` updates an older database, with all steps in one transaction, and refuses a newer one.

To change the tables:

1. Write a database of the present version into ``tests/store/versions``, with ``python -m tests.store.releases``. The
   tests then update it and compare it with a new one.
2. Change ``tables.py`` to what a new database should be. New columns come last, as they do in a database that is
   updated.
3. Add a function to ``STEPS``, under the next number. It is given a connection, in a transaction, to a database of the
   version before, SQLite or PostgreSQL. It names tables and columns itself, with SQLAlchemy's ``table`` and ``column``:
   those in ``tables.py`` are of the newest version, and later releases will change them.

Tables are changed in the order in which requests lock them: schemas, contacts, events. So a step waits for requests of
older processes, and none of them waits for the step.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnClause,
    Connection,
    Integer,
    MetaData,
    Table,
    Text,
    column,
    func,
    inspect,
    literal,
    select,
    table,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateColumn

from eventschema.store.protocols import StoreError
from eventschema.store.tables import changes, key_of, metadata, versions


def check_encoding(connection: Connection) -> None:
    """Raise ``StoreError`` for a PostgreSQL database whose encoding lacks characters that names may have."""
    if connection.dialect.name != "postgresql":
        return
    found = connection.scalar(select(func.getdatabaseencoding()))
    if found != "UTF8":
        raise StoreError(f"expected a database of the encoding UTF8, found {found}: make one with createdb -E UTF8")


def is_current(connection: Connection) -> bool:
    """Whether the database has the version of this release. Raises ``StoreError`` if it has a newer one."""
    return _version(connection) == VERSION


def update_tables(connection: Connection) -> None:
    """Make the tables, or take the missing steps, in the transaction of ``connection``.

    No other process may do so at the same time. Raises ``StoreError`` if the database is newer than this release.
    """
    found = _version(connection)
    if found is None:
        metadata.create_all(connection)
        connection.execute(versions.insert(), {"version": VERSION, "store_id": uuid4().hex})
        return
    if found == 0:
        version = Column("version", Integer, primary_key=True, autoincrement=False)
        Table(versions.name, MetaData(), version).create(connection)
        connection.execute(versions.insert(), {"version": 0})
    for number in range(found + 1, VERSION + 1):
        STEPS[number](connection)
    connection.execute(versions.update().values(version=VERSION))


def _version(connection: Connection) -> int | None:
    """The version of the database; ``None`` if it has no tables of a store yet."""
    inspector = inspect(connection)
    if not inspector.has_table(versions.name):
        return 0 if inspector.has_table(changes.name) else None
    found: int | None = connection.scalar(select(versions.c.version))
    if found is None:
        raise StoreError(f"expected a row in {versions.name} with the version of the database, found none")
    if found > VERSION:
        raise StoreError(
            f"expected a database of version {VERSION} or older, found version {found}: "
            "a newer release of eventschema has updated it, and is needed to open it"
        )
    return found


def add_column(connection: Connection, name: str, added: Column[Any]) -> None:
    """Add a column, which may be NULL or has a server default, to the table ``name``."""
    quoted = connection.dialect.identifier_preparer.quote(name)
    definition = CreateColumn(added).compile(dialect=connection.dialect)
    connection.exec_driver_sql(f"ALTER TABLE {quoted} ADD COLUMN {definition}")


def _add_long_names(connection: Connection) -> None:
    """Store a name that is too long for an index of PostgreSQL in its own column, and its hash as the key."""
    add_column(connection, "eventschema_changes", Column("long_name", Text))
    add_column(connection, "eventschema_properties", Column("long_property", Text))
    kept = ("version", "base_version", "event_id", "who", "at")
    schemas = table("eventschema_changes", *map(column, ("name", *kept, "long_name")))
    properties = table("eventschema_properties", *map(column, ("name", "property", "long_property")))
    for name, key in _long(connection, properties.c.property):
        renamed = properties.update().where(properties.c.property == name)
        connection.execute(renamed.values(property=key, long_property=name))
    for name, key in _long(connection, schemas.c.name):
        # The rows of the properties refer to those of the schema. So both exist until they refer to the new ones.
        its_rows = schemas.c.name == name
        copies = select(literal(key), *(schemas.c[each] for each in kept), schemas.c.name).where(its_rows)
        connection.execute(schemas.insert().from_select(["name", *kept, "long_name"], copies))
        connection.execute(properties.update().where(properties.c.name == name).values(name=key))
        connection.execute(schemas.delete().where(its_rows))


def _long(connection: Connection, names: ColumnClause[str]) -> list[tuple[str, str]]:
    """The names in a column that differ from their keys, with their keys."""
    pairs = ((name, key_of(name)) for name in connection.scalars(select(names).distinct()))
    return [(name, key) for name, key in pairs if name != key]


def _add_origin_and_event_version(connection: Connection) -> None:
    """Store the two fields of a request that say where it comes from with its event."""
    for name in ("origin", "event_version"):
        add_column(connection, "eventschema_events", Column(name, Text))


def _order_by_character(connection: Connection) -> None:
    """Compare keys character by character on PostgreSQL too, and find events by the time of their receipt."""
    if connection.dialect.name == "postgresql":
        for name, keys in _KEYS.items():
            alterations = ", ".join(f'ALTER COLUMN {key} TYPE TEXT COLLATE "C"' for key in keys)
            connection.exec_driver_sql(f"ALTER TABLE {name} {alterations}")
    connection.exec_driver_sql("CREATE INDEX eventschema_events_received ON eventschema_events (received_at, id)")


def _add_store_id_and_schema_versions(connection: Connection) -> None:
    """Give the database an identity, events the version of their schema, and schemas an index of their own."""
    add_column(connection, "eventschema_version", Column("store_id", Text))
    connection.execute(table("eventschema_version", column("store_id")).update().values(store_id=uuid4().hex))
    connection.exec_driver_sql(
        "CREATE INDEX eventschema_schemas ON eventschema_changes (name, version) WHERE version = 0"
    )
    add_column(connection, "eventschema_events", Column("schema_version", Integer))


_KEYS: Final = {
    "eventschema_changes": ("name", "long_name"),
    "eventschema_properties": ("name", "property", "long_property"),
    "eventschema_contacts": ("id", "email", "phone_number"),
    "eventschema_events": ("id", "name", "contact_id", "received_at"),
}


def _add_checkpoints(connection: Connection) -> None:
    """Store how far files were read."""
    Table(
        "eventschema_checkpoints",
        MetaData(),
        Column("name", Text().with_variant(postgresql.TEXT(collation="C"), "postgresql"), primary_key=True),
        Column("lines", BigInteger, nullable=False),
        Column("bytes", BigInteger, nullable=False),
        Column("digest", Text, nullable=False),
        Column("at", Text, nullable=False),
        Column("long_name", Text),
    ).create(connection)


def _add_retypes(connection: Connection) -> None:
    """Store which properties a version of a schema retyped."""
    add_column(connection, "eventschema_changes", Column("retyped", Text))
    connection.exec_driver_sql(
        "CREATE INDEX eventschema_retypes ON eventschema_changes (name, version) WHERE retyped IS NOT NULL"
    )


def _add_freezes(connection: Connection) -> None:
    """Store which versions froze a schema."""
    add_column(connection, "eventschema_changes", Column("frozen", Integer))


def _add_last_seen(connection: Connection) -> None:
    """Store the days of the last events, and since when: nothing is known of the events before."""
    key = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
    Table(
        "eventschema_last_seen",
        MetaData(),
        Column("name", key, primary_key=True),
        Column("property", key, primary_key=True),
        Column("day", key, nullable=False),
    ).create(connection)
    add_column(connection, "eventschema_version", Column("days_since", Text))
    today = datetime.now(UTC).date().isoformat()
    connection.execute(table("eventschema_version", column("days_since")).update().values(days_since=today))


#: The steps by the version that they lead to.
STEPS: Final[Mapping[int, Callable[[Connection], None]]] = MappingProxyType(
    {
        1: _add_long_names,
        2: _add_origin_and_event_version,
        3: _order_by_character,
        4: _add_checkpoints,
        5: _add_store_id_and_schema_versions,
        6: _add_retypes,
        7: _add_freezes,
        8: _add_last_seen,
    }
)

#: The version of a database that this release makes or updates.
VERSION: Final = max(STEPS)
