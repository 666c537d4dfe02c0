"""Retypes a schema of ``SQLStore``, after a plan over the events that are stored, in the same transaction."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from sqlalchemy import Connection, Row, Select

from eventschema.core.documents import MAX_SHOWN
from eventschema.core.pointers import truncate
from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.store.database import Database
from eventschema.store.database_errors import LostRaceError
from eventschema.store.planning import SurpriseError
from eventschema.store.protocols import StoreUnavailableError
from eventschema.store.queries import SELECT_SCHEMA, Read, read_received, schema_of
from eventschema.store.saving import Saver
from eventschema.store.tables import key_of
from eventschema.store.tracking import MAX_ATTEMPTS
from eventschema.stream.retyping import RetypeError, RetypePlan, plan_retype

Types = Mapping[str, PropertyType | str]


class Retyper:
    """Plans and carries out retypes in ``database``, which ``saver`` writes."""

    def __init__(self, database: Database, saver: Saver) -> None:
        self._database: Final = database
        self._saver: Final = saver

    def plan(self, read: Read, name: str, types: Types, rules: Rules) -> RetypePlan:
        """The plan over the events ``name`` that ``read`` finds. Raises ``ValueError`` as :meth:`retype` does."""
        return plan_retype(_load(read, name), types, read_received(read, name, ""), rules)

    def retype(self, name: str, types: Types, who: str | None, *, force: bool, rules: Rules) -> RetypePlan:
        """Carry out a retype, and return its plan: see ``SQLStore.retype``."""
        for _ in range(MAX_ATTEMPTS):
            with suppress(SurpriseError, LostRaceError), self._database.write_long() as connection:
                read = _reader(connection)
                schema = _load(read, name)
                change = schema.retype_change(types)
                if change.retyped and not self._saver.save_checked_in(connection, change, who):
                    continue
                planned = plan_retype(schema, types, read_received(read, name, ""), rules)
                if planned.loses_values and not force:
                    raise RetypeError(planned)
                return planned
        raise StoreUnavailableError(f"{MAX_ATTEMPTS} races in a row were lost to other writers")


def _reader(connection: Connection) -> Read:
    def read(statement: Select[Any]) -> list[Row[Any]]:
        return list(connection.execute(statement))

    return read


def _load(read: Read, name: str) -> EventSchema:
    rows = read(SELECT_SCHEMA.params(key=key_of(name)))
    if not rows:
        raise ValueError(f"expected the name of a schema in the store, found {truncate(name, MAX_SHOWN)!r}")
    return schema_of(rows)
