"""The definitions of a merge and of an email, as plainly as they can be put: step by step, with no short cut.

``EventSchema.merge`` and the text formats are held to them over generated events and texts, and by the fuzzer.
"""

from typing import Any, NamedTuple

from email_validator import validate_email

from eventschema import (
    Adjustment,
    AdjustmentKind,
    EventSchema,
    PropertyType,
    Rules,
    TooManyProperties,
    TooManySchemaProperties,
    TypeConflict,
    UnknownProperty,
    Violation,
)
from eventschema.core.names import read_name
from eventschema.core.pointers import pointer_to
from eventschema.core.values import Conflict, TypedValue, conform, detect
from tests.support import same

PROPERTIES_POINTER = "/properties"


class Outcome(NamedTuple):
    """What a merge says, in lists, so that order counts, and with the class of each value beside it."""

    added: list[tuple[str, PropertyType]]
    properties: list[Any]
    adjustments: list[Any]
    errors: list[Violation]
    document: dict[str, Any]


def outcome_of_merge(schema: EventSchema, event: Any, rules: Rules) -> Outcome:
    """What ``EventSchema.merge`` says."""
    result = schema.merge(event, rules)
    assert result.ok is (not result.errors)
    assert type(result.errors) is tuple
    assert type(result.adjustments) is tuple
    assert type(result.properties) is dict
    return Outcome(
        list(result.added.items()),
        _exactly(result.properties),
        [_told(adjustment) for adjustment in result.adjustments],
        list(result.errors),
        result.schema.to_dict(),
    )


def outcome_by_definition(schema: EventSchema, event: dict[Any, Any], rules: Rules) -> Outcome:
    """What the definition says of an event whose names are all different texts."""
    if len(event) > rules.max_properties:
        return _refused(schema, [TooManyProperties(PROPERTIES_POINTER, rules.max_properties, len(event))])
    added: dict[str, PropertyType] = {}
    properties: dict[str, Any] = {}
    adjustments: list[Any] = []
    errors: list[Violation] = []
    for key, value in event.items():
        name = read_name(key, PROPERTIES_POINTER, rules)
        if isinstance(name, Violation):
            errors.append(name)
        elif value is None and rules.nulls == "ignore":
            adjustments.append(_told(Adjustment(name, AdjustmentKind.NULL_IGNORED, None, None)))
        else:
            reading = read_property(schema, name, value, rules)
            if isinstance(reading, Violation):
                errors.append(reading)
                continue
            properties[name] = reading.value
            if reading.kind is not None:
                adjustments.append(_told(Adjustment(name, reading.kind, reading.before, reading.value)))
            if name not in schema.properties:
                added[name] = reading.type
    grown = len(schema.properties) + len(added)
    if added and rules.max_schema_properties is not None and grown > rules.max_schema_properties:
        errors.append(TooManySchemaProperties(PROPERTIES_POINTER, rules.max_schema_properties, grown))
    if errors:
        return _refused(schema, errors)
    return Outcome(list(added.items()), _exactly(properties), adjustments, [], _grown(schema, added))


def read_property(schema: EventSchema, name: str, value: object, rules: Rules) -> TypedValue | Violation:
    """What the definition says of one property."""
    pointer = pointer_to(PROPERTIES_POINTER, name, rules.max_name_length)
    if name in schema.properties:
        expected = schema.properties[name]
        answer = conform(value, expected, rules, pointer)
        if isinstance(answer, Conflict):
            return TypeConflict(pointer, expected, answer.actual, schema.since(name), answer.reason)
        return answer
    if rules.new_properties == "reject":
        return UnknownProperty(pointer)
    return detect(value, rules, pointer)


def _refused(schema: EventSchema, errors: list[Violation]) -> Outcome:
    return Outcome([], [], [], errors, schema.to_dict())


def _grown(schema: EventSchema, added: dict[str, PropertyType]) -> dict[str, Any]:
    document = schema.to_dict()
    if added:
        document["version"] += 1
        document["properties"] |= {name: type_.value for name, type_ in added.items()}
        document["since"] |= dict.fromkeys(added, document["version"])
    return document


def _exactly(properties: dict[str, Any]) -> list[Any]:
    return [(type(name), name, same(value)) for name, value in properties.items()]


def _told(adjustment: Adjustment) -> Any:
    before = id(adjustment.before) if adjustment.kind is AdjustmentKind.TO_TEXT else same(adjustment.before)
    return adjustment.name, adjustment.kind, before, same(adjustment.after)


def defined_email(text: str) -> str | None:
    """The definition: ``email-validator`` with every option given, and at most 254 characters."""
    if len(text) > 254:
        return None
    try:
        return validate_email(
            text,
            check_deliverability=False,
            allow_smtputf8=True,
            allow_empty_local=False,
            allow_quoted_local=False,
            allow_domain_literal=False,
            allow_display_name=False,
            strict=True,
            test_environment=False,
            globally_deliverable=True,
        ).normalized
    except ValueError:
        return None
