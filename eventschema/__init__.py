"""Schemas that tracked events make for themselves.

The first event of a name makes its schema, later ones extend it, and a value that does not fit its property's type is
refused with an error. The engine is pure: data goes in, values come out; what is to be stored is yours to store.

    >>> from eventschema import EventSchema
    >>> first = EventSchema("order").merge({"total": 12.5, "placed": "2026-11-23"})
    >>> dict(first.added)
    {'total': <PropertyType.FLOAT: 'float'>, 'placed': <PropertyType.DATE: 'date'>}
    >>> first.schema.merge({"total": "twelve"}).errors[0].message
    'Expected float (set by version 1 of the schema), found string, at /properties/total.'
"""

from typing import TYPE_CHECKING, Any

from eventschema.core.acceleration import accelerated
from eventschema.core.changes import SchemaChange
from eventschema.core.frozen import FrozenDict
from eventschema.core.results import MergeResult
from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.core.values import Adjustment, AdjustmentKind, classify
from eventschema.core.violations import (
    ArrayTooLong,
    EventRejected,
    IntOutOfRange,
    InvalidName,
    InvalidText,
    MalformedRequest,
    NameTooLong,
    NonFiniteFloat,
    StringTooLong,
    TooManyProperties,
    TooManySchemaProperties,
    TypeConflict,
    UnknownEvent,
    UnknownProperty,
    UnsupportedType,
    Violation,
    problem_details,
)
from eventschema.version import __version__

if TYPE_CHECKING:
    from eventschema.core.schemafile import dumps_schemas, loads_schemas
    from eventschema.track import (
        Contact,
        ContactChange,
        ContactConflict,
        ContactNotFound,
        ContactRequest,
        InvalidContactId,
        InvalidEmail,
        InvalidEventId,
        InvalidEventName,
        InvalidEventTime,
        InvalidEventVersion,
        InvalidOrigin,
        InvalidPhoneNumber,
        MissingContactIdentifier,
        MissingField,
        TrackDecision,
        TrackedEvent,
        TrackRequest,
        UnknownField,
    )

__all__ = [
    "Adjustment",
    "AdjustmentKind",
    "ArrayTooLong",
    "Contact",
    "ContactChange",
    "ContactConflict",
    "ContactNotFound",
    "ContactRequest",
    "EventRejected",
    "EventSchema",
    "FrozenDict",
    "IntOutOfRange",
    "InvalidContactId",
    "InvalidEmail",
    "InvalidEventId",
    "InvalidEventName",
    "InvalidEventTime",
    "InvalidEventVersion",
    "InvalidName",
    "InvalidOrigin",
    "InvalidPhoneNumber",
    "InvalidText",
    "MalformedRequest",
    "MergeResult",
    "MissingContactIdentifier",
    "MissingField",
    "NameTooLong",
    "NonFiniteFloat",
    "PropertyType",
    "Rules",
    "SchemaChange",
    "StringTooLong",
    "TooManyProperties",
    "TooManySchemaProperties",
    "TrackDecision",
    "TrackRequest",
    "TrackedEvent",
    "TypeConflict",
    "UnknownEvent",
    "UnknownField",
    "UnknownProperty",
    "UnsupportedType",
    "Violation",
    "__version__",
    "accelerated",
    "classify",
    "dumps_schemas",
    "loads_schemas",
    "problem_details",
]


def __getattr__(name: str) -> Any:
    """What a stream of events against schemas in memory has no need of, imported when it is first asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in ("dumps_schemas", "loads_schemas"):
        from eventschema.core import schemafile

        return getattr(schemafile, name)
    from eventschema import track

    return getattr(track, name)


def __dir__() -> list[str]:
    return __all__
