"""Tracking plans: Segment's rules, and the files of a RudderStack project.

Segment's rules are those of its Public API (``updateRulesInTrackingPlan``), each with a JSON Schema of draft 7. The
RudderStack documents are the ``rudder/v1`` files that its command line tool applies: properties, events, and the plan.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final, Literal, get_args

from eventschema.core.arguments import require_rules
from eventschema.core.documents import MAX_SHOWN
from eventschema.core.pointers import truncate
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.export.descriptions import describe_event, describe_property
from eventschema.export.jsonschema import (
    TYPES,
    Document,
    json_schema_remarks,
    properties_schema,
    property_schema,
    unique_keys,
)
from eventschema.export.remarks import Remark, Schemas, schemas_of

Vendor = Literal["segment", "rudderstack"]

_DRAFT_7: Final = "http://json-schema.org/draft-07/schema#"
_PLAN: Final = "eventschema"
#: The longest names that RudderStack takes, in characters.
_MAX_EVENT_NAME: Final = 64
_MAX_PROPERTY_NAME: Final = 65
_RUDDERSTACK_LOST: Final = (
    "The limit on the number of properties and on the length of new names gets lost.",
    "Any text is accepted in a property that has texts of several types in several events.",
)

#: The keywords of JSON Schema that RudderStack has too, with its names for them.
_RUDDERSTACK_KEYWORDS: Final[Mapping[str, str]] = MappingProxyType(
    {"maxLength": "max_length", "pattern": "pattern", "minimum": "minimum", "maximum": "maximum"}
)


def to_tracking_plan(
    schemas: Schemas, vendor: Vendor, closed: bool = False, *, rules: Rules = DEFAULT_RULES
) -> Document:
    """The tracking plan of one or more events for ``vendor``, ``"segment"`` or ``"rudderstack"``.

    If ``closed``, an event may have no further properties. Returns a JSON-ready document: for Segment
    ``{"rules": [...]}``, for RudderStack the documents of three files, ``properties``, ``events`` and
    ``tracking-plan``. Raises ``ValueError`` for another vendor, if two schemas have the same name, and for names that
    are too long for RudderStack (64 characters for an event, 65 for a property).
    """
    require_rules(rules)
    if vendor not in _PLANS:
        raise ValueError(f"vendor: expected {' or '.join(get_args(Vendor))}, found {vendor!r}")
    return _PLANS[vendor](schemas_of(schemas), rules, closed or rules.new_properties == "reject")


def tracking_plan_remarks(
    schema: EventSchema, vendor: Vendor, rules: Rules = DEFAULT_RULES, *, closed: bool = False
) -> tuple[Remark, ...]:
    """What the tracking plan of ``schema`` cannot say."""
    remarks = json_schema_remarks(schema, rules, closed=closed)
    lost = () if vendor == "segment" else _RUDDERSTACK_LOST
    return (*(Remark(schema.name, None, sentence) for sentence in lost), *remarks)


def _segment(schemas: Iterable[EventSchema], rules: Rules, closed: bool) -> Document:
    return {"rules": [_segment_rule(schema, rules, closed=closed) for schema in schemas]}


def _segment_rule(schema: EventSchema, rules: Rules, *, closed: bool) -> Document:
    properties = properties_schema(schema, rules, closed=closed)
    json_schema = {
        "$schema": _DRAFT_7,
        "title": schema.name,
        "description": describe_event(schema.name),
        "type": "object",
        "properties": {"context": {}, "traits": {}, "properties": properties},
    }
    return {"type": "TRACK", "key": schema.name, "version": 1, "jsonSchema": json_schema}


def _rudderstack(schemas: Iterable[EventSchema], rules: Rules, closed: bool) -> Document:
    listed = list(schemas)
    _require_short_names(listed)
    ids = unique_keys([schema.name for schema in listed])
    events = [
        {
            "id": ids[schema.name],
            "name": schema.name,
            "event_type": "track",
            "description": describe_event(schema.name),
        }
        for schema in listed
    ]
    plan = {
        "id": _PLAN,
        "display_name": _PLAN,
        "rules": [_rudderstack_rule(schema, ids[schema.name], rules, closed=closed) for schema in listed],
    }
    return {
        "properties": _resource("properties", {"properties": _rudderstack_properties(listed, rules)}),
        "events": _resource("events", {"events": events}),
        "tracking-plan": _resource("tracking-plan", plan),
    }


def _require_short_names(schemas: Iterable[EventSchema]) -> None:
    for schema in schemas:
        _require_short("event", schema.name, _MAX_EVENT_NAME)
        for name in schema.properties:
            _require_short("property", name, _MAX_PROPERTY_NAME)


def _require_short(kind: str, name: str, most: int) -> None:
    if len(name) > most:
        found = f"{len(name)} in {truncate(name, MAX_SHOWN)!r}"
        raise ValueError(f"expected {kind} names of at most {most} characters for RudderStack, found {found}")


def _resource(kind: str, spec: Document) -> Document:
    return {"version": "rudder/v1", "kind": kind, "metadata": {"name": _PLAN}, "spec": spec}


def _property_id(name: str, type_: PropertyType, rules: Rules) -> str:
    # RudderStack tells properties apart by name and JSON type. A name may have another type in another event.
    return f"{name}_{TYPES[type_].keywords(rules)['type']}"


def _rudderstack_properties(schemas: Iterable[EventSchema], rules: Rules) -> list[Document]:
    """The properties of all events. Where a text has several formats, in several events, any text is accepted."""
    found: dict[str, tuple[str, dict[PropertyType, None]]] = {}
    for schema in schemas:
        for name, type_ in schema.properties.items():
            found.setdefault(_property_id(name, type_, rules), (name, {}))[1][type_] = None
    return [
        _rudderstack_property(id_, name, next(iter(types)) if len(types) == 1 else PropertyType.STRING, rules)
        for id_, (name, types) in found.items()
    ]


def _rudderstack_property(id_: str, name: str, type_: PropertyType, rules: Rules) -> Document:
    schema = property_schema(type_, rules)
    types = schema["type"]
    config = {own: schema[keyword] for keyword, own in _RUDDERSTACK_KEYWORDS.items() if keyword in schema}
    return {
        "id": id_,
        "name": name,
        **({"types": types} if isinstance(types, list) else {"type": types}),
        "description": describe_property(name, type_, TYPES[type_].lost),
        **({"config": config} if config else {}),
    }


def _rudderstack_rule(schema: EventSchema, event_id: str, rules: Rules, *, closed: bool) -> Document:
    return {
        "type": "event_rule",
        "id": f"{event_id}_rule",
        "event": f"#event:{event_id}",
        "additional_properties": not closed,
        "properties": [
            {"property": f"#property:{_property_id(name, type_, rules)}", "required": False}
            for name, type_ in schema.properties.items()
        ],
    }


_PLANS: Final[Mapping[str, Callable[[list[EventSchema], Rules, bool], Document]]] = MappingProxyType(
    {"segment": _segment, "rudderstack": _rudderstack}
)
