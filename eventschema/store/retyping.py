"""Retypes a schema of ``SQLStore``, after a plan over the events that are stored, in the same transaction."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from sqlalchemy import Connection, Row, Select

from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.store.database import Database
from eventschema.store.database_errors import LostRaceError
from eventschema.store.planning import SurpriseError
from eventschema.store.protocols import StoreUnavailableError
from eventschema.store.queries import SELECT_SCHEMA, Read, read_received, schema_of
from eventschema.store.questions import Retype
from eventschema.store.saving import Saver
from eventschema.store.tables import key_of
from eventschema.store.tracking import MAX_ATTEMPTS
from eventschema.store.versions import check_expected, existing
from eventschema.store.waiting import is_in_call
from eventschema.stream.retyping import RetypePlan, plan_retype, refuse_loss

_ADVICE: Final = ": the command eventschema retype has no time limit"

Types = Mapping[str, PropertyType | str]


class Retyper:
    """Plans and carries out retypes in ``database``, which ``saver`` writes."""

    def __init__(self, database: Database, saver: Saver) -> None:
        self._database: Final = database
        self._saver: Final = saver

    def plan(self, read: Read, name: str, types: Types, rules: Rules) -> RetypePlan:
        """The plan over the events ``name`` that ``read`` finds. Raises ``ValueError`` as :meth:`retype` does."""
        read = self._in_time(read)
        return plan_retype(_load(read, name), types, read_received(read, name, ""), rules)

    def retype(self, asked: Retype) -> RetypePlan:
        """Carry out a retype, and return its plan: see ``SQLStore.retype``."""
        name, types, who, force, rules, expected = asked
        in_time = is_in_call()
        write = self._database.write if in_time else self._database.write_long
        for _ in range(MAX_ATTEMPTS):
            with suppress(SurpriseError, LostRaceError), write() as connection:
                read = self._in_time(_reader(connection)) if in_time else _reader(connection)
                schema = _load(read, name)
                check_expected(schema, expected)
                change = schema.retype_change(types)
                if change.retyped and not self._saver.save_checked_in(connection, change, who):
                    continue
                planned = plan_retype(schema, types, read_received(read, name, ""), rules)
                refuse_loss(planned, force=force)
                return planned
        raise StoreUnavailableError(f"{MAX_ATTEMPTS} races in a row were lost to other writers")

    def _in_time(self, read: Read) -> Read:
        """``read`` within the time of a call: a page of events is read quickly, and there may be many pages."""

        def read_in_time(statement: Select[Any]) -> list[Row[Any]]:
            self._database.check_time(_ADVICE)
            return read(statement)

        return read_in_time


def _reader(connection: Connection) -> Read:
    def read(statement: Select[Any]) -> list[Row[Any]]:
        return list(connection.execute(statement))

    return read


def _load(read: Read, name: str) -> EventSchema:
    rows = read(SELECT_SCHEMA.params(key=key_of(name)))
    return existing(schema_of(rows) if rows else None, name)
