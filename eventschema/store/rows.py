"""The rows that ``SQLStore`` writes, as tuples in the order of the columns of ``tables``. ``queries`` reads them."""

from datetime import datetime
from typing import Final

import msgspec

from eventschema.core.frozen import FrozenDict
from eventschema.store.lastseen import Days
from eventschema.store.tables import key_of
from eventschema.store.versions import Version
from eventschema.track.contact import Contact
from eventschema.track.event import TrackedEvent

#: A row to write.
Values = tuple[str | int | None, ...]

_encode: Final = msgspec.json.Encoder().encode
_NO_ADJUSTMENTS: Final = "[]"


def change_row(name: str, version: Version, event_id: str | None, who: str | None, at: datetime) -> Values:
    """The row of a version of a schema."""
    key, number = key_of(name), version.number
    base_version = number - 1 if number else None
    retyped = _json(version.retyped.copy()) if version.retyped else None
    long_name = None if key == name else name
    frozen = None if version.frozen is None else int(version.frozen)
    return key, number, base_version, event_id, who, at.isoformat(), long_name, retyped, frozen


def property_rows(name: str, version: Version) -> list[Values]:
    """The rows of the properties that a version of a schema adds."""
    schema_key, rows = key_of(name), list[Values]()
    for position, (property_, type_) in enumerate(version.added.items()):
        key = key_of(property_)
        rows.append((schema_key, key, type_.value, version.number, position, None if key == property_ else property_))
    return rows


def contact_row(contact: Contact) -> Values:
    """The row of a contact."""
    return contact.id, contact.email, contact.phone_number, _json(dict(contact.properties))


def day_rows(days: Days) -> list[Values]:
    """The rows of the days of events and properties, ordered by their key.

    All transactions lock the rows in this order, so none of them waits for another one that waits for it.
    """
    return sorted((key_of(event), key_of(name), day.isoformat()) for (event, name), day in days.items())


def event_row(
    event: TrackedEvent, id_: str, identifiers: FrozenDict[str, str], received_at: datetime, version: int | None
) -> Values:
    """The row of an event with the id ``id_``, whose contact has ``identifiers``, under a ``version`` of its schema.

    The key of the schema follows the row.
    """
    adjustments = event.adjustments
    return (
        id_,
        event.name,
        identifiers["id"],
        _json(identifiers.copy()),
        _json(event.properties.copy()),
        _json([adjustment.to_dict() for adjustment in adjustments]) if adjustments else _NO_ADJUSTMENTS,
        event.time,
        received_at.isoformat(),
        event.origin,
        event.event_version,
        version,
        key_of(event.name),
    )


def _json(document: object) -> str:
    return _encode(document).decode()
