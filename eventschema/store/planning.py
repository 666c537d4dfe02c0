"""What a transaction is to save of several requests: worked out in memory, so that few statements write it.

A plan is made of what is known of the store. That is little at first: only the contacts that are to change are read.
Of everything else the plan assumes that no other writer came before, which is nearly always so, and the constraints of
the tables tell if one did. Then all that the requests depend on is read, and the plan is made again.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from typing import Final, NamedTuple

from eventschema.core.changes import SchemaChange
from eventschema.store.arguments import in_utc
from eventschema.store.batches import BatchProgress
from eventschema.store.checkpoints import Checkpoint
from eventschema.store.ids import NewIds
from eventschema.store.lastseen import SavedDays
from eventschema.store.protocols import NotSaved, Saved, UnitOfWork
from eventschema.store.rows import Values, change_row, event_row, property_rows
from eventschema.store.versions import Version, versions_of_change
from eventschema.store.waiting import Keys
from eventschema.track.contact import Contact

#: An identifier by its name and value, such as ``("email", "ann@example.com")``.
Identifier = tuple[str, str]
Outcomes = tuple[Saved | NotSaved, ...]
#: The id and the name of an event, those of its names that come for the first time on a day, and the day.
NewDay = tuple[str, str, Collection[str], date]


class Call(NamedTuple):
    """One call of ``commit`` or ``commit_many``: what to save, and whether all of it or nothing.

    With ``checkpoints``, a repetition too prevents saving. ``is_shared`` if the works have nothing to do with each
    other: then none should wait long for a lock that another one needs.
    """

    works: tuple[UnitOfWork, ...]
    atomic: bool = False
    checkpoints: tuple[Checkpoint, ...] = ()
    is_shared: bool = False


class SurpriseError(Exception):
    """Something is not as the plan assumed. It must be made again, of everything that the requests depend on."""


@dataclass(slots=True)
class Known:
    """What is known of the store. If it ``is_all`` that the requests depend on, what is not in it does not exist."""

    is_all: bool = False
    contacts: dict[str, Contact] = field(default_factory=dict)  # by id
    owners: dict[Identifier, str] = field(default_factory=dict)  # the id of the contact; "" where it gave it up
    versions: dict[str, int] = field(default_factory=dict)  # by the name of the schema
    retypes: dict[str, int] = field(default_factory=dict)  # the last version that retyped, if one did
    properties: set[tuple[str, str]] = field(default_factory=set)  # the names of a schema and of its property
    event_ids: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Draft(Known):
    """What the store will hold, as far as it is known, and the rows that bring it there."""

    changes: list[Values] = field(default_factory=list)
    new_properties: list[Values] = field(default_factory=list)
    new_contacts: dict[str, Contact] = field(default_factory=dict)
    changed_contacts: dict[str, Contact] = field(default_factory=dict)
    moved: set[str] = field(default_factory=set)  # the ids of changed contacts with other identifiers than before
    events: list[Values] = field(default_factory=list)
    days: list[NewDay] = field(default_factory=list)
    unchanging: set[str] = field(default_factory=set)  # the ids of events that change no schema and no contact

    def copy(self) -> "Draft":
        """A copy that changes independently."""
        own = ((one.name, getattr(self, one.name)) for one in fields(self) if one.name != "is_all")
        return Draft(self.is_all, **{name: value.copy() for name, value in own})


class Plan:
    """A plan for one transaction. Each call that is added sees what those before it will have saved.

    ``clock`` returns the times of events and schema changes, ``ids`` make those of contacts and events, ``saved_days``
    knows the days that the store has already.
    """

    def __init__(self, known: Known, clock: Callable[[], datetime], ids: NewIds, saved_days: SavedDays) -> None:
        owners = {item: id_ for id_, contact in known.contacts.items() for item in ways_of(contact).items()}
        self.draft = Draft(
            known.is_all,
            dict(known.contacts),
            {**known.owners, **owners},
            dict(known.versions),
            dict(known.retypes),
            set(known.properties),
            set(known.event_ids),
        )
        self._clock: Final = clock
        self._ids: Final = ids
        self.saved_days: Final = saved_days

    def add(self, call: Call) -> Outcomes:
        """Plan to save ``call``, as far as nothing known is against it; returns its outcome if the plan comes true."""
        before = self.draft.copy() if call.atomic else None
        progress = BatchProgress()
        outcomes = tuple(self._add_next(work, progress) for work in call.works)
        is_saved = NotSaved.STALE not in outcomes and not (call.checkpoints and NotSaved.DUPLICATE in outcomes)
        if before is None or is_saved:
            if call.checkpoints:  # then a repetition prevents saving
                self.draft.unchanging.clear()
            return outcomes
        if not before.is_all:
            raise SurpriseError  # which of the events are repetitions?
        self.draft = before
        return tuple(NotSaved.DUPLICATE if work.event.id in before.event_ids else NotSaved.STALE for work in call.works)

    def add_change(self, change: SchemaChange, who: str | None, event_id: str | None) -> bool:
        """Plan to save a change of a schema; ``False`` if the schema is known to have another version."""
        if not self._is_current(change):
            return False
        self.add_versions(change.name, versions_of_change(change), who, event_id)
        return True

    def add_versions(self, name: str, versions: Iterable[Version], who: str | None, event_id: str | None) -> None:
        """Plan to save versions of a schema."""
        draft = self.draft
        for version in versions:
            draft.changes.append(change_row(name, version, event_id, who, self._clock()))
            draft.new_properties += property_rows(name, version)
            draft.versions[name] = version.number
            draft.properties.update((name, property_) for property_ in version.added)

    def expect_repetitions(self, ids: set[str]) -> None:
        """Check that the events with ``ids``, which were stored before, can be left out of the plan.

        Raises ``SurpriseError`` if one of them comes with a change, which must not be saved either.
        """
        if not ids <= self.draft.unchanging:
            raise SurpriseError

    def _add_next(self, given: UnitOfWork, progress: BatchProgress) -> Saved | NotSaved:
        work = progress.next(given)
        outcome = NotSaved.STALE if work is None else self._add(work)
        if work is None or isinstance(outcome, NotSaved):
            progress.not_saved(given)
        else:
            progress.saved(work, self.draft.contacts.get(outcome.contact_id, work.contact))
        return outcome

    def _add(self, work: UnitOfWork) -> Saved | NotSaved:
        draft, change, event_id = self.draft, work.schema_change, work.event.id
        if not (self._has_version(work) if change is None else self._is_current(change)):
            return NotSaved.STALE
        contact = self._contact_to_save(work)
        if contact is None:
            return NotSaved.STALE
        if event_id in draft.event_ids:
            return NotSaved.DUPLICATE
        if event_id is None:
            event_id = self._ids.of_event()
        if change is not None:
            self.add_versions(change.name, versions_of_change(change), work.who, event_id)
        if work.contact_change is not None:
            contact = self._save_contact(contact)
        elif change is None:
            draft.unchanging.add(event_id)
        identifiers = contact.identifiers
        received = in_utc(self._clock())
        draft.events.append(event_row(work.event, event_id, identifiers, received, work.schema_version))
        if names := self.saved_days.new_names(work.event, day := received.date()):
            draft.days.append((event_id, work.event.name, names, day))
        draft.event_ids.add(event_id)
        return Saved(event_id, identifiers["id"])

    def _has_version(self, work: UnitOfWork) -> bool:
        draft, name, version = self.draft, work.event.name, work.schema_version
        if not (draft.is_all or name in draft.versions):
            return True  # the insert of the event finds out
        if version is None:
            return name not in draft.retypes
        return draft.versions.get(name, -1) >= version >= draft.retypes.get(name, 0)

    def _is_current(self, change: SchemaChange) -> bool:
        draft = self.draft
        if draft.is_all or change.name in draft.versions:
            if draft.versions.get(change.name) != change.base_version:
                return False
        elif change.base_version is not None and not change.added:
            raise SurpriseError  # no row would show it
        return not any((change.name, property_) in draft.properties for property_ in change.added)

    def _contact_to_save(self, work: UnitOfWork) -> Contact | None:
        """The contact after ``work``, ``None`` if the decision is stale."""
        draft = self.draft
        if work.contact_change is None:  # the foreign key of the event checks that the contact still exists
            return None if draft.is_all and work.contact.id not in draft.contacts else work.contact
        stored = None if work.before is None else draft.contacts.get(work.before.id or "")
        contact = work.contact_to_save(stored)
        if contact is None:
            return None
        is_taken = any((draft.owners.get(item) or contact.id) != contact.id for item in ways_of(contact).items())
        return None if is_taken else contact

    def _save_contact(self, contact: Contact) -> Contact:
        draft, before = self.draft, None
        if contact.id is None:
            contact = replace(contact, id=self._ids.of_contact())
        assert contact.id is not None
        before = draft.contacts.get(contact.id)
        if before is None or contact.id in draft.new_contacts:
            draft.new_contacts[contact.id] = contact
        else:
            draft.changed_contacts[contact.id] = contact
        ways = ways_of(contact)
        if before is not None and ways_of(before) != ways:
            draft.owners.update(dict.fromkeys(ways_of(before).items(), ""))
            draft.moved.add(contact.id)
        draft.owners.update(dict.fromkeys(ways.items(), contact.id))
        draft.contacts[contact.id] = contact
        return contact


def ways_of(contact: Contact) -> dict[str, str]:
    """The identifiers of a contact without its id."""
    ways = {"email": contact.email, "phoneNumber": contact.phone_number}
    return {name: value for name, value in ways.items() if value is not None}


def keys_of(works: Iterable[UnitOfWork]) -> Keys | None:
    """What ``works`` are about: their contacts, before and after, and event ids; ``None`` if one changes a schema."""
    keys = set[tuple[str, str]]()
    for work in works:
        if work.schema_change is not None:
            return None
        keys.update(work.contact.identifiers.items())
        if work.before is not None and work.before is not work.contact:
            keys.update(work.before.identifiers.items())
        if work.event.id is not None:
            keys.add(("eventID", work.event.id))
    return frozenset(keys)
