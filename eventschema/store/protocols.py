"""What a store is: three small protocols, and the values that pass between a store and the registry.

A store decides nothing about events. It answers with what it holds, and saves an accepted request whole, provided that
what the decision rests on still stands; if it does not, the store says so, and the request is decided again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NamedTuple, Protocol

from eventschema.core.frozen import FrozenDict
from eventschema.core.schema import EventSchema, SchemaChange
from eventschema.core.types import PropertyType
from eventschema.track.contact import Contact, ContactChange, ContactRequest, settle_contact
from eventschema.track.event import TrackedEvent
from eventschema.track.request import TrackDecision, TrackRequest


class StoreUnavailableError(Exception):
    """A store that cannot answer for now: out of reach, locked for too long, or so busy that every race was lost.

    Nothing of the request was saved, unless the connection broke in the very moment of saving: a request with an
    ``eventID`` can be sent again without harm.
    """


class NotSaved(Enum):
    """Why nothing of a request was saved."""

    #: What was decided on is no longer what stands in the store: load, and decide again.
    STALE = "stale"
    #: An event of this id is there already: the request was accepted before, and this one is a repetition.
    DUPLICATE = "duplicate"


class Saved(NamedTuple):
    """What a store made of a request: the id of its event, and that of its contact."""

    event_id: str
    contact_id: str


@dataclass(frozen=True, slots=True)
class Work:
    """An accepted request, with what its decision rests on: all that a store needs to save it whole.

    ``before`` is the contact that was found, ``None`` where one is to be created; ``who`` is written into the history
    of the schema, if it changes. The other fields are those of the request and of its decision.
    """

    event: TrackedEvent
    schema_change: SchemaChange | None
    contact: Contact
    contact_change: ContactChange | None
    contact_request: ContactRequest
    before: Contact | None
    who: str | None = None

    @classmethod
    def of(
        cls, request: TrackRequest, decision: TrackDecision, matches: Iterable[Contact], who: str | None = None
    ) -> "Work":
        """The work that ``decision`` makes, taken on ``request`` and ``matches``. ``ValueError`` if it refused."""
        if decision.event is None or decision.contact is None:
            raise ValueError("expected the decision on an accepted request, found one on a refused request")
        id_ = decision.contact.id
        before = next((contact for contact in matches if contact.id == id_), None)
        contact, change = decision.contact, decision.contact_change
        return cls(decision.event, decision.schema_change, contact, change, request.contact, before, who)

    def settle(self, held: Contact | None) -> Contact | None:
        """The contact after the request, where the store now holds ``held``; ``None`` if the work is stale.

        Which contact a request means hangs on identifiers alone: so where they are the same, another writer's changes
        to its properties make nothing stale. What the request sets is then set on top of them.
        """
        if self.before is None:
            return self.contact if held is None else None
        if held is None or held.identifiers != self.before.identifiers:
            return None
        return settle_contact(self.contact_request, held)[0]


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
    """Where schemas last. All methods raise ``StoreUnavailableError`` where the store cannot answer."""

    def load(self, name: str) -> EventSchema | None:
        """The schema of the events ``name`` as it stands, ``None`` if there is none."""

    def save(self, change: SchemaChange, who: str | None = None) -> bool:
        """Whether ``change`` was saved: it was, if the schema still had the version ``change.base_version``."""

    def declare(self, schema: EventSchema, who: str | None = None) -> bool:
        """Whether ``schema`` was saved as it is: it was, if there was none of its name."""

    def history(self, name: str) -> Sequence[SchemaRecord]:
        """Every version of the schema ``name``, from 0; empty if there is none."""


class ContactStore(Protocol):
    """Where contacts last. All methods raise ``StoreUnavailableError`` where the store cannot answer."""

    def find(self, identifiers: Mapping[str, str]) -> Sequence[Contact]:
        """The contacts that have any of ``identifiers`` (``id``, ``email``, ``phoneNumber``), each once, by id."""

    def erase(self, contact_id: str, *, keep_properties: bool = False) -> bool:
        """Forget a contact; whether there was one.

        The contact goes, and with it whatever its events say of a person: their identifiers, and the values of their
        properties, since those may name people too (``keep_properties`` keeps them, for events that surely do not).
        That there was an event of this id, name and time stays: so a repetition that comes late is still known as one,
        and does not bring the contact back.
        """


class EventSink(Protocol):
    """Where accepted events go. All methods raise ``StoreUnavailableError`` where the store cannot answer."""

    def commit(self, work: Work) -> Saved | NotSaved:
        """Save the event, the schema's change and the contact's change: all of them, or none."""

    def seen(self, event_id: str) -> bool:
        """Whether an event of this id was saved."""


class Store(SchemaStore, ContactStore, EventSink, Protocol):
    """All three in one, as one transaction needs them."""


class AsyncStore(Protocol):
    """What an asynchronous registry asks of a store: the same questions, awaited."""

    async def load(self, name: str) -> EventSchema | None:
        """As :meth:`SchemaStore.load`."""

    async def find(self, identifiers: Mapping[str, str]) -> Sequence[Contact]:
        """As :meth:`ContactStore.find`."""

    async def commit(self, work: Work) -> Saved | NotSaved:
        """As :meth:`EventSink.commit`."""

    async def seen(self, event_id: str) -> bool:
        """As :meth:`EventSink.seen`."""
