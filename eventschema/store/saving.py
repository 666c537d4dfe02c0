"""Saves the requests of several calls in one transaction of ``SQLStore``.

The transaction takes its locks in the order schema, contact, event. Every statement writes all rows of a table, and
does not fail because of another writer's row: it returns what it wrote. If that is not what was planned, all is rolled
back, and planned again on what the store holds now.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from operator import itemgetter
from typing import Final

from sqlalchemy import Connection, Table, case, func, select

from eventschema.core.changes import SchemaChange
from eventschema.store.checkpointrows import save_checkpoints
from eventschema.store.database import Database
from eventschema.store.database_errors import LostRaceError
from eventschema.store.ids import NewIds
from eventschema.store.lastseen import Days, SavedDays, latest_days
from eventschema.store.planning import Call, Known, Outcomes, Plan, SurpriseError, ways_of
from eventschema.store.protocols import NotSaved, Saved, StoreError, StoreUnavailableError, UnitOfWork
from eventschema.store.queries import SELECT_SCHEMA, contact_of, schema_of
from eventschema.store.rows import Values, contact_row, day_rows
from eventschema.store.tables import changes, contacts, key_of, properties
from eventschema.store.together import CommitFailedError
from eventschema.store.versions import schema_after, versions_of_change
from eventschema.track.contact import Contact

_ATTEMPTS: Final = 4
_MOST_KEYS: Final = 500  # in one statement


class Saver:
    """Saves calls in ``database``. ``clock`` is that of the store, and ``ids`` makes those of contacts and events."""

    def __init__(self, database: Database, clock: Callable[[], datetime], ids: NewIds) -> None:
        self._database: Final = database
        self._statements: Final = database.statements
        self._clock = clock
        self._ids = ids
        self._saved_days = SavedDays()

    def forget_days(self) -> None:
        """Forget which days were saved: the database may be another one, or one that was restored."""
        self._saved_days = SavedDays()  # a transaction that has begun tells the old one

    def save(self, calls: Sequence[Call], join: Callable[[], Sequence[Call]] = tuple) -> list[Outcomes]:
        """Save ``calls`` in one transaction, each as if it came alone, in their order; returns their outcomes.

        It may also save what ``join`` returns once the transaction has begun: calls that change no schema.

        Nothing is saved if anything is raised: ``LostRaceError`` if other writers were faster again and again,
        ``CommitFailedError`` (which see), and what the database, the clock or ``ids`` raise.
        """
        calls, reads_all = list(calls), False
        for _ in range(_ATTEMPTS):
            with suppress(SurpriseError, LostRaceError):
                return self._try(calls, tuple if reads_all else join, reads_all=reads_all)
            reads_all = True
        raise LostRaceError

    def save_one(self, call: Call) -> Outcomes:
        """Save ``call`` as :meth:`save` does; all of it is stale if other writers were faster again and again."""
        try:
            return self.save([call])[0]
        except LostRaceError:
            return (NotSaved.STALE,) * len(call.works)
        except CommitFailedError as failed:
            raise failed.__cause__ or failed from None

    def save_schema(self, name: str, add: Callable[[Plan], bool]) -> bool:
        """Save what ``add`` adds to a plan of the schema ``name``; returns whether it was saved."""
        with suppress(SurpriseError, LostRaceError), self._database.write() as connection:
            plan = self._plan(Known())
            try:
                is_added = add(plan)
            except SurpriseError:
                known = Known()
                self._read_versions(connection, [name], known)
                plan = self._plan(known)
                is_added = add(plan)
            self._write_schemas(connection, plan)
            return is_added
        return False

    def save_checked(self, change: SchemaChange, who: str | None) -> bool:
        """Save a change that retypes or freezes, compared with the stored schema; returns whether it was saved."""
        with suppress(SurpriseError, LostRaceError), self._database.write() as connection:
            return self.save_checked_in(connection, change, who)
        return False

    def save_checked_in(self, connection: Connection, change: SchemaChange, who: str | None) -> bool:
        """Save a change that retypes or freezes in the transaction of ``connection``; returns whether it was saved.

        If it retypes, no event is added until the end of the transaction. Raises ``SurpriseError`` if another writer
        changed the schema at the same time.
        """
        rows = list(connection.execute(SELECT_SCHEMA.params(key=key_of(change.name))))
        if schema_after(schema_of(rows) if rows else None, change) is None:
            return False
        plan = self._plan(Known())
        plan.add_versions(change.name, versions_of_change(change), who, None)
        self._write_schemas(connection, plan)
        if change.retyped:
            self._statements.exclude_events(connection)
        return True

    def _try(self, calls: list[Call], join: Callable[[], Sequence[Call]], *, reads_all: bool) -> list[Outcomes]:
        works, ids = _works(calls)
        known, is_written = None, False
        changes_schema = any(work.schema_change for work in works)
        if ids and not self._database.locks_all and changes_schema:
            # A transaction that has looked at contacts may not wait for a schema any more (see the order of locks).
            with self._database.read() as connection:
                known = self._known(connection, works, ids, reads_all=reads_all)
        try:
            with self._database.transaction(is_shared=len(calls) > 1 or calls[0].is_shared) as connection:
                if not changes_schema:  # otherwise calls that join might bring contacts, which are locked after schemas
                    calls += join()
                    works, ids = _works(calls)
                plan = self._plan(known or self._known(connection, works, ids, reads_all=reads_all))
                outcomes = [plan.add(call) for call in calls]
                for call, outcome in zip(calls, outcomes, strict=True):
                    if all(isinstance(each, Saved) for each in outcome):
                        save_checkpoints(connection, self._statements, call.checkpoints, self._clock)
                self._write_schemas(connection, plan)
                if known is not None and self._contacts(connection, ids) != [known.contacts.get(id_) for id_ in ids]:
                    raise SurpriseError
                self._write_contacts(connection, plan)
                repeated = self._write_events(connection, plan)
                days = self._write_days(connection, plan, repeated)
                is_written = True
        except LostRaceError:
            raise
        except BaseException as error:
            if is_written and not _is_refused(error):
                raise CommitFailedError from error
            raise
        plan.saved_days.add(days)
        return _without(repeated, calls, outcomes) if repeated else outcomes

    def _plan(self, known: Known) -> Plan:
        return Plan(known, self._clock, self._ids, self._saved_days)

    # Reading

    def _known(self, connection: Connection, works: Sequence[UnitOfWork], ids: list[str], *, reads_all: bool) -> Known:
        found = self._contacts(connection, ids)
        known = Known(reads_all, {id_: contact for id_, contact in zip(ids, found, strict=True) if contact is not None})
        if reads_all:
            self._read_contacts(connection, works, known)
            self._read_versions(connection, {work.event.name for work in works}, known)
            for name in {work.schema_change.name for work in works if work.schema_change is not None}:
                known.properties |= self._properties(connection, name, works)
            event_ids = (work.event.id for work in works if work.event.id is not None)
            known.event_ids = self._statements.select_events(connection, event_ids)
        return known

    def _contacts(self, connection: Connection, ids: list[str]) -> list[Contact | None]:
        """The contacts with ``ids``, locked in a transaction."""
        rows = self._statements.select_to_change(connection, ids) if ids else ()
        found = {contact.id: contact for contact in map(contact_of, rows)}
        return [found.get(id_) for id_ in ids]

    def _read_contacts(self, connection: Connection, works: Sequence[UnitOfWork], known: Known) -> None:
        """Read the contacts of ``works`` that do not change, and who has the identifiers of those that do."""
        select = partial(self._statements.select_contacts, connection)
        ids = {work.contact.id for work in works if work.contact_change is None and work.contact.id is not None}
        kept = map(contact_of, select("id", ids - known.contacts.keys()))
        known.contacts |= {contact.id: contact for contact in kept if contact.id is not None}
        changed = [work.contact for work in works if work.contact_change is not None]
        rows = select("email", {contact.email for contact in changed if contact.email is not None})
        rows += select("phoneNumber", {contact.phone_number for contact in changed if contact.phone_number is not None})
        for contact in map(contact_of, rows):
            known.owners |= dict.fromkeys(ways_of(contact).items(), contact.identifiers["id"])

    def _read_versions(self, connection: Connection, names: Iterable[str], known: Known) -> None:
        """Read the last version of each schema, and the last that retyped."""
        by_key = {key_of(name): name for name in names}
        retype = func.max(case((changes.c.retyped.is_not(None), changes.c.version)))
        latest = select(changes.c.name, func.max(changes.c.version), retype).where(changes.c.name.in_(by_key))
        for key, version, retyped in connection.execute(latest.group_by(changes.c.name)):
            known.versions[by_key[key]] = version
            if retyped is not None:
                known.retypes[by_key[key]] = retyped

    def _properties(self, connection: Connection, name: str, works: Iterable[UnitOfWork]) -> set[tuple[str, str]]:
        """Those of the properties that ``works`` add to the schema ``name`` that it has already."""
        added = [work.schema_change.added for work in works if work.schema_change and work.schema_change.name == name]
        by_key = {key_of(property_): property_ for names in added for property_ in names}
        found, keys = set[tuple[str, str]](), sorted(by_key)
        for start in range(0, len(keys), _MOST_KEYS):
            part = keys[start : start + _MOST_KEYS]
            are_ours = (properties.c.name == key_of(name)) & properties.c.property.in_(part)
            found |= {(name, by_key[key]) for key in connection.scalars(select(properties.c.property).where(are_ours))}
        return found

    # Writing

    def _write_schemas(self, connection: Connection, plan: Plan) -> None:
        self._insert(connection, changes, sorted(plan.draft.changes, key=lambda row: row[:2]))
        self._insert(connection, properties, plan.draft.new_properties)

    def _write_contacts(self, connection: Connection, plan: Plan) -> None:
        changed, created = plan.draft.changed_contacts, plan.draft.new_contacts
        if len(changed) > 1 and (moved := plan.draft.moved & changed.keys()):  # perhaps from one to another of them
            self._statements.free_identifiers(connection, moved)
        self._statements.update_contacts(connection, [contact_row(changed[id_]) for id_ in sorted(changed)])
        self._insert(connection, contacts, sorted(map(contact_row, created.values()), key=lambda row: repr(row[1:3])))

    def _write_events(self, connection: Connection, plan: Plan) -> set[str]:
        """Write the events; returns the ids of those that were stored before."""
        rows = sorted(plan.draft.events, key=itemgetter(0))
        missing = self._statements.insert_events(connection, rows) if rows else None
        if not missing:
            return set()
        plan.expect_repetitions(missing)
        if self._statements.select_events(connection, missing) != missing:
            raise SurpriseError  # the version of a schema is gone, or was retyped since
        return missing

    def _write_days(self, connection: Connection, plan: Plan, repeated: set[str]) -> Days:
        """Write the days of the events that were not ``repeated``, where they are new; returns them.

        No statement comes after it. So whoever waits for these rows waits for a commit, and for nothing else.
        """
        days = latest_days(new[1:] for new in plan.draft.days if new[0] not in repeated)
        self._statements.save_days(connection, day_rows(days))
        return days

    def _insert(self, connection: Connection, table: Table, rows: Sequence[Values]) -> None:
        """Insert ``rows``. Raises ``SurpriseError`` if any of them violates a uniqueness constraint."""
        if rows and len(self._statements.insert_new(connection, table, rows)) != len(rows):
            raise SurpriseError


def _is_refused(error: BaseException) -> bool:
    """Whether the database has refused to commit, such as a deferred constraint does. Then it has rolled all back."""
    return isinstance(error, StoreError) and not isinstance(error, StoreUnavailableError)


def _works(calls: Sequence[Call]) -> tuple[list[UnitOfWork], list[str]]:
    """The works of ``calls``, and the ids of the contacts that they change, in order."""
    works = [work for call in calls for work in call.works]
    return works, sorted({work.before.id or "" for work in works if work.before and work.contact_change})


def _without(repeated: set[str], calls: Sequence[Call], outcomes: Sequence[Outcomes]) -> list[Outcomes]:
    """``outcomes`` if the events with the ids ``repeated`` were stored before."""

    def corrected(work: UnitOfWork, outcome: Saved | NotSaved) -> Saved | NotSaved:
        if isinstance(outcome, NotSaved) or outcome.event_id not in repeated:
            return outcome
        return NotSaved.STALE if work.event.id is None else NotSaved.DUPLICATE

    return [tuple(map(corrected, call.works, each)) for call, each in zip(calls, outcomes, strict=True)]
