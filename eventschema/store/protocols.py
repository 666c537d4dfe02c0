"""What a store is: three small protocols, and the values that pass between a store and the registry.

A store decides nothing about events. It answers with what it holds, and saves an accepted request whole, provided that
what the decision rests on still stands; if it does not, the store says so, and the request is decided again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NamedTuple, Protocol

from eventschema.core.changes import SchemaChange
from eventschema.core.frozen import FrozenDict
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.store.arguments import read_who
from eventschema.track.contact import Contact, ContactChange, ContactRequest, decide_contact
from eventschema.track.event import TrackedEvent
from eventschema.track.request import TrackDecision, TrackRequest


class StoreError(Exception):
    """A store that cannot do what it is asked, and could not if it were asked again.

    The database refuses a statement, say: its tables are not those that the store made, or a permission is missing. Its
    text says why, and nothing of people's data: it is for a log, since it may name the database.

    Of one that may do it later there is the subclass :class:`StoreUnavailableError`.
    """


class StoreUnavailableError(StoreError):
    """A store that cannot answer for now: out of reach, locked for too long, or so busy that every race was lost.

    Raised by the methods of stores, and passed on by those of registries. Its text says why, and nothing of people's
    data: it is for a log, since it may name the database.

    Nothing of the request was saved, unless the connection broke in the very moment of saving: a request with an
    ``eventID`` can be sent again without harm.
    """


class NotSaved(Enum):
    """Why nothing of a request was saved: what ``EventSink.commit`` answers, and nothing to raise. Both are false.

    - ``STALE``: what was decided on is no longer what stands in the store. Load and find again, and decide again, as a
      registry does.
    - ``DUPLICATE``: an event of this id is there already. The request was accepted before, and this one repeats it.
    """

    STALE = "stale"
    DUPLICATE = "duplicate"

    def __bool__(self) -> bool:
        return False


class Saved(NamedTuple):
    """What a store made of a request that it saved: the id of its event, and that of its contact."""

    event_id: str
    contact_id: str


@dataclass(frozen=True, slots=True)
class UnitOfWork:
    """An accepted request, with what its decision rests on: all that a store needs to save it whole.

    ``before`` is the contact that was found, ``None`` where one is to be created; ``who`` is written into the history
    of the schema, if it changes. The other fields are those of the request and of its decision.

    Raises ``TypeError`` for a ``who`` that is no text, ``ValueError`` for one with control characters or lone
    surrogates.
    """

    event: TrackedEvent
    schema_change: SchemaChange | None
    contact: Contact
    contact_change: ContactChange | None
    contact_request: ContactRequest
    before: Contact | None
    who: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "who", read_who(self.who))

    @classmethod
    def of(
        cls, request: TrackRequest, decision: TrackDecision, matches: Iterable[Contact], who: str | None = None
    ) -> "UnitOfWork":
        """The work that ``decision`` makes, taken on ``request`` and ``matches``. ``ValueError`` if it refused."""
        if decision.event is None or decision.contact is None:
            raise ValueError("expected the decision on an accepted request, found one on a refused request")
        id_ = decision.contact.id
        before = next((contact for contact in matches if contact.id == id_), None)
        contact, change = decision.contact, decision.contact_change
        return cls(decision.event, decision.schema_change, contact, change, request.contact, before, who)

    def contact_to_save(self, held: Contact | None) -> Contact | None:
        """The contact after the request, where the store now holds ``held``; ``None`` if the work is stale.

        Which contact a request means hangs on identifiers alone: so where they are the same, another writer's changes
        to its properties make nothing stale. What the request sets is then set on top of them.
        """
        if self.before is None:
            return self.contact if held is None else None
        if held is None or held.identifiers != self.before.identifiers:
            return None
        return decide_contact(self.contact_request, held)[0]


@dataclass(frozen=True, slots=True)
class SchemaRecord:
    """One version of a schema in its history: what it ``added``, in the event of which id, by whom, and when (UTC).

    ``event_id`` is ``None`` where no event brought it, but a declaration; ``who`` where nobody was named.
    """

    name: str
    version: int
    added: FrozenDict[str, PropertyType]
    event_id: str | None
    who: str | None
    at: datetime


class SchemaStore(Protocol):
    """Where schemas last. All methods raise ``StoreUnavailableError`` where the store cannot answer for now.

    They raise ``StoreError`` where it never could. A ``who`` with control characters (C0, DEL) or lone surrogates is a
    ``ValueError``. Names may be as long as the rules of a service allow, thousands of characters too.

    Names of events and properties are equal only where every character is: ``order`` and ``Order`` are two events.
    """

    def load(self, name: str) -> EventSchema | None:
        """The schema of the events ``name`` as it stands, ``None`` if there is none.

        There is none of a name that no event can have. So it is with ``history`` and the other stores' methods: what
        cannot be there is not found, and no error.
        """

    def save(self, change: SchemaChange, who: str | None = None) -> bool:
        """Whether ``change`` was saved, in the name of ``who``.

        It was, if the schema still had the version ``change.base_version`` (``None``: there was no schema) and none of
        the properties that the change adds; if not, nothing was. A schema without properties has version 0, and each
        change that adds some makes one version more: so a first change that does so makes versions 0 and 1.
        """

    def declare(self, schema: EventSchema, who: str | None = None) -> bool:
        """Whether ``schema`` was saved as it is, in the name of ``who``: it was, if there was none of its name.

        All its versions are, each with a record of its own.
        """

    def history(self, name: str) -> Sequence[SchemaRecord]:
        """Every version of the schema ``name``, from 0; empty if there is none."""


class ContactStore(Protocol):
    """Where contacts last. All methods raise what those of ``SchemaStore`` do.

    Of each value of an identifier there is one contact at most: no two have the same ``email``, say. Two values are
    the same only where every character is.
    """

    def find(self, identifiers: Mapping[str, str]) -> Sequence[Contact]:
        """The contacts that have any of ``identifiers``, each once, by id; none, if nothing is asked for.

        The identifiers are some of ``id``, ``email`` and ``phoneNumber``, each compared with that of the same name.
        Raises ``ValueError`` for another name.
        """

    def erase(self, contact_id: str, *, keep_properties: bool = False) -> bool:
        """Forget a contact; whether there was one of this id.

        The contact goes, and with it whatever its events say of a person: their identifiers, and the values of their
        properties, since those may name people too (``keep_properties`` keeps them, for events that surely do not).
        That there was an event of this id, name and time stays: so a repetition that comes late is still known as one,
        and does not bring the contact back.
        """


class EventSink(Protocol):
    """Where accepted events go. All methods raise what those of ``SchemaStore`` do."""

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        """Save an accepted request whole, its event with the changes of schema and contact that it brings; or nothing.

        The store does this in one step, which no other thread or process that writes to it comes between:

        1. If there is a ``work.schema_change``, the schema must still have the version ``base_version`` (``None``:
           there must be no schema), and none of the properties ``added``. If not, the answer is ``NotSaved.STALE``.
        2. ``contact = work.contact_to_save(held)`` is what to save, ``held`` being the contact that the store has under
           the id of ``work.before``, or ``None``: where it has none, and where ``work.before`` is ``None``. If
           ``contact`` is ``None``, the answer is ``STALE``.
        3. If another contact has one of ``contact.identifiers``, the answer is ``STALE``.
        4. If ``work.event.id`` is that of an event that was saved before, its contact erased since or not, the answer
           is ``NotSaved.DUPLICATE``. Where it could be ``STALE`` as well, either will do.
        5. A contact without an id is given one: 1 to 255 characters without control characters, that no contact has or
           had. An event without an id is given that of a new UUID, as text in lower case.
        6. Saved are the changed schema, with a :class:`SchemaRecord` for each version that it has more, of the event's
           id and ``work.who``; the contact, in place of ``held``, whose identifiers are free if it has them no more;
           and ``work.event`` with its id and with the contact's identifiers, the id among them, as its own.

        Where ``work.contact_change`` is ``None``, nothing of the contact is to be saved: for steps 2 and 3 a store may
        then ask only whether it still has ``work.contact``. And ``STALE`` may be the answer to a transaction that was
        lost to another's for no fault of its own. Whoever asked decides again, 100 times at most.

        Returns both ids where all was saved. Whatever else is answered or raised, nothing was:
        ``StoreUnavailableError`` knows the one exception.
        """

    def seen(self, event_id: str) -> bool:
        """Whether an event of this id was saved, its contact erased since or not."""


class Store(SchemaStore, ContactStore, EventSink, Protocol):
    """All three in one, as one transaction needs them. Safe from several threads.

    ``eventschema.testing.check_store`` holds a store of your own to what is promised here.
    """


class AsyncStore(Protocol):
    """What an asynchronous registry asks of a store: the same questions, by coroutine functions (``async def``)."""

    async def load(self, name: str) -> EventSchema | None:
        """As :meth:`SchemaStore.load`."""

    async def find(self, identifiers: Mapping[str, str]) -> Sequence[Contact]:
        """As :meth:`ContactStore.find`."""

    async def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        """As :meth:`EventSink.commit`."""

    async def seen(self, event_id: str) -> bool:
        """As :meth:`EventSink.seen`."""
