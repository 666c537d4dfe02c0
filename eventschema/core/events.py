"""Validates an event against the types of a schema, property by property: the definition of a merge.

``accept`` takes the values that are certainly valid, and :func:`validate_remaining` validates the others. Given the
whole event, it would return the same.
"""

import sys
from collections.abc import Callable, Container, Mapping
from itertools import islice
from typing import Any, Final, NamedTuple

from eventschema.core.accept import PartialMerge, apply_adjustments
from eventschema.core.hints import hinted_type
from eventschema.core.names import read_name
from eventschema.core.pointers import json_type_name, pointer_to
from eventschema.core.rules import Rules
from eventschema.core.schemaerrors import FrozenSchema
from eventschema.core.types import PropertyType
from eventschema.core.values import Adjustment, Conflict, TypedValue, conform, detect, ignored_as
from eventschema.core.violations import (
    InvalidName,
    MalformedRequest,
    TooManyProperties,
    TooManySchemaProperties,
    UnknownProperty,
    Violation,
    type_conflict,
)

#: The JSON Pointer of an event's properties in a request.
PROPERTIES_POINTER: Final = "/properties"

_NO_NAMES: Final[frozenset[str]] = frozenset()

Event = dict[Any, Any]
Types = Mapping[str, PropertyType]
Versions = Mapping[str, int]


def read_event(properties: Any, rules: Rules) -> Event | Violation:
    """Copy ``properties`` into a dict that no other code can change.

    Returns ``malformed_request`` if they are not a mapping or cannot be read, and ``too_many_properties``, without
    reading them, if there are more than ``rules.max_properties``.
    """
    limit = rules.max_properties
    try:
        if type(properties) is dict:
            size = len(properties)
            if size <= limit:
                event = dict(properties)
                size = len(event)  # another thread may have added entries meanwhile
            return event if size <= limit else TooManyProperties(PROPERTIES_POINTER, limit, size)
        if not issubclass(type(properties), Mapping):
            return MalformedRequest(PROPERTIES_POINTER, "object", json_type_name(properties))
        names = list(islice(properties, min(limit + 1, sys.maxsize)))
        if len(names) > limit:
            return TooManyProperties(PROPERTIES_POINTER, limit, max(len(properties), len(names)))
        return {name: properties[name] for name in names}
    except (MemoryError, RecursionError):  # these say nothing about the event
        raise
    except Exception:  # the methods of mappings and of unusual keys are foreign code and may raise anything
        return MalformedRequest(PROPERTIES_POINTER, "object", "an object that cannot be read")


def only_type_conflicts(
    types: Types, versions: Callable[[], Versions], remaining: list[tuple[Any, Any]], rules: Rules
) -> tuple[Violation, ...] | None:
    """The errors of :func:`validate_remaining` if each is certainly a ``type_conflict``; else ``None``.

    This plain version always returns ``None``, since it would be no faster than the definition.
    """
    return None


def validate_remaining(
    types: Types, versions: Callable[[], Versions], partial: PartialMerge, rules: Rules, frozen: int | None = None
) -> tuple[Violation, ...]:
    """Validate the remaining properties of an event. Returns their errors, in the event's order.

    The whole event remains if ``event`` is still empty. ``types`` are the types of the schema, ``versions`` returns the
    version that each is from, and ``frozen`` is the version that froze the schema (``None``: it is not frozen). If
    there are no errors, ``partial`` is completed in place, all in the event's order.
    """
    event, added, adjustments, remaining = partial
    whole = not event
    errors: list[Violation] = []
    for key, value in remaining:
        name = _read_name(key, event if whole else _NO_NAMES, types, rules)
        if isinstance(name, Violation):
            errors.append(name)
            continue
        if whole:
            event[name] = None
        read = _read_value(name, value, types, versions, rules, frozen)
        if isinstance(read, Violation):
            errors.append(read)
        elif isinstance(read, Adjustment):
            adjustments.append(read)
        else:
            event[name] = read.value
            if read.kind is not None:
                adjustments.append(Adjustment(name, read.kind, read.before, read.value))
            if name not in types:
                added[name] = read.type
    if not errors:
        _in_order_of(event, added, adjustments)
        apply_adjustments(event, adjustments)
    return tuple(errors)


class ValidPart(NamedTuple):
    """The valid properties of an event, and the violations of the ``dropped`` ones. All are in the event's order."""

    properties: Event
    added: dict[str, PropertyType]
    adjustments: list[Adjustment]
    dropped: tuple[Violation, ...]


def keep_valid(
    types: Types, versions: Callable[[], Versions], event: Event, rules: Rules, frozen: int | None = None
) -> ValidPart:
    """Validate ``event`` under ``Rules(invalid="drop")``: keep its valid properties.

    New properties are kept, in the event's order, until the schema has ``rules.max_schema_properties``.
    """
    properties: Event = {}
    added: dict[str, PropertyType] = {}
    adjustments: list[Adjustment] = []
    dropped: list[Violation] = []
    names: set[str] = set()
    for key, value in event.items():
        name = _read_name(key, names, types, rules)
        if isinstance(name, Violation):
            dropped.append(name)
            continue
        names.add(name)
        read = _read_value(name, value, types, versions, rules, frozen)
        if isinstance(read, TypedValue) and name not in types:
            read = _within_bound(read, name, len(types) + len(added) + 1, rules)
        if isinstance(read, Violation):
            dropped.append(read)
        elif isinstance(read, Adjustment):
            adjustments.append(read)
        else:
            properties[name] = read.value
            if read.kind is not None:
                adjustments.append(Adjustment(name, read.kind, read.before, read.value))
            if name not in types:
                added[name] = read.type
    return ValidPart(properties, added, adjustments, tuple(dropped))


def _within_bound(typed: TypedValue, name: str, size: int, rules: Rules) -> TypedValue | Violation:
    """``typed``, the value of a new property that gives the schema ``size`` properties, unless these are too many."""
    bound = rules.max_schema_properties
    if bound is None or size <= bound:
        return typed
    return TooManySchemaProperties(f"{PROPERTIES_POINTER}/{name}", bound, size)


def _read_name(key: Any, names: Container[str], types: Types, rules: Rules) -> str | Violation:
    """The name ``key`` as exactly a ``str``, or its violation. ``names`` are those of the event that came before.

    A name can be repeated as an instance of an unusual class that has the same text.
    """
    # A name of the schema has valid characters.
    is_known = type(key) is str and key in types and len(key) <= rules.max_name_length
    name = key if is_known else read_name(key, PROPERTIES_POINTER, rules)
    if not isinstance(name, Violation) and name in names:
        return InvalidName(pointer_to(PROPERTIES_POINTER, key, rules.max_name_length), "repeated")
    return name


def _read_value(
    name: str, value: Any, types: Types, versions: Callable[[], Versions], rules: Rules, frozen: int | None
) -> TypedValue | Adjustment | Violation:
    """The value of the property ``name`` as it is stored, an adjustment if it is ignored, or its violation."""
    if (ignored := ignored_as(value, rules)) is not None:
        return Adjustment(name, ignored, None if value is None else "", None)
    pointer = f"{PROPERTIES_POINTER}/{name}"  # a valid name needs no escaping or cutting
    expected = types.get(name)
    if expected is None:
        if rules.new_properties == "reject":
            return UnknownProperty(pointer)
        if frozen is not None:
            return FrozenSchema(pointer, frozen)
        expected = hinted_type(name, rules.hints)
        if expected is None:
            return detect(value, rules, pointer)
    typed = conform(value, expected, rules, pointer)
    if isinstance(typed, Conflict):
        since = versions()[name] if name in types else None
        return type_conflict(pointer, expected, typed.actual, since, typed.reason)
    return typed


def _in_order_of(event: Event, added: dict[str, PropertyType], adjustments: list[Adjustment]) -> None:
    position = {name: number for number, name in enumerate(event)}
    adjustments.sort(key=lambda adjustment: position[adjustment.name])
    ordered = sorted(added.items(), key=lambda item: position[item[0]])
    added.clear()
    added.update(ordered)
