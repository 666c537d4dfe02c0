"""JSON Schema (draft 2020-12) of the properties of an event, or of each event of a schema file.

A validator accepts every event that ``check`` accepts, and refuses what ``check`` refuses, except for what the remarks
list. The document has them as ``$comment``, which code generators ignore.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from eventschema.core import grammar
from eventschema.core.arguments import require_rules
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.export import patterns
from eventschema.export.constraints import ProfileConstraints, constraint_keywords, constraints_of, evidence
from eventschema.export.naming import identifier
from eventschema.export.remarks import Remark, Schemas, Sentences, remarks_of, schemas_of

if TYPE_CHECKING:
    from eventschema.stream.profile.constraints import Constraints

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

Document = dict[str, Any]


class _Row(NamedTuple):
    """The keywords of a type under given rules, and what gets lost by them."""

    keywords: Callable[[Rules], Document]
    lost: Sentences = ()


def _text(format_: str | None, pattern: Callable[[Rules], str], longest: int | None) -> Callable[[Rules], Document]:
    def keywords(rules: Rules) -> Document:
        limit = rules.max_string_length if longest is None else min(longest, rules.max_string_length)
        named = {} if format_ is None else {"format": format_}
        return {"type": "string", **named, "maxLength": limit, "pattern": pattern(rules)}

    return keywords


_MORE_ADDRESSES: Final = (
    "Accepted too: addresses with over 64 characters before @, of special-use domains such as localhost, with -- as "
    "third and fourth character of a label, and with letters beyond ASCII that Unicode and IDNA exclude."
)
_ASSERTED: Final = "Refused by validators that assert formats (2020-12 does not): characters beyond ASCII."
_TEXTS: Final = (
    "Accepted too: texts with lone surrogates; and a final newline, by validators whose $ matches before it (Python)."
)
_FITTING: Final = "Accepted too: values of another type that fit, such as an int for a float or a date for a string."
_UNKNOWN: Final = "Refused, though check passes them over: null and ignored empty texts for unknown properties."
_DROPPED: Final = "Refused, though check only leaves the property out: events with an invalid property (invalid=drop)."
_HINTS: Final = "Accepted too: new properties whose values are not of the type that a hint gives them."

#: What each type becomes. No format for dateTime: ``date-time`` requires an offset, which a dateTime need not have. The
#: formats ``idn-email`` and ``iri`` would say more, but common validators do not know them and refuse the schema.
TYPES: Final[Mapping[PropertyType, _Row]] = MappingProxyType(
    {
        PropertyType.BOOL: _Row(lambda _: {"type": "boolean"}),
        PropertyType.INT: _Row(
            lambda _: {"type": "integer", "minimum": grammar.INT64_MIN, "maximum": grammar.INT64_MAX},
            ("A validator that reads numbers as doubles is inexact beyond 2^53.",),
        ),
        PropertyType.FLOAT: _Row(
            lambda _: {"type": "number"},
            ("Integers that no double holds exactly are accepted. That floats are rounded is not said.",),
        ),
        PropertyType.STRING: _Row(lambda rules: {"type": "string", "maxLength": rules.max_string_length}),
        PropertyType.DATE: _Row(_text("date", lambda _: patterns.DATE, grammar.DATE_LENGTH)),
        PropertyType.DATETIME: _Row(
            _text(None, lambda _: patterns.DATETIME, None),
            ("Second 60 with an offset such as +01:00 is accepted at any time, not only at 23:59:60 UTC.",),
        ),
        PropertyType.EMAIL: _Row(
            _text("email", lambda _: patterns.EMAIL, grammar.MAX_EMAIL_LENGTH),
            (_MORE_ADDRESSES, _ASSERTED),
        ),
        PropertyType.URL: _Row(_text("uri", patterns.url, None), (_ASSERTED,)),
    }
)


def to_json_schema(
    schemas: Schemas,
    closed: bool = False,
    *,
    rules: Rules = DEFAULT_RULES,
    constraints: ProfileConstraints | None = None,
) -> Document:
    """The JSON Schema of the properties of one event, or of any event of several schemas (``$defs``).

    An open schema accepts further properties, since an event may add them. A ``closed`` one accepts what ``check``
    accepts: only properties of the schema. Null is accepted where ``rules`` ignore it.

    With ``constraints``, as ``EventProfile.constraints()`` returns them, it refuses what no event of the profile had:
    a required property that is absent, a value outside of a closed set or range, a longer text. They count for each
    property that has the same type in the profile and in its schema.

    Returns a JSON-ready document. Raises ``ValueError`` if two of ``schemas`` have the same name.
    """
    require_rules(rules)
    if isinstance(schemas, EventSchema):
        return {"$schema": DIALECT, **properties_schema(schemas, rules, constraints, closed=closed)}
    listed = schemas_of(schemas)
    keys = unique_keys([schema.name for schema in listed])
    definitions = {keys[schema.name]: properties_schema(schema, rules, constraints, closed=closed) for schema in listed}
    return {"$schema": DIALECT, **any_of(definitions), "$defs": definitions}


def json_schema_remarks(
    schema: EventSchema, rules: Rules = DEFAULT_RULES, *, closed: bool = False
) -> tuple[Remark, ...]:
    """What the JSON Schema of ``schema`` cannot say."""
    return remarks_of(schema, {type_: row.lost for type_, row in TYPES.items()}, _lost(rules, closed=closed))


def _lost(rules: Rules, *, closed: bool) -> Sentences:
    passes_over = "ignore" in (rules.nulls, rules.empty_texts)
    closed = is_closed(rules, closed=closed)
    applies = {
        _TEXTS: True,
        _FITTING: rules.types == "exact",
        _UNKNOWN: closed and passes_over,
        _DROPPED: rules.invalid == "drop",
        _HINTS: bool(rules.hints) and not closed,
    }
    return tuple(sentence for sentence, does in applies.items() if does)


def is_closed(rules: Rules, *, closed: bool) -> bool:
    """Whether an event may have only the properties of its schema."""
    return closed or rules.new_properties == "reject"


def properties_schema(
    schema: EventSchema, rules: Rules, constraints: ProfileConstraints | None = None, *, closed: bool
) -> Document:
    """The JSON Schema of the object of an event's properties. A property with too long a name is left out."""
    kept_to = constraints_of(schema, constraints)
    properties = {
        name: property_schema(type_, rules, kept_to.get(name))
        for name, type_ in schema.properties.items()
        if len(name) <= rules.max_name_length
    }
    required = [name for name in properties if name in kept_to and kept_to[name].required]
    return {
        "title": schema.name,
        "$comment": " ".join((*_lost(rules, closed=closed), *evidence(kept_to.values()))),
        "type": "object",
        "properties": properties,
        **({"required": required} if required else {}),
        **({"additionalProperties": False} if is_closed(rules, closed=closed) else further_properties(rules)),
        "maxProperties": rules.max_properties,
    }


def property_schema(type_: PropertyType, rules: Rules, constraint: "Constraints | None" = None) -> Document:
    """The JSON Schema of the values that a property of ``type_`` accepts, and that keep to ``constraint``."""
    row = TYPES[type_]
    keywords = row.keywords(rules)
    if constraint is not None:
        keywords |= constraint_keywords(constraint, keywords, rules)
    if constraint is None or not constraint.required:
        _accept_ignored(keywords, rules)
    return keywords | ({"$comment": " ".join(row.lost)} if row.lost else {})


def _accept_ignored(keywords: Document, rules: Rules) -> None:
    """Have ``keywords`` accept null and empty texts, where ``rules`` ignore these."""
    types = [keywords["type"]]
    ignored: list[str | None] = []
    if rules.empty_texts == "ignore":
        ignored.append("")
        if types != ["string"]:
            types.append("string")
            keywords["maxLength"] = 0
        elif "pattern" in keywords:
            keywords["pattern"] = patterns.or_empty(keywords["pattern"])
    if rules.nulls == "ignore":
        ignored.append(None)
        types.append("null")
    keywords["type"] = types if len(types) > 1 else types[0]
    if "enum" in keywords:
        keywords["enum"] += ignored


def further_properties(rules: Rules) -> Document:
    """The keywords of an event that may have any properties besides those that are listed."""
    return {"propertyNames": names_schema(rules), "additionalProperties": value_schema(rules)}


def names_schema(rules: Rules) -> Document:
    """The JSON Schema of the name of a property."""
    return {"pattern": patterns.NAME, "maxLength": rules.max_name_length}


def value_schema(rules: Rules) -> Document:
    """The JSON Schema of the values that a new property may have, as far as it can say."""
    found = (row.keywords(rules)["type"] for row in TYPES.values())
    types = list(dict.fromkeys("number" if type_ == "integer" else type_ for type_ in found))
    return {"type": [*types, "null"] if rules.nulls == "ignore" else types, "maxLength": rules.max_string_length}


def unique_keys(names: list[str], taken: tuple[str, ...] = ()) -> dict[str, str]:
    """A key of ``$defs`` for each name: letters, digits and ``_``, with a number where it would occur twice."""
    keys: dict[str, str] = {}
    used = set(taken)
    last: dict[str, int] = {}
    for name in names:
        base = key = identifier(name)
        while key in used:
            last[base] = last.get(base, 1) + 1
            key = f"{base}_{last[base]}"
        used.add(key)
        keys[name] = key
    return keys


def any_of(definitions: Mapping[str, Document]) -> Document:
    """The keyword for values of any of the ``definitions``; without any, no value is valid."""
    return {"anyOf": [{"$ref": f"#/$defs/{key}"} for key in definitions]} if definitions else {"not": {}}
