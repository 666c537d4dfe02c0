"""Follows ``$ref`` in a JSON Schema from one part to another. Other documents are never fetched.

A reference is a JSON Pointer or the name of an anchor, after ``#`` or the document's own ``$id`` (JSON Schema Core,
section 8). A part with an ``$id`` of its own is a document of its own: references in it are not followed.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from eventschema.core.documents import MAX_SHOWN, found, wrong
from eventschema.core.pointers import pointer_to
from eventschema.imports.results import shown

#: The drafts that are read, and whether the keywords beside a ``$ref`` are ignored.
_DRAFTS: Final[Mapping[str, bool]] = {
    "http://json-schema.org/draft-07/schema": True,
    "https://json-schema.org/draft/2019-09/schema": False,
    "https://json-schema.org/draft/2020-12/schema": False,
}
_VALUES: Final = frozenset({"enum", "const", "default", "examples"})  # keywords with values, not schemas


class UnusableError(Exception):
    """A part of a JSON Schema that cannot be taken over, and why."""


class Node(NamedTuple):
    """A ``value`` in a document, and its pointer. ``is_embedded``: it is in a part with an ``$id`` of its own."""

    value: Any
    pointer: str
    is_embedded: bool = False

    def child(self, key: object) -> "Node":
        """The member or item ``key``, which is there."""
        value = self.value[key]
        return Node(value, pointer_to(self.pointer, str(key), MAX_SHOWN), self.is_embedded or _own_id(value))

    def children(self, keyword: str) -> "list[Node]":
        """The items of the array ``keyword``. Raises ``UnusableError`` if it is not an array with items."""
        listed = self.child(keyword)
        if not isinstance(listed.value, list) or not listed.value:
            raise UnusableError(f"{keyword} is not an array of schemas")
        return [listed.child(index) for index in range(len(listed.value))]


def _own_id(value: object) -> bool:
    own = value.get("$id") if isinstance(value, Mapping) else None
    return isinstance(own, str) and not own.startswith("#")


class References:
    """The references in a JSON Schema. ``root`` is the whole document, at a pointer of its own.

    Raises ``ValueError`` if the document is of an unknown draft.
    """

    def __init__(self, document: object, pointer: str = "") -> None:
        self.root: Final = Node(document, pointer)
        fields = document if isinstance(document, Mapping) else {}
        dialect = fields.get("$schema", "https://json-schema.org/draft/2020-12/schema")
        known = dialect.removesuffix("#") if isinstance(dialect, str) else ""
        if known not in _DRAFTS:
            expected = "a JSON Schema of draft 7, 2019-09 or 2020-12"
            raise wrong(f"{pointer}/$schema", expected, found(dialect))
        #: Whether the keywords beside a ``$ref`` are ignored, as in draft 7.
        self.ref_stands_alone: Final = _DRAFTS[known]
        own = fields.get("$id")
        self._base = own.partition("#")[0] if isinstance(own, str) else ""
        self._anchors: dict[str, Node] | None = None

    def follow(self, node: Node, reference: object) -> Node:
        """What the ``reference`` in ``node`` leads to. Raises ``UnusableError`` if that is not in the document."""
        if not isinstance(reference, str):
            raise UnusableError("its $ref is not a text")
        name = shown(reference)
        if node.is_embedded:
            raise UnusableError(f"its $ref {name} is in a part with an $id of its own")
        base, _, fragment = reference.partition("#")
        if base not in {"", self._base}:
            raise UnusableError(f"its $ref {name} leads to another document, which is not fetched")
        fragment = unquote(fragment)
        target = self._at(fragment) if not fragment or fragment.startswith("/") else self._anchor(fragment)
        if target is None:
            raise UnusableError(f"its $ref {name} leads to nothing in the document")
        return target

    def _at(self, pointer: str) -> Node | None:
        node = self.root
        for token in pointer.split("/")[1:]:
            key = token.replace("~1", "/").replace("~0", "~")
            if isinstance(node.value, Mapping) and key in node.value:
                node = node.child(key)
            elif isinstance(node.value, list) and key.isdecimal() and key.isascii() and len(key) < _MAX_DIGITS:
                if int(key) >= len(node.value):
                    return None
                node = node.child(int(key))
            else:
                return None
        return node

    def _anchor(self, name: str) -> Node | None:
        if self._anchors is None:
            self._anchors = dict(_anchors(self.root))
        return self._anchors.get(name)


_MAX_DIGITS: Final = 10  # of an index


def _anchors(root: Node) -> Iterator[tuple[str, Node]]:
    """The parts of a document that have a name, in 2019-09 and later by ``$anchor``, in draft 7 by ``$id``."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.is_embedded:
            continue
        if isinstance(node.value, list):
            waiting.extend(map(node.child, range(len(node.value))))
        elif isinstance(node.value, Mapping):
            own, anchor = node.value.get("$id"), node.value.get("$anchor")
            if isinstance(own, str) and own.startswith("#"):
                yield own[1:], node
            if isinstance(anchor, str):
                yield anchor, node
            waiting.extend(node.child(key) for key in node.value if key not in _VALUES)
