"""Omnisend's event metadata: a name and a tree of properties for each event."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from eventschema.core.documents import found, wrong
from eventschema.core.names import is_line
from eventschema.core.types import PropertyType
from eventschema.imports.references import Node
from eventschema.imports.results import Draft, Imported, shown

#: What each type of Omnisend's becomes. It has no other for texts and for dates.
TYPES: Final[Mapping[str, PropertyType]] = MappingProxyType(
    {
        "string": PropertyType.STRING,
        "integer": PropertyType.INT,
        "float": PropertyType.FLOAT,
        "boolean": PropertyType.BOOL,
        "date": PropertyType.DATE,
    }
)


def from_event_metadata(document: object) -> Imported:
    """The schemas of Omnisend's event metadata.

    ``document`` is one event, with ``name`` and ``properties``, an object of names and their ``type``; or ``{"event":
    ...}``, ``{"events": [...]}`` or an array of events, as the API returns them. Variants of an event by origin become
    one schema. Lists and structs are omitted. Raises ``ValueError``, which says where, for a document that is not such
    metadata.
    """
    draft = Draft()
    for event in _events(Node(document, "")):
        fields = event.value
        if not isinstance(fields, Mapping):
            raise wrong(event.pointer, "an event with name and properties", found(fields))
        if not is_line(fields.get("name")):
            raise wrong(f"{event.pointer}/name", "the name of an event", found(fields.get("name")))
        _add_event(fields["name"], event, draft)
    return draft.imported()


def _events(node: Node) -> list[Node]:
    if isinstance(node.value, Mapping):
        if "event" in node.value and "name" not in node.value:
            return [node.child("event")]
        if "events" not in node.value:
            return [node]
        node = node.child("events")
    if not isinstance(node.value, list):
        raise wrong(node.pointer, "events, each with name and properties", found(node.value))
    return [node.child(index) for index in range(len(node.value))]


def _add_event(event: str, node: Node, draft: Draft) -> None:
    draft.add_event(event)
    if node.value.get("properties") is None:
        draft.omit(node.pointer, "It has no properties: a query needs includeProperties to return them.")
        return
    properties = node.child("properties")
    if not isinstance(properties.value, Mapping):
        raise wrong(properties.pointer, "an object of names and types", found(properties.value))
    for name in properties.value:
        _add_property(event, name, properties.child(name), draft)


def _add_property(event: str, name: str, node: Node, draft: Draft) -> None:
    word = node.value.get("type") if isinstance(node.value, Mapping) else None
    type_ = TYPES.get(word) if isinstance(word, str) else None
    if type_ is None:
        what = f"its type is {shown(word)}" if isinstance(word, str) else "it has no type"
        draft.leave_out(node.pointer, f"{what}, which is none of {', '.join(TYPES)}")
        return
    draft.add(event, name, type_, node.pointer)
    if type_ is PropertyType.DATE:
        draft.omit(node.pointer, "Dates with a time are not accepted: declare dateTime where the events have them.")
