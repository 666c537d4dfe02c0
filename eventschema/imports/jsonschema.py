"""Reads JSON Schema, drafts 7, 2019-09 and 2020-12: flat objects become schemas."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from eventschema.core.documents import found, wrong
from eventschema.core.names import is_line
from eventschema.core.schema import EventSchema
from eventschema.export.jsonschema import properties_schema
from eventschema.imports.jsontypes import EXPORT_RULES, OBJECT, KindsOfValues, lost_keywords, single_type
from eventschema.imports.references import Node, References, UnusableError
from eventschema.imports.results import Draft, Imported, shown

#: Keywords of objects that a schema does not have.
_LIMITS: Final = (
    "required",
    "minProperties",
    "maxProperties",
    "patternProperties",
    "propertyNames",
    "additionalProperties",
    "unevaluatedProperties",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "enum",
    "const",
)
_EXPORTED: Final = [
    properties_schema(EventSchema("e"), rules, closed=closed) for rules in EXPORT_RULES for closed in (False, True)
]
#: Values of these keywords that are not listed as lost: they limit nothing, or an export under default limits has them.
_USUAL: Final[Mapping[str, list[Any]]] = {
    "required": [[]],
    "minProperties": [0],
    "additionalProperties": [True, False, {}],
    "unevaluatedProperties": [True, False, {}],
}


def from_json_schema(document: object, name: str | None = None) -> Imported:
    """The schemas that a JSON Schema has, of draft 7, 2019-09 or 2020-12.

    ``document`` is that of one event: an object with ``properties``. The name of the event is ``name``, or else its
    ``title``. A choice (``anyOf``) of such objects with a title each gives a schema for each.

    A ``$ref`` is followed within the document; others are never fetched. What cannot be taken over is among the
    omissions. Raises ``ValueError``, which says where, for a document without a flat object, without a name, or of
    another draft.
    """
    draft = Draft()
    JsonSchema(document, draft).add_all(name)
    return draft.imported()


class JsonSchema:
    """A JSON Schema that is read into a ``draft``. ``pointer`` is its own.

    Raises ``ValueError`` if the document is of another draft.
    """

    def __init__(self, document: object, draft: Draft, pointer: str = "") -> None:
        self._draft = draft
        self._references = References(document, pointer)
        self._kinds = KindsOfValues(self._references)
        self.root: Final = self._references.root

    def add_all(self, name: str | None) -> None:
        """Add the event, or the events, of the whole document. Raises ``ValueError`` if it has none."""
        root = self.root
        if not isinstance(root.value, Mapping):
            raise wrong(root.pointer, "a JSON Schema, which is an object", found(root.value))
        if root.value.get("not") in ({}, True) and "properties" not in root.value:
            return  # as the export of no schemas
        branches = self._choice()
        if not branches:
            self._require(name, root)
        elif name is not None and len(branches) > 1:
            raise ValueError(f"name: expected none for a document of {len(branches)} schemas, found {shown(name)}")
        elif name is not None:
            self._require(name, branches[0])
        else:
            for branch in branches:
                self._add_branch(branch)

    def _choice(self) -> list[Node]:
        """The events of a document that is a choice of them; empty for any other."""
        schema = self.root.value
        keyword = next((each for each in ("anyOf", "oneOf") if each in schema), None)
        if keyword is None or not schema.keys().isdisjoint(("properties", "$ref", "allOf")):
            return []
        try:
            return self.root.children(keyword)
        except UnusableError as error:
            raise wrong(self.root.pointer, "a JSON Schema", str(error)) from None

    def _add_branch(self, branch: Node) -> None:
        """Add the event of one part of a choice. Omits one without a title or a flat object."""
        try:
            title = self._title(branch)
            if title is None:
                raise UnusableError("it has no title, which names the event")
            if self._draft.has(title):
                raise UnusableError(f"there is another one with the title {shown(title)}")
            self.add(title, branch)
        except UnusableError as error:
            self._draft.omit(branch.pointer, f"The event is left out: {error}.")

    def _require(self, name: str | None, node: Node) -> None:
        try:
            event = self._title(node) if name is None else name
            if event is None:
                raise wrong(node.pointer, "a title, or a name given for the event", "neither")
            if not is_line(event):
                raise wrong("" if name is None else "name", "an event name without control characters", "another text")
            self.add(event, node)
        except UnusableError as error:
            raise wrong(node.pointer, "a JSON Schema of a flat object", f"one that is not: {error}") from None

    def _title(self, node: Node) -> str | None:
        titles = (part.value.get("title") for part in self._closure([node]))
        return next((title for title in titles if isinstance(title, str) and is_line(title)), None)

    def add(self, event: str, node: Node) -> None:
        """Add the event whose properties the schema ``node`` describes. Raises ``UnusableError`` if it has none."""
        parts = self._closure([node])
        kinds = self._kinds.of(node)
        has_properties = any("properties" in part.value for part in parts)
        if OBJECT not in kinds or not (has_properties or kinds <= {OBJECT, "null"}):
            raise UnusableError("its values are not objects")
        self._draft.add_event(event)
        for name, places in _properties(parts).items():
            self._add_property(event, name, places)
        for part in parts:
            for keyword in _lost(part.value):
                self._draft.omit(f"{part.pointer}/{keyword}", f"The limit {keyword} gets lost.")

    def _add_property(self, event: str, name: str, places: list[Node]) -> None:
        try:
            type_ = single_type(self._kinds.of_all(places))
        except UnusableError as error:
            self._draft.leave_out(places[0].pointer, str(error))
            return
        self._draft.add(event, name, type_, places[0].pointer)
        for part in self._closure(places, choices=True):
            for keyword, sentence in lost_keywords(part.value):
                self._draft.omit(f"{part.pointer}/{keyword}", sentence)

    def _closure(self, nodes: Iterable[Node], *, choices: bool = False) -> list[Node]:
        """All schemas that take part in those of ``nodes``: by ``$ref`` and ``allOf``, and by ``choices``."""
        keywords = ("allOf", "anyOf", "oneOf") if choices else ("allOf",)
        parts: list[Node] = []
        seen: set[int] = set()
        waiting = list(nodes)[::-1]
        while waiting:
            node = waiting.pop()
            if not isinstance(node.value, Mapping) or id(node.value) in seen:
                continue
            seen.add(id(node.value))
            follows = [self._references.follow(node, node.value["$ref"])] if "$ref" in node.value else []
            if not follows or not self._references.ref_stands_alone:
                parts.append(node)
                follows += [each for keyword in keywords if keyword in node.value for each in node.children(keyword)]
            waiting.extend(reversed(follows))
        return parts


def _properties(parts: Iterable[Node]) -> dict[str, list[Node]]:
    """The schemas of each property. Raises ``ValueError`` if ``properties`` is not an object."""
    places: dict[str, list[Node]] = {}
    for part in parts:
        if "properties" in part.value:
            properties = part.child("properties")
            if not isinstance(properties.value, Mapping):
                raise wrong(properties.pointer, "an object of schemas", found(properties.value))
            for name in properties.value:
                places.setdefault(name, []).append(properties.child(name))
    return places


def _lost(schema: Mapping[str, Any]) -> Iterator[str]:
    """The keywords of an object that limit it and are not taken over."""
    for keyword in _LIMITS:
        usual = [*_USUAL.get(keyword, ()), *(each[keyword] for each in _EXPORTED if keyword in each)]
        if keyword in schema and schema[keyword] not in usual:
            yield keyword
