"""Validates an event against the types of a schema, property by property: the definition of a merge.

``accept`` has taken what is certainly fine before :func:`validate_remaining` is called, which would give the same
answer for the whole event.
"""

import sys
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, Final

from eventschema.core.accept import PartialMerge, apply_adjustments
from eventschema.core.names import read_name
from eventschema.core.pointers import json_type_name, pointer_to
from eventschema.core.rules import Rules
from eventschema.core.types import PropertyType
from eventschema.core.values import Adjustment, AdjustmentKind, Conflict, TypedValue, conform, detect
from eventschema.core.violations import (
    InvalidName,
    MalformedRequest,
    TooManyProperties,
    UnknownProperty,
    Violation,
    type_conflict,
)

#: The JSON Pointer of an event's properties in a request.
PROPERTIES_POINTER: Final = "/properties"

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

    Always ``None`` here, since it would take as long as the definition. The compiled version makes the conflicts.
    """
    return None


def validate_remaining(
    types: Types, versions: Callable[[], Versions], partial: PartialMerge, rules: Rules
) -> tuple[Violation, ...]:
    """Validate the remaining properties of an event. Returns their errors, in the event's order.

    The whole event remains if ``event`` is still empty. ``types`` are the types of the schema, ``versions`` returns the
    version that each is from. If there are no errors, ``partial`` is completed in place, all in the event's order.
    """
    event, added, adjustments, remaining = partial
    whole = not event
    errors: list[Violation] = []
    since: Versions = {}  # filled by the first conflict
    for key, value in remaining:
        name = key
        # A name of the schema has valid characters.
        expected = types.get(key) if type(key) is str and len(key) <= rules.max_name_length else None
        if expected is None:
            name = read_name(key, PROPERTIES_POINTER, rules)
            if isinstance(name, Violation):
                errors.append(name)
                continue
            expected = types.get(name)
        if whole:
            if name in event:  # the same text twice, once as an instance of an unusual class
                errors.append(InvalidName(pointer_to(PROPERTIES_POINTER, key, rules.max_name_length), "repeated"))
                continue
            event[name] = None
        if value is None and rules.nulls == "ignore":
            adjustments.append(Adjustment(name, AdjustmentKind.NULL_IGNORED, None, None))
            continue
        typed: TypedValue | Violation | Conflict
        if expected is None:
            typed = _read_new(name, value, rules)
        else:
            pointer = f"{PROPERTIES_POINTER}/{name}"  # a name of the schema needs no escaping or cutting
            typed = conform(value, expected, rules, pointer)
            if isinstance(typed, Conflict):
                since = since or versions()
                errors.append(type_conflict(pointer, expected, typed.actual, since[name], typed.reason))
                continue
        if isinstance(typed, Violation):
            errors.append(typed)
            continue
        event[name] = typed.value
        if typed.kind is not None:
            adjustments.append(Adjustment(name, typed.kind, typed.before, typed.value))
        if expected is None:
            added[name] = typed.type
    if not errors:
        _in_order_of(event, added, adjustments)
        apply_adjustments(event, adjustments)
    return tuple(errors)


def _read_new(name: str, value: object, rules: Rules) -> TypedValue | Violation:
    pointer = pointer_to(PROPERTIES_POINTER, name, rules.max_name_length)
    return UnknownProperty(pointer) if rules.new_properties == "reject" else detect(value, rules, pointer)


def _in_order_of(event: Event, added: dict[str, PropertyType], adjustments: list[Adjustment]) -> None:
    position = {name: number for number, name in enumerate(event)}
    adjustments.sort(key=lambda adjustment: position[adjustment.name])
    ordered = sorted(added.items(), key=lambda item: position[item[0]])
    added.clear()
    added.update(ordered)
