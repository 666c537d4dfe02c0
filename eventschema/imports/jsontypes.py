"""The property type of the values that a JSON Schema accepts.

The kinds of value that a schema accepts are a set of property types, and of ``object``, ``array`` and ``null``.
Keywords beside each other, ``$ref`` and ``allOf`` make it smaller, ``anyOf`` and ``oneOf`` join sets. Keywords that
only limit the values of a kind (``minimum``, ``pattern``) change nothing here; :func:`lost_keywords` has them.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.types import TEXT_FORMATS, TEXT_TYPES, PropertyType
from eventschema.export import patterns
from eventschema.export.jsonschema import property_schema
from eventschema.imports.references import Node, References, UnusableError
from eventschema.imports.results import shown

Kinds = frozenset[str]

OBJECT: Final = "object"
_ARRAY: Final = "array"
_NULL: Final = "null"

#: The kinds that each ``type`` of JSON Schema accepts.
_KINDS: Final[Mapping[str, Kinds]] = MappingProxyType(
    {
        "boolean": frozenset({PropertyType.BOOL}),
        "integer": frozenset({PropertyType.INT}),
        "number": frozenset({PropertyType.FLOAT}),
        "string": frozenset({PropertyType.STRING}),
        "object": frozenset({OBJECT}),
        "array": frozenset({_ARRAY}),
        "null": frozenset({_NULL}),
    }
)
_ANY: Final = frozenset[str]().union(*_KINDS.values()) - {PropertyType.INT}  # which are floats
_ORDER: Final = (*PropertyType, OBJECT, _ARRAY, _NULL)

#: By kind: the kinds whose values it includes.
_WITHIN: Final[Mapping[str, Kinds]] = MappingProxyType(
    {PropertyType.FLOAT: frozenset({PropertyType.INT}), PropertyType.STRING: frozenset(TEXT_FORMATS)}
)

_FORMATS: Final[Mapping[str, PropertyType]] = MappingProxyType(
    {
        "date": PropertyType.DATE,
        "date-time": PropertyType.DATETIME,
        "email": PropertyType.EMAIL,
        "idn-email": PropertyType.EMAIL,
        "uri": PropertyType.URL,
        "iri": PropertyType.URL,
    }
)
_NARROWER: Final = frozenset({"uri", "iri"})  # formats of which the type takes only a part

#: The patterns that exports have, alone or with the empty text.
_PATTERNS: Final[Mapping[str, PropertyType]] = MappingProxyType(
    {
        found: type_
        for pattern, type_ in (
            (patterns.DATE, PropertyType.DATE),
            (patterns.DATETIME, PropertyType.DATETIME),
            (patterns.EMAIL, PropertyType.EMAIL),
            (patterns.url(DEFAULT_RULES), PropertyType.URL),
        )
        for found in (pattern, patterns.or_empty(pattern))
    }
)

#: Keywords that limit values. Those of arrays and objects are not among them: no property has such values.
_LIMITS: Final = (
    "format",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "exclusiveMinimum",
    "maximum",
    "exclusiveMaximum",
    "multipleOf",
    "enum",
    "const",
    "not",
    "if",
)
_OTHER_REFERENCES: Final = ("$dynamicRef", "$recursiveRef")
_DECIDING: Final = frozenset({"type", "$ref", "allOf", "anyOf", "oneOf", *_LIMITS, *_OTHER_REFERENCES})
_MAX_DEPTH: Final = 50

#: The rules under which exports differ, limits aside, in the values that they accept for a type.
EXPORT_RULES: Final = tuple(
    Rules(nulls=nulls, empty_texts=texts) for nulls in ("ignore", "reject") for texts in ("keep", "ignore")
)
_EXPORTED: Final = tuple(
    ({key: value for key, value in property_schema(type_, rules).items() if key in _DECIDING}, type_)
    for rules in EXPORT_RULES
    for type_ in PropertyType
)


def exported_type(schema: Mapping[str, Any]) -> PropertyType | None:
    """The type whose export under default limits is ``schema``; ``None`` if there is none."""
    deciding = {key: value for key, value in schema.items() if key in _DECIDING}
    return next((type_ for document, type_ in _EXPORTED if document == deciding), None)


def single_type(kinds: Kinds) -> PropertyType:
    """The type that accepts all values of ``kinds`` except null. Raises ``UnusableError`` if there is none."""
    values = kinds - {_NULL}
    if values == {PropertyType.INT, PropertyType.FLOAT}:
        return PropertyType.FLOAT
    if len(values) > 1 and values <= set(TEXT_TYPES):
        return PropertyType.STRING
    if not values:
        raise UnusableError("only null is valid" if kinds else "no value is valid")
    if values == _ANY - {_NULL}:
        raise UnusableError("values of any type are valid")
    if len(values) > 1 or not values <= set(PropertyType):
        raise UnusableError(f"no type takes its values: {', '.join(kind for kind in _ORDER if kind in values)}")
    return PropertyType(next(iter(values)))


class KindsOfValues:
    """The kinds of value that the parts of one document accept."""

    def __init__(self, references: References) -> None:
        self._references = references
        self._found: dict[int, Kinds | str] = {}  # by identity of the part; a text says why it is unusable
        self._open: set[int] = set()

    def of_all(self, nodes: Iterable[Node]) -> Kinds:
        """The kinds that every one of ``nodes`` accepts."""
        return _meet_all(map(self.of, nodes))

    def of(self, node: Node) -> Kinds:
        """The kinds that the schema ``node`` accepts. Raises ``UnusableError`` if they cannot be found out."""
        if isinstance(node.value, bool):
            return _ANY if node.value else frozenset()
        if not isinstance(node.value, Mapping):
            raise UnusableError("it is not a schema")
        key = id(node.value)
        if key not in self._found:
            self._found[key] = self._read(node, key)
        found = self._found[key]
        if isinstance(found, str):
            raise UnusableError(found)
        return found

    def _read(self, node: Node, key: int) -> Kinds | str:
        if key in self._open:
            return "its $ref leads back to itself"
        if len(self._open) == _MAX_DEPTH:
            return f"it is nested over {_MAX_DEPTH} schemas deep"
        self._open.add(key)
        try:
            exported = exported_type(node.value)
            return _meet_all(self._parts(node)) if exported is None else frozenset({exported, _NULL})
        except UnusableError as error:
            return str(error)
        finally:
            self._open.remove(key)

    def _parts(self, node: Node) -> Iterator[Kinds]:
        """The kinds that each keyword of ``node`` accepts."""
        schema = node.value
        if "$ref" in schema:
            yield self.of(self._references.follow(node, schema["$ref"]))
            if self._references.ref_stands_alone:
                return
        for keyword in _OTHER_REFERENCES:
            if keyword in schema:
                raise UnusableError(f"{keyword} is not supported")
        if "type" in schema:
            yield _kinds_of_type(schema["type"])
        for known, keyword in ((_FORMATS, "format"), (_PATTERNS, "pattern")):
            if isinstance(text := schema.get(keyword), str) and text in known:
                yield _ANY - {PropertyType.STRING} | {known[text]}
        if "const" in schema:
            yield _kinds_of_values([schema["const"]])
        if isinstance(schema.get("enum"), list):
            yield _kinds_of_values(schema["enum"])
        if "allOf" in schema:
            yield from map(self.of, node.children("allOf"))
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                yield frozenset[str]().union(*map(self.of, node.children(keyword)))


def _kinds_of_type(type_: object) -> Kinds:
    kinds: Kinds = frozenset()
    for name in type_ if isinstance(type_, list) else [type_]:
        if not isinstance(name, str) or name not in _KINDS:
            what = shown(name) if isinstance(name, str) else "not a text"
            raise UnusableError(f"its type is {what}, which is not a type of JSON Schema")
        kinds |= _KINDS[name]
    return kinds


def _kinds_of_values(values: list[Any]) -> Kinds:
    types = {bool: "boolean", int: "integer", float: "number", str: "string", dict: "object", list: "array"}
    return frozenset[str]().union(*(_KINDS[types.get(type(value), "null")] for value in values))


def _meet_all(parts: Iterable[Kinds]) -> Kinds:
    kinds: Kinds = _ANY
    for part in parts:
        kinds = frozenset(_meet(kinds, part))
    return kinds


def _meet(first: Kinds, second: Kinds) -> Iterator[str]:
    for kind in first:
        if kind in second or any(kind in _WITHIN.get(other, ()) for other in second):
            yield kind
        yield from (_WITHIN.get(kind, frozenset()) & second)


def lost_keywords(schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each keyword of ``schema`` that limits its values and is not taken over, with a sentence."""
    if exported_type(schema) is not None:
        return
    for keyword in _LIMITS:
        value = schema.get(keyword)
        name = value if isinstance(value, str) else None
        if keyword not in schema or (keyword == "pattern" and name in _PATTERNS):
            continue
        if keyword != "format" or name not in _FORMATS:
            what = f" {shown(name)}" if keyword == "format" and name is not None else ""
            yield keyword, f"The limit {keyword}{what} gets lost."
        elif name in _NARROWER and schema.get("pattern") not in _PATTERNS:
            schemes = ", ".join(sorted(DEFAULT_RULES.url_schemes))
            yield keyword, f"Only urls with the schemes {schemes} are accepted, unless the rules have others."
