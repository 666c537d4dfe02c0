"""What ``SQLStore`` reads: its ``SELECT`` statements, and the values that the rows stand for.

Long answers are read in pages, each by a statement of its own that looks at a bounded number of rows. So no connection
is held while the caller works on a page, and no statement comes near the time limit of a call.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

import msgspec
from sqlalchemy import Row, Select, Text, and_, bindparam, func, literal_column, select, tuple_

from eventschema.core.changes import SchemaChange
from eventschema.core.documents import FORMAT, FROZEN_FORMAT, RETYPED_FORMAT
from eventschema.core.frozen import EMPTY, FrozenDict
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.store.lastseen import EVENT, LastSeen
from eventschema.store.protocols import SchemaRecord
from eventschema.store.tables import changes, events, last_seen, properties, versions
from eventschema.store.versions import schema_after
from eventschema.track.contact import Contact, new_contact
from eventschema.track.event import TrackedEvent

#: Reads the rows of a statement.
Read = Callable[[Select[Any]], list[Row[Any]]]

_decode: Final = msgspec.json.Decoder().decode

_PAGE: Final = 1000  # events, or names of schemas, at a time

_changes_and_properties: Final = select(
    changes, properties.c.property, properties.c.long_property, properties.c.type
).outerjoin(properties, (changes.c.name == properties.c.name) & (changes.c.version == properties.c.version))

#: The rows of the schema with the key ``key``, in order: one for each property of a version, one for a version without.
SELECT_SCHEMA: Final = _changes_and_properties.where(changes.c.name == bindparam("key")).order_by(
    changes.c.version, properties.c.position
)

_MAX_STEPS: Final = 20  # versions; to load a schema takes about as long as to apply so many changes to it
_is_newer: Final = and_(
    changes.c.name == properties.c.name,
    changes.c.version == properties.c.version,
    properties.c.version > bindparam("known"),
)
#: The rows of the schema with the key ``key`` from the version ``known`` on. The first row is that version itself,
#: without its properties: so it is still there.
SELECT_NEWER: Final = (
    select(
        changes.c.version,
        changes.c.retyped,
        changes.c.frozen,
        properties.c.property,
        properties.c.long_property,
        properties.c.type,
    )
    .outerjoin(properties, _is_newer)
    .where(changes.c.name == bindparam("key"), changes.c.version >= bindparam("known"))
    .order_by(changes.c.version, properties.c.position)
)

#: How many schemas there are. The 0 is part of the statement, as it is part of the index that answers it.
COUNT_SCHEMAS: Final = select(func.count()).where(changes.c.version == literal_column("0"))

_of_event: Final = last_seen.alias()
#: The days of the schema with the key ``key``: a row for each property, in order, one for a schema without.
SELECT_LAST_SEEN: Final = (
    select(
        select(versions.c.days_since).scalar_subquery().label("days_since"),
        _of_event.c.day.label("event_day"),
        properties.c.property,
        properties.c.long_property,
        last_seen.c.day,
    )
    .select_from(changes)
    .outerjoin(_of_event, and_(_of_event.c.name == changes.c.name, _of_event.c.property == EVENT))
    .outerjoin(properties, properties.c.name == changes.c.name)
    .outerjoin(last_seen, and_(last_seen.c.name == changes.c.name, last_seen.c.property == properties.c.property))
    .where(changes.c.name == bindparam("key"), changes.c.version == literal_column("0"))
    .order_by(properties.c.version, properties.c.position)
)

_name: Final = func.coalesce(changes.c.long_name, changes.c.name)
_keys: Final = (
    select(changes.c.name)
    .where(changes.c.version == literal_column("0"), _name > bindparam("after"))
    .order_by(_name)
    .limit(bindparam("page"))
)
_SELECT_SCHEMAS_OF: Final = _changes_and_properties.where(
    changes.c.name.in_(bindparam("keys", expanding=True))
).order_by(changes.c.name, changes.c.version, properties.c.position)
_SELECT_SCHEMAS: Final = _changes_and_properties.where(changes.c.name.in_(_keys)).order_by(
    _name, changes.c.version, properties.c.position
)

_MAX_IDS: Final = 500  # in one statement; SQLite takes 999 parameters in its older versions
_SELECT_EVENTS_OF: Final = select(events).where(events.c.id.in_(bindparam("ids", expanding=True)))
_SELECT_BY_ID: Final = select(events).where(events.c.id > bindparam("last")).order_by(events.c.id).limit(_PAGE)
_receipt: Final = tuple_(events.c.received_at, events.c.id)
_is_later: Final = _receipt > tuple_(bindparam("at", type_=Text), bindparam("last", type_=Text))
_is_in_page: Final = _receipt <= tuple_(bindparam("end_at", type_=Text), bindparam("end", type_=Text))
_SELECT_RECEIVED: Final = select(events).where(_is_later).order_by(events.c.received_at, events.c.id)
_SELECT_END: Final = (
    select(events.c.received_at, events.c.id)
    .where(_is_later)
    .order_by(events.c.received_at, events.c.id)
    .offset(_PAGE - 1)
    .limit(1)
)


def read_schemas(read: Read, after: str, limit: int | None) -> Iterator[EventSchema]:
    """The first ``limit`` schemas with names after ``after``, by name; all of them if ``limit`` is ``None``."""
    left = limit
    while left is None or left > 0:
        page = _PAGE if left is None else min(left, _PAGE)
        rows = read(_SELECT_SCHEMAS.params(after=after, page=page))
        schemas = [schema_of(list(group)) for _, group in groupby(rows, attrgetter("name"))]
        yield from schemas
        if len(schemas) < page:
            return
        after = schemas[-1].name
        left = None if left is None else left - page


def read_schemas_of(read: Read, keys: Sequence[str]) -> Iterator[EventSchema]:
    """The schemas that have one of ``keys``, in any order."""
    for start in range(0, len(keys), _MAX_IDS):
        rows = read(_SELECT_SCHEMAS_OF.params(keys=keys[start : start + _MAX_IDS]))
        for _, group in groupby(rows, attrgetter("name")):
            yield schema_of(list(group))


def read_events_of(read: Read, ids: Sequence[str]) -> Iterator[TrackedEvent]:
    """The events that have one of ``ids``, in any order."""
    for start in range(0, len(ids), _MAX_IDS):
        yield from map(event_of, read(_SELECT_EVENTS_OF.params(ids=ids[start : start + _MAX_IDS])))


def read_by_id(read: Read) -> Iterator[TrackedEvent]:
    """All events, by id."""
    page = read(_SELECT_BY_ID.params(last=""))
    while page:
        yield from map(event_of, page)
        page = read(_SELECT_BY_ID.params(last=page[-1].id))


def read_received(read: Read, name: str | None, since: str) -> Iterator[TrackedEvent]:
    """The events that were received at ``since`` or later, in that order; of all names if ``name`` is ``None``.

    Where the events of a name are few, a page has none of them. So its end is looked up first, in the index alone.
    """
    select_page = _SELECT_RECEIVED if name is None else _SELECT_RECEIVED.where(events.c.name == name)
    start = {"at": since, "last": ""}
    while True:
        ends = read(_SELECT_END.params(start))
        if not ends:
            yield from map(event_of, read(select_page.params(start)))
            return
        end = {"end_at": ends[0].received_at, "end": ends[0].id}
        yield from map(event_of, read(select_page.where(_is_in_page).params(start | end)))
        start = {"at": end["end_at"], "last": end["end"]}


def schema_of(rows: list[Row[Any]]) -> EventSchema:
    """The schema of its ``rows``, at least one, as :data:`SELECT_SCHEMA` returns them."""
    added = [row for row in rows if row.property is not None]
    document = {
        "format": FORMAT,
        "name": rows[0].long_name or rows[0].name,
        "version": rows[-1].version,
        "properties": {_property(row): row.type for row in added},
        "since": {_property(row): row.version for row in added if row.version},
    }
    if any(row.retyped is not None for row in rows):
        _apply_retypes(document, rows)
    for row in rows:
        if row.frozen is not None:
            document |= {"format": FROZEN_FORMAT, "frozen": bool(row.frozen), "frozenSince": row.version}
    if not document.get("frozen"):
        document.pop("frozenSince", None)
    return EventSchema.from_dict(document)


def _apply_retypes(document: dict[str, Any], rows: Iterable[Row[Any]]) -> None:
    """Bring the document of a schema, with the properties as they were added, to their present types."""
    types, since = document["properties"], document["since"]
    document["format"], document["added"] = RETYPED_FORMAT, {}
    for row in rows:
        for name, (_, after) in _retyped(row).items():
            document["added"].setdefault(name, since.get(name, 0))
            types[name], since[name] = after.value, row.version


def newer_schema(known: EventSchema, rows: list[Row[Any]]) -> EventSchema | None:
    """The schema ``known`` with the changes since, from its ``rows`` of :data:`SELECT_NEWER`.

    Returns ``None`` if it is to be loaded whole: its version is no longer there or another one, or there are too many
    changes.
    """
    if not rows or not known.version == rows[0].version >= rows[-1].version - _MAX_STEPS:
        return None
    schema: EventSchema | None = known
    for version, group in groupby(rows[1:], attrgetter("version")):
        step = list(group)
        retyped = {name: (before, after) for name, (before, after) in _retyped(step[0]).items() if before is not None}
        change = SchemaChange(known.name, version - 1, _added(step), FrozenDict.wrap(retyped), _frozen(step[0]))
        schema = schema_after(schema, change)
        if schema is None:
            break
    return schema


def last_seen_of(rows: Sequence[Row[Any]]) -> LastSeen | None:
    """The days of a schema from its ``rows`` of :data:`SELECT_LAST_SEEN`; ``None`` if there is no such schema."""
    if not rows:
        return None
    days = {_property(row): _day(row.day) for row in rows if row.property is not None}
    return LastSeen(_day(rows[0].event_day), FrozenDict.wrap(days), _day(rows[0].days_since))


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def records_of(rows: Iterable[Row[Any]]) -> tuple[SchemaRecord, ...]:
    """The history of a schema from its ``rows``, as :data:`SELECT_SCHEMA` returns them."""
    return tuple(_record(list(group)) for _, group in groupby(rows, attrgetter("version")))


def contact_of(row: Sequence[Any]) -> Contact:
    """The contact of a row of all columns."""
    id_, email, phone_number, document = row
    if document == "{}":
        return new_contact(id_, email, phone_number, EMPTY)  # nothing is left to check: the columns are texts
    return Contact(id_, email, phone_number, _decode(document))


def matches_of(identifiers: Mapping[str, str], owners: Mapping[tuple[str, str], Contact]) -> tuple[Contact, ...]:
    """The contacts that have any of ``identifiers``, each once and ordered by id, where ``owners`` has all of them."""
    matches = [owners[item] for item in identifiers.items() if item in owners]
    if len(matches) > 1:
        matches = sorted({contact.id: contact for contact in matches}.values(), key=lambda contact: str(contact.id))
    return tuple(matches)


def event_of(row: Row[Any]) -> TrackedEvent:
    """The event of a row of all columns."""
    return TrackedEvent.from_dict(
        {
            "format": FORMAT,
            "eventName": row.name,
            "contact": _decode(row.identifiers),
            "properties": _decode(row.properties),
            "eventTime": row.time,
            "eventID": row.id,
            "adjustments": _decode(row.adjustments),
            "origin": row.origin,
            "eventVersion": row.event_version,
            "receivedAt": row.received_at,
            "schemaVersion": row.schema_version,
        }
    )


def _record(rows: list[Row[Any]]) -> SchemaRecord:
    first = rows[0]
    name, at, retyped = first.long_name or first.name, datetime.fromisoformat(first.at), _retyped(first)
    pairs = FrozenDict.wrap(retyped) if retyped else EMPTY
    return SchemaRecord(
        name, first.version, _added(rows), first.event_id, first.who, at, retyped=pairs, frozen=_frozen(first)
    )


def _added(rows: Iterable[Row[Any]]) -> FrozenDict[str, PropertyType]:
    """The properties that a version added, from all of its rows."""
    return FrozenDict.wrap({_property(row): PropertyType(row.type) for row in rows if row.property is not None})


def _retyped(row: Row[Any]) -> dict[str, tuple[PropertyType | None, PropertyType]]:
    """The old and the new types of the properties that a version retyped, from any of its rows."""
    if row.retyped is None:
        return {}
    pairs = _decode(row.retyped).items()
    return {name: (before and PropertyType(before), PropertyType(after)) for name, (before, after) in pairs}


def _frozen(row: Row[Any]) -> bool | None:
    """Whether a version froze the schema, or ended that, from any of its rows."""
    return None if row.frozen is None else bool(row.frozen)


def _property(row: Row[Any]) -> str:
    name: str = row.long_property or row.property
    return name
