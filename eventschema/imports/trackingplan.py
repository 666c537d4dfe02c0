"""Segment's tracking plans: the rules of its Public API, each with a JSON Schema."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from eventschema.core.documents import found, wrong
from eventschema.core.names import is_line
from eventschema.imports.jsonschema import JsonSchema
from eventschema.imports.references import Node, UnusableError
from eventschema.imports.results import Draft, Imported, shown

_PROPERTIES: Final = "properties"
_MESSAGE: Final = ("properties", "context", "traits")  # the parts of a message that a rule has


def from_tracking_plan(document: object) -> Imported:
    """The schemas of Segment's tracking plan: one for each rule of the type ``TRACK``, by its ``key``.

    ``document`` is ``{"rules": [...]}``, or that under ``data``, as the Public API returns it. Of several versions of a
    rule, the last is read. What cannot be taken over is among the omissions. Raises ``ValueError``, which says where,
    for a document that is not such a plan.
    """
    draft = Draft()
    for rule in _last_versions(_rules(document), draft):
        try:
            _add_rule(rule, draft)
        except UnusableError as error:
            draft.omit(rule.pointer, f"The event is left out: {error}.")
        except ValueError as error:  # the JSON Schema is not one
            draft.omit(rule.pointer, f"The event is left out. {error}")
    return draft.imported()


def _rules(document: object) -> list[Node]:
    node = Node(document, "")
    for key in ("data", "rules"):
        if isinstance(node.value, Mapping) and key in node.value:
            node = node.child(key)
        elif key == "rules":
            raise wrong(node.pointer, "a tracking plan with rules", found(node.value))
    if not isinstance(node.value, list):
        raise wrong(node.pointer, "an array of rules", found(node.value))
    return [node.child(index) for index in range(len(node.value))]


def _last_versions(rules: list[Node], draft: Draft) -> Iterator[Node]:
    """The rules about events, each in its last version, in the order of their first ones."""
    last: dict[str, Node] = {}
    for rule in rules:
        fields = rule.value
        if not isinstance(fields, Mapping) or fields.get("type") != "TRACK":
            kind = fields.get("type") if isinstance(fields, Mapping) else None
            what = f"a rule of the type {shown(kind)}" if isinstance(kind, str) else "not a rule with a type"
            draft.omit(rule.pointer, f"The rule is left out: it is {what}, not TRACK.")
        elif not is_line(key := fields.get("key")):
            draft.omit(rule.pointer, "The event is left out: its key is not an event name.")
        elif key not in last:
            last[key] = rule
        else:
            older = rule if _version(rule) < _version(last[key]) else last[key]
            if older is not rule:
                last[key] = rule
            draft.omit(older.pointer, f"The rule is left out: there is a later one of the event {shown(key)}.")
    yield from last.values()


def _version(rule: Node) -> int:
    version = rule.value.get("version")
    return version if type(version) is int else 0


def _add_rule(rule: Node, draft: Draft) -> None:
    event = rule.value["key"]
    if "jsonSchema" not in rule.value:
        raise UnusableError("it has no jsonSchema")
    whole = rule.child("jsonSchema")
    schema = JsonSchema(whole.value, draft, whole.pointer)
    parts = _child(schema.root, _PROPERTIES)
    if parts is None:
        raise UnusableError("its jsonSchema has no properties")
    for name in parts.value:
        if name not in _MESSAGE or (name != _PROPERTIES and not _says_nothing(parts.value[name])):
            draft.omit(parts.child(name).pointer, "Not taken over: it is not about the properties of the event.")
    if not _says_nothing(parts.value.get(_PROPERTIES, True)):
        schema.add(event, parts.child(_PROPERTIES))
    draft.add_event(event)


def _child(node: Node, key: str) -> Node | None:
    return node.child(key) if isinstance(node.value, Mapping) and isinstance(node.value.get(key), Mapping) else None


def _says_nothing(schema: Any) -> bool:
    return schema in ({}, True, {"type": "object"})
