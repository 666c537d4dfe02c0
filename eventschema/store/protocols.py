"""What a store is: three small protocols, and the values that are passed to and from a store.

A store decides nothing about events. It returns what is stored, and saves an accepted request whole if nothing has
changed that the decision depends on. If something has, the store says so, and the request is decided again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final, NamedTuple, Protocol

from eventschema.core.changes import SchemaChange
from eventschema.core.frozen import EMPTY, FrozenDict
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.schema import EventSchema
from eventschema.core.trusted import trusted
from eventschema.core.types import PropertyType
from eventschema.store.arguments import read_who
from eventschema.store.lastseen import LastSeen
from eventschema.store.versions import Expected, Retyped, schema_after
from eventschema.stream.retyping import RetypePlan
from eventschema.track.contact import Contact, ContactChange, ContactRequest, decide_contact
from eventschema.track.event import TrackedEvent
from eventschema.track.request import TrackDecision, TrackRequest


class StoreError(Exception):
    """The store cannot do what it was asked, and will not be able to if asked again.

    For example, the database refuses a statement because its tables were changed or a permission is missing. The text
    says why. It is for a log: it may name the database, but it never quotes the data of events and contacts.

    The subclass :class:`StoreUnavailableError` is for what may work later.

    Raised by ``track_many``, it has in ``results`` those of the first requests, as many as are done
    (saved, or refused) before the error; of the others nothing was saved. Else ``results`` is empty.
    """

    results: tuple[Any, ...] = ()  # of TrackResult, which is made of what is defined here


class StoreUnavailableError(StoreError):
    """The store cannot answer now: it cannot be reached, was locked too long, or other writers won every race.

    Stores raise it, and registries pass it on. The text is for a log, as that of :class:`StoreError`.

    Nothing of the request was saved, unless the connection broke in the very moment of saving. So a request with an
    ``eventID`` can safely be sent again.
    """


class MissingMethodError(StoreError):
    """The store lacks an optional method that was asked for, such as ``schemas``."""


class NotSaved(Enum):
    """Why ``EventSink.commit`` saved nothing. It is returned, not raised. Both members are false.

    - ``STALE``: the store has changed since the decision. Load, find and decide again, as a registry does.
    - ``DUPLICATE``: an event of this id is already stored. This request repeats one that was accepted before.
    """

    STALE = "stale"
    DUPLICATE = "duplicate"

    def __bool__(self) -> bool:
        return False


class Saved(NamedTuple):
    """The ids that the event and the contact of a saved request have in the store."""

    event_id: str
    contact_id: str


@dataclass(frozen=True, slots=True)
class UnitOfWork:
    """An accepted request and what its decision depends on: all that a store needs to save the request whole.

    ``before`` is the contact that was found, ``None`` where one is to be created; one without an id is explained at
    :meth:`BatchStore.commit_many`. ``who`` is written into the history of the schema if the schema changes.
    ``schema_version`` is the version of the schema after the event, ``None`` if it is not known. The other fields are
    those of the request and of its decision.

    Raises ``TypeError`` if ``who`` is not text, and ``ValueError`` if it has control characters or lone surrogates, and
    for a change that retypes or freezes: no event does.
    """

    event: TrackedEvent
    schema_change: SchemaChange | None
    contact: Contact
    contact_change: ContactChange | None
    contact_request: ContactRequest
    before: Contact | None
    who: str | None = None
    schema_version: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "who", read_who(self.who))
        change = self.schema_change
        if change is not None and (change.retyped or change.frozen is not None):
            verb = "retypes" if change.retyped else "freezes"
            raise ValueError(f"expected the change of a schema by an event, found one that {verb}")

    @classmethod
    def of(
        cls, request: TrackRequest, decision: TrackDecision, matches: Iterable[Contact], who: str | None = None
    ) -> "UnitOfWork":
        """What to save of ``request`` after ``decision``, which was based on the contacts ``matches``.

        Raises ``ValueError`` if the request was refused.
        """
        if decision.event is None or decision.contact is None:
            raise ValueError("expected the decision on an accepted request, found one on a rejected request")
        before, id_ = None, decision.contact.id
        for match in matches:
            if match.id == id_:
                before = match
                break
        contact, change = decision.contact, decision.contact_change
        version = None if decision.schema is None else decision.schema.version
        make = _new_work if decision.schema_change is None else cls
        who = read_who(who)
        return make(decision.event, decision.schema_change, contact, change, request.contact, before, who, version)

    def is_current(self, stored: EventSchema | None) -> bool:
        """Whether the decision on the schema still holds where the store now has the schema ``stored``.

        A change must be based on the version of ``stored``. Without one, ``stored`` must have ``schema_version``, and
        must not have been retyped after it: the event's values might not be of the new types.
        """
        if self.schema_change is not None:
            return schema_after(stored, self.schema_change) is not None
        if self.schema_version is None:
            return stored is None or not stored.last_retyped
        return stored is not None and stored.version >= self.schema_version >= stored.last_retyped

    def contact_to_save(self, stored: Contact | None) -> Contact | None:
        """The contact after the request, where the store now has ``stored``; ``None`` if the decision is stale.

        The identifiers alone say which contact a request means. So if they are the same, what other writers changed in
        the contact's properties does not make the decision stale: the changes of the request are added to theirs.
        """
        if self.before is None:
            return self.contact if stored is None else None
        if stored is None or stored.identifiers != self.before.identifiers:
            return None
        return decide_contact(self.contact_request, stored)[0]


# For a work that changes no schema, where ``who`` was checked.
_new_work: Final = trusted(UnitOfWork)


@dataclass(frozen=True, slots=True)
class SchemaRecord:
    """One version of a schema in its history: what it ``added``, ``retyped`` and froze, by whom, and when (UTC).

    ``event_id`` is the id of the event that brought it, ``None`` for a declaration or a change that was saved alone.
    ``who`` is ``None`` where nobody was named. ``retyped`` has the old and the new type of properties; the old one is
    ``None`` where a schema was declared that had been retyped before, since the schema does not have it. ``frozen`` is
    ``True`` where the schema was frozen, ``False`` where events could add properties again, ``None`` for neither.
    """

    name: str
    version: int
    added: FrozenDict[str, PropertyType]
    event_id: str | None
    who: str | None
    at: datetime
    retyped: Retyped = EMPTY
    frozen: bool | None = None

    def to_dict(self) -> dict[str, Any]:
        """The record, ready for JSON. It has ``retyped`` and ``frozen`` only where there is something to say."""
        document: dict[str, Any] = {
            "version": self.version,
            "added": self.added.to_dict(),
            "eventID": self.event_id,
            "who": self.who,
            "at": self.at.isoformat(),
        }
        if self.retyped:
            document["retyped"] = {name: [old and old.value, new.value] for name, (old, new) in self.retyped.items()}
        return document if self.frozen is None else {**document, "frozen": self.frozen}


class SchemaStore(Protocol):
    """A store of schemas.

    All methods raise ``StoreUnavailableError`` if the store cannot answer now, and ``StoreError`` if it never can.
    They raise ``ValueError`` for a ``who`` with control characters (C0, DEL) or lone surrogates.

    Names may be as long as the rules of a service allow, even thousands of characters. Two names are equal only if
    every character is: ``order`` and ``Order`` are two events.
    """

    def load(self, name: str) -> EventSchema | None:
        """The current schema of the events ``name``, ``None`` if there is none.

        A name that no event can have is no error, here and in the other methods: nothing is found.
        """

    def save(self, change: SchemaChange, who: str | None = None) -> bool:
        """Save ``change``, in the name of ``who``; returns whether it was saved.

        It is saved if the schema has the version ``change.base_version`` (``None``: there is no schema), none of the
        properties that the change adds, those that it retypes with their old types, and is not frozen or unfrozen yet
        as the change wants it. A schema without properties has version 0, and each change that adds or retypes some, or
        says whether the schema is frozen, makes one more version. So a first change that adds properties makes versions
        0 and 1.

        A frozen schema takes what a change adds. It is events that add nothing to it: those that were decided on a
        version before it was frozen are ``STALE``, since the schema has another version.

        When a retype is saved, no event that was decided under an earlier version is saved any more: see
        :meth:`EventSink.commit`. Events that are stored stay as they are.
        """

    def declare(self, schema: EventSchema, who: str | None = None) -> bool:
        """Save ``schema``, in the name of ``who``, unless one of that name exists; returns whether it was saved.

        All its versions are saved, each with its own record in the history.
        """

    def history(self, name: str) -> Sequence[SchemaRecord]:
        """Every version of the schema ``name``, from 0; empty if there is none."""


class ContactStore(Protocol):
    """A store of contacts. All methods raise what those of ``SchemaStore`` do.

    No two contacts have the same value of an identifier, for example the same ``email``. Two values are the same only
    if every character is.
    """

    def find(self, identifiers: Mapping[str, str]) -> Sequence[Contact]:
        """The contacts that have any of ``identifiers``, each once, ordered by id; none if ``identifiers`` is empty.

        The identifiers are some of ``id``, ``email`` and ``phoneNumber``, each compared with that of the same name.
        Raises ``ValueError`` for another name.
        """

    def erase(self, contact_id: str, *, keep_properties: bool = False) -> bool:
        """Delete a contact, and what its events say about a person; returns whether there was such a contact.

        Of its events, the identifiers are deleted and the values of properties, since those may name people too.
        ``keep_properties`` keeps these values, for events that certainly do not. Each event's id, name and time stay:
        so a late repetition is still recognised, and does not bring the contact back.
        """


class EventSink(Protocol):
    """A store of accepted events. All methods raise what those of ``SchemaStore`` do."""

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        """Save an accepted request whole, its event and the changes of schema and contact; or save nothing.

        The store does this in one transaction: no other thread or process writes between these steps.

        1. If there is a ``work.schema_change``, the schema must still have the version ``base_version`` (``None``:
           there must be no schema) and none of the properties ``added``. Without a change, there must still be a
           schema of the event, of ``work.schema_version`` or newer: it may be missing where rows were deleted or
           restored from a backup. And no version after ``work.schema_version`` may have retyped a property. If not
           (``work.is_current`` of the stored schema is false), return ``NotSaved.STALE``.
        2. Let ``stored`` be the contact that the store has under the id of ``work.before``; ``None`` if there is none,
           or if ``work.before`` is ``None``. The contact to save is ``contact = work.contact_to_save(stored)``. If that
           is ``None``, return ``STALE``.
        3. If another contact has one of ``contact.identifiers``, return ``STALE``.
        4. If an event with the id ``work.event.id`` was saved before, return ``NotSaved.DUPLICATE``, even if its
           contact was erased. Where both apply, ``STALE`` and ``DUPLICATE`` are equally good.
        5. Give a contact without an id a new one: 1 to 255 characters without control characters, which no contact has
           or had. Give an event without an id that of a new UUID, as lower-case text.
        6. Save the changed schema, with a :class:`SchemaRecord` for each new version, of the event's id and
           ``work.who``; save the contact in place of ``stored``, whose former identifiers other contacts may then have;
           and save ``work.event`` with its id and with the contact's identifiers, including the contact's id.

        Where ``work.contact_change`` is ``None``, there is nothing of the contact to save: for steps 2 and 3 a store
        may then only check that it still has ``work.contact``. A store may also return ``STALE`` if its transaction
        lost against another one. The registry then decides again, at most 100 times.

        Returns both ids if everything was saved. If anything else is returned or raised, nothing was, but for the one
        exception that ``StoreUnavailableError`` explains.
        """

    def seen(self, event_id: str) -> bool:
        """Whether an event of this id was saved, even if its contact was erased since."""


class Store(SchemaStore, ContactStore, EventSink, Protocol):
    """All three in one, since one transaction needs them all. Safe to use from several threads.

    ``eventschema.testing.check_store`` checks that your own store does all that is described here.
    """


class BatchStore(Store, Protocol):
    """A store that also saves many requests at once, which takes less time and fewer flushes to disk.

    The method is optional: a registry saves one request after the other in a store without it.
    """

    def commit_many(self, works: Sequence[UnitOfWork], *, atomic: bool = False) -> Sequence[Saved | NotSaved]:
        """Save ``works`` in one transaction: do for each of them, in order, what ``commit`` does.

        Returns for each what ``commit`` would. Each finds what the earlier ones of the call have saved, so a whole
        batch can be decided in memory before any of it is saved: each request on the schema and the contact that the
        decisions before it left.

        **A contact of the same call.** A contact that the call creates has no id when the later requests about it are
        decided. ``work.before`` without an id means that contact: for step 2, ``stored`` is the contact that an earlier
        work of this call created and that has the email and the phone number of ``work.before`` now; ``None`` if
        there is none. ``work.contact`` then gets the id of ``stored``. (In ``commit`` there is no earlier work, so
        such a request is ``STALE``.)

        **What was not saved.** A work that is not saved, ``STALE`` or ``DUPLICATE``, does not stop the others, but
        for later ones that may have been decided on what it should have changed. These are ``STALE``: if it has a
        ``schema_change``, those with events of the same name; if it has a ``contact_change``, those about the
        contact that was its ``stored``. To decide all ``STALE`` ones again, in order, keeps the order of all changes.

        With ``atomic`` nothing is saved if any work is ``STALE``. Then each of the others is ``STALE`` too, or
        ``DUPLICATE`` if its event was saved before the call. ``DUPLICATE`` alone stops nothing.

        If anything is raised, nothing was saved, except as ``StoreUnavailableError`` explains.
        """


class ReadableStore(Store, Protocol):
    """A store that also returns what it has: all schemas and events, and when they came last.

    Each of these methods is optional. All raise what the methods of ``SchemaStore`` do, also while the iterators are
    read.
    """

    def schemas(self, *, after: str = "", limit: int | None = None) -> Iterator[EventSchema]:
        """The current schemas, ordered by name, character by character of Unicode (as Python sorts texts).

        They begin with the first name after ``after``, and are at most ``limit`` (``None``: all). A schema that is
        saved meanwhile may be among them or not.

        Raises ``ValueError`` for an ``after`` with control characters or lone surrogates, or a negative ``limit``.
        """

    def events(self, *, name: str | None = None, since: datetime | None = None) -> Iterator[TrackedEvent]:
        """The events, each with ``received_at``: all of them, ordered by id.

        With ``name`` or ``since``: only those with this name, and those received at the time ``since`` or later,
        ordered by ``received_at`` and then by id. Ids are ordered character by character, as names are.

        The time is taken before an event is saved, so an event can appear after one that was received later. To read
        again and again what is new, begin with a ``since`` that is earlier than the last event by the time limit of a
        call, and pass over the ids that are known.

        Raises ``ValueError`` for a ``since`` without a time zone.
        """

    def last_seen(self, name: str) -> LastSeen | None:
        """The days of the last accepted events of the schema ``name``, ``None`` if there is no such schema.

        The day of an event is that of its ``received_at``, in UTC. An event counts for the properties that it was saved
        with: not for those that were dropped, and not if it repeats another event. A day never becomes an earlier one,
        even if the clock does, or if the event's contact is erased.
        """


class RetypingStore(Store, Protocol):
    """A store that also changes types, after a plan over its events. Both methods are optional."""

    def plan_retype(
        self, name: str, types: Mapping[str, PropertyType | str], rules: Rules = DEFAULT_RULES
    ) -> RetypePlan:
        """What :meth:`retype` would do, over the events that are stored now: see ``eventschema.stream.plan_retype``.

        Raises ``ValueError`` as :meth:`retype` does.
        """

    def retype(
        self,
        name: str,
        types: Mapping[str, PropertyType | str],
        who: str | None = None,
        *,
        force: bool = False,
        rules: Rules = DEFAULT_RULES,
        expected: Expected = "any",
    ) -> RetypePlan:
        """Give properties of the schema ``name`` the ``types``, in the name of ``who``; returns the plan.

        The plan is made over all stored events of that name, in the transaction of the retype. Stored events stay as
        they are. Properties that have these types already are skipped.

        Raises ``RetypeError``, which has the plan, if a new type refuses a stored value and the retype is not a
        ``force``, and ``StaleSchemaError`` if the schema is not the ``expected`` one; then nothing is changed. Raises
        ``ValueError`` for a schema or a property that the store does not have and for an unknown type.
        """


class CheckableStore(Store, Protocol):
    """A store that can also tell whether it could save something. The method is optional.

    A service asks it to learn whether it is ready. Without it, only reading is tried.
    """

    def try_write(self) -> None:
        """Write something as a request would, and take it back, so that nothing of it is ever read.

        Raises what the methods of ``SchemaStore`` do.
        """


class AsyncStore(Protocol):
    """The methods that an asynchronous registry needs: those of the blocking stores, as coroutine functions.

    Those of ``BatchStore`` and ``CheckableStore`` are optional here too.
    """

    async def load(self, name: str) -> EventSchema | None:
        """See :meth:`SchemaStore.load`."""

    async def find(self, identifiers: Mapping[str, str]) -> Sequence[Contact]:
        """See :meth:`ContactStore.find`."""

    async def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        """See :meth:`EventSink.commit`."""

    async def seen(self, event_id: str) -> bool:
        """See :meth:`EventSink.seen`."""
