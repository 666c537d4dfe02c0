"""Tracking plans: Segment's rules, and the files of a RudderStack project.

Segment's rules are those of its Public API (``updateRulesInTrackingPlan``), each with a JSON Schema of draft 7. The
RudderStack documents are the ``rudder/v1`` files that its command line tool applies: properties, events, and the plan.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final, Literal, get_args

from eventschema.core.arguments import require_rules
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
_MAX_PROPERTIES: Final = "The limit on the number of properties and on the length of new names gets lost."

#: The keywords that RudderStack has of JSON Schema's, with its names for them.
_RUDDERSTACK_KEYWORDS: Final[Mapping[str, str]] = MappingProxyType(
    {"maxLength": "max_length", "pattern": "pattern", "minimum": "minimum", "maximum": "maximum"}
)


def to_tracking_plan(
    schemas: Schemas, vendor: Vendor, closed: bool = False, *, rules: Rules = DEFAULT_RULES
) -> Document:
    """The tracking plan of one or more events for ``vendor``, ``"segment"`` or ``"rudderstack"``.

    ``closed``, an event may have no further properties. Returns a JSON-ready document: for Segment
    ``{"rules": [...]}``, for RudderStack the documents of three files, ``properties``, ``events`` and
    ``tracking-plan``. Raises ``ValueError`` for another vendor and if two schemas have the same name.
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
    return remarks if vendor == "segment" else (Remark(schema.name, None, _MAX_PROPERTIES), *remarks)


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
    ids = unique_keys([schema.name for schema in listed])
    pairs = dict.fromkeys((name, type_) for schema in listed for name, type_ in schema.properties.items())
    properties = [_rudderstack_property(name, type_, rules) for name, type_ in pairs]
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
        "rules": [_rudderstack_rule(schema, ids[schema.name], closed=closed) for schema in listed],
    }
    return {
        "properties": _resource("properties", {"properties": properties}),
        "events": _resource("events", {"events": events}),
        "tracking-plan": _resource("tracking-plan", plan),
    }


def _resource(kind: str, spec: Document) -> Document:
    return {"version": "rudder/v1", "kind": kind, "metadata": {"name": _PLAN}, "spec": spec}


def _property_id(name: str, type_: PropertyType) -> str:
    return f"{name}_{type_}"  # a name may have another type in another event


def _rudderstack_property(name: str, type_: PropertyType, rules: Rules) -> Document:
    schema = property_schema(type_, rules)
    types = schema["type"]
    config = {own: schema[keyword] for keyword, own in _RUDDERSTACK_KEYWORDS.items() if keyword in schema}
    return {
        "id": _property_id(name, type_),
        "name": name,
        **({"types": types} if isinstance(types, list) else {"type": types}),
        "description": describe_property(name, type_, TYPES[type_].lost),
        **({"config": config} if config else {}),
    }


def _rudderstack_rule(schema: EventSchema, event_id: str, *, closed: bool) -> Document:
    return {
        "type": "event_rule",
        "id": f"{event_id}_rule",
        "event": f"#event:{event_id}",
        "additional_properties": not closed,
        "properties": [
            {"property": f"#property:{_property_id(name, type_)}", "required": False}
            for name, type_ in schema.properties.items()
        ],
    }


_PLANS: Final[Mapping[str, Callable[[list[EventSchema], Rules, bool], Document]]] = MappingProxyType(
    {"segment": _segment, "rudderstack": _rudderstack}
)
