"""Maps nested and messy properties to flat ones with valid names, before they are merged into a schema.

The engine refuses objects, arrays, and names with other characters than letters, digits and ``_``. A :class:`Mapping`
says what to make of them. It never makes one property of two, and errors of mapped properties point to where the sender
put them.

Pure: nothing here reads a file or needs an extra.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple, get_args

from eventschema.core.events import PROPERTIES_POINTER
from eventschema.core.frozen import EMPTY
from eventschema.core.names import are_texts
from eventschema.core.pointers import pointer_to
from eventschema.core.results import MergeResult
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.schema import EventSchema
from eventschema.core.violations import NameConflict, TooManyProperties, Violation

Objects = Literal["refuse", "flatten"]
Arrays = Literal["refuse", "json", "count", "join", "drop"]
Names = Literal["keep", "lawful", "snake_case"]
Nulls = Literal["keep", "drop"]
Separator = Literal["_", "__"]

#: The greatest ``max_depth``.
MAX_DEPTH: Final = 100

_CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "objects": get_args(Objects),
    "arrays": get_args(Arrays),
    "names": get_args(Names),
    "nulls": get_args(Nulls),
    "separator": get_args(Separator),
}
_MAX_KEPT: Final = 10_000  # members of objects that are kept for a mapping
_MAX_KEPT_LENGTH: Final = 256  # characters of a key
_MAX_KEPT_DEPTH: Final = 16  # keys that lead to it
_MAX_JSON_TEXT: Final = 2**22  # characters of an array's
_JOINT: Final = ","  # between the items of a joined array
_UNLAWFUL: Final = re.compile(r"[^A-Za-z0-9_]+")
# Between a word and the next, in camelCase and after an acronym: order|Id, HTTP|Server.
_WORDS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

_encode: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode

#: The keys that lead to a value in an event.
_Path = tuple[Any, ...]


class MappedProperties(NamedTuple):
    """The ``properties`` of an event after a mapping, and the ``errors`` of the mapping.

    An error is a ``name_conflict``, where two properties get the same name (the first keeps it), or
    ``too_many_properties``, where the event has more values than the mapping reads. ``paths`` has, for each property
    that was renamed or was a member of an object, the keys that lead to it in the event.
    """

    properties: Any
    errors: tuple[Violation, ...]
    paths: dict[str, _Path]

    def merge(self, schema: EventSchema, rules: Rules = DEFAULT_RULES) -> MergeResult:
        """Merge the mapped event into ``schema``, as ``schema.merge`` does. The errors of the mapping come first.

        Under ``Rules(invalid="drop")`` a property with a name conflict is dropped.
        """
        result = schema.merge(self.properties, rules)
        is_unread = any(isinstance(error, TooManyProperties) for error in self.errors)
        if result.ok and rules.invalid == "drop" and not is_unread:
            return result._replace(dropped=(*self.errors, *self.locate(result.dropped, rules)))
        errors = (*self.errors, *self.locate(result.errors, rules))
        return MergeResult(schema, EMPTY, {}, (), errors) if errors else result

    def locate(self, errors: Iterable[Violation], rules: Rules = DEFAULT_RULES) -> tuple[Violation, ...]:
        """The ``errors`` of a merge of these properties, with pointers to the values in the event as it was sent."""
        limit = rules.max_name_length
        original = {
            pointer_to(PROPERTIES_POINTER, name, limit): _pointer(path, limit) for name, path in self.paths.items()
        }
        return tuple(error.at(original.get(error.pointer, error.pointer)) for error in errors)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """What to make of nested and messy properties. Immutable, hashable, picklable. The defaults change nothing.

    - ``objects``: ``"refuse"``, or ``"flatten"``: their members become properties, with the names joined by
      ``separator`` (``_`` or ``__``), down to ``max_depth`` levels (1 to 100). An object that is deeper, or has a key
      that is not text, stays an object. An empty object becomes nothing.
    - ``arrays``: ``"refuse"``; ``"json"``, as compact JSON text, of at most 4,194,304 characters; ``"count"``, as the
      number of items, under the name with ``count`` joined to it; ``"join"``, as one text with commas between the
      items, if all items are texts without a comma; or ``"drop"``.
    - ``names``: ``"keep"``; ``"lawful"``: each run of characters that are not letters, digits or ``_`` becomes ``_``,
      and is removed at the ends (``Order ID`` to ``Order_ID``, ``$referrer`` to ``referrer``); or ``"snake_case"``:
      also in lower case, with ``_`` between words (``orderId`` to ``order_id``). A name made only of other characters
      stays as it is.
    - ``nulls``: ``"keep"``, or ``"drop"``: before properties are counted.
    - ``max_values``: the most values that are read of one event, objects included.

    Raises ``ValueError`` for any other value.
    """

    objects: Objects = "refuse"
    arrays: Arrays = "refuse"
    names: Names = "keep"
    nulls: Nulls = "keep"
    separator: Separator = "_"
    max_depth: int = 10
    max_values: int = 10_000

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            if (value := getattr(self, name)) not in choices:
                raise ValueError(f"{name}: expected one of {', '.join(choices)}, found {value!r}")
        if type(self.max_depth) is not int or not 1 <= self.max_depth <= MAX_DEPTH:
            raise ValueError(f"max_depth: expected a whole number from 1 to {MAX_DEPTH}, found {self.max_depth!r}")
        if type(self.max_values) is not int or self.max_values < 1:
            raise ValueError(f"max_values: expected a whole number of at least 1, found {self.max_values!r}")

    @property
    def changes_nothing(self) -> bool:
        """Whether every event stays as it is."""
        return (self.objects, self.arrays, self.names, self.nulls) == ("refuse", "refuse", "keep", "keep")

    def map(self, properties: Any, rules: Rules = DEFAULT_RULES) -> MappedProperties:
        """Map the ``properties`` of one event, and change nothing of them. Anything but a ``dict`` stays as it is.

        Names in pointers are cut to ``rules.max_name_length`` characters. Raises nothing for what the properties hold.
        """
        as_it_is = MappedProperties(properties, (), {})
        if type(properties) is not dict or self.changes_nothing:
            return as_it_is
        event = _MappedEvent(self, rules.max_name_length)
        try:
            is_read = event.add(properties, _event_object(self))
        except Exception:  # keys of unusual classes run foreign code; the merge refuses them
            return as_it_is
        if not is_read:
            limit = self.max_values
            return MappedProperties({}, (TooManyProperties(PROPERTIES_POINTER, limit, limit + 1),), {})
        return MappedProperties(event.properties, tuple(event.errors), event.paths)


#: Changes nothing.
NO_MAPPING: Final = Mapping()


class _Member(NamedTuple):
    """What a key of an object becomes: the ``name`` of its property, the ``path`` to it, and the object that it may be.

    ``is_moved`` says whether the name is not that of the key in the event itself.
    """

    name: str
    path: _Path
    is_moved: bool
    object: "_Object"


class _Object:
    """What the members of an object in the events become under a mapping. The keys that lead to it identify it.

    Events of the same kind have the same keys, so ``members`` are kept, up to a number for each mapping.
    """

    __slots__ = ("_budget", "_mapping", "_path", "_prefix", "members")

    def __init__(self, mapping: Mapping, path: _Path, prefix: str, budget: list[None]) -> None:
        self._mapping = mapping
        self._path = path
        self._prefix = prefix
        self._budget = budget  # of all objects together: has an item for each member that may yet be kept
        self.members: dict[str, _Member] = {}

    def new_member(self, key: str) -> _Member:
        """What the member under ``key`` becomes, which ``members`` lacks."""
        mapping = self._mapping
        path = (*self._path, key)
        name = self._prefix + mapped_name(key, mapping.names)
        member = _Member(name, path, path != (name,), _Object(mapping, path, name + mapping.separator, self._budget))
        if self._budget and len(key) <= _MAX_KEPT_LENGTH and len(path) <= _MAX_KEPT_DEPTH:
            self._budget.pop()
            self.members[key] = member
        return member


@lru_cache(maxsize=16)
def _event_object(mapping: Mapping) -> _Object:
    return _Object(mapping, (), "", [None] * _MAX_KEPT)


class _MappedEvent:
    """The properties of one event while they are mapped. ``_unread`` is the number of values that may still be read."""

    __slots__ = ("_mapping", "_max_name_length", "_unread", "errors", "paths", "properties")

    def __init__(self, mapping: Mapping, max_name_length: int) -> None:
        self._mapping = mapping
        self._max_name_length = max_name_length
        self._unread = mapping.max_values
        self.properties: dict[Any, Any] = {}
        self.errors: list[Violation] = []
        self.paths: dict[str, _Path] = {}

    def add(self, members: dict[Any, Any], place: _Object, depth: int = 1) -> bool:
        """Add the ``members`` of an object, which are ``depth`` keys deep. Returns whether all could be read."""
        members = members.copy()  # no other thread can change the copy
        self._unread -= len(members)
        if self._unread < 0:
            return False
        mapping = self._mapping
        keeps_nulls = mapping.nulls == "keep"
        flattens = mapping.objects == "flatten" and depth <= mapping.max_depth
        known = place.members
        for key, value in members.items():
            if type(key) is not str:  # of the event itself: the merge refuses it
                self.properties[key] = value
                continue
            member = known.get(key) or place.new_member(key)
            kind = type(value)
            if kind is dict and flattens and are_texts(value):
                if not self.add(value, member.object, depth + 1):
                    return False
            elif kind is list or kind is tuple:
                self._add_array(member, value)
            elif value is not None or keeps_nulls:
                self._put(member.name, value, member)
        return True

    def _add_array(self, member: _Member, items: Any) -> None:
        name = member.name
        match self._mapping.arrays:
            case "drop":
                return
            case "count":
                name, items = f"{name}{self._mapping.separator}count", len(items)
            case "json":
                items = _json_text(items)
            case "join" if all(type(item) is str and _JOINT not in item for item in items):
                items = _JOINT.join(items)
        self._put(name, items, member)

    def _put(self, name: str, value: Any, member: _Member) -> None:
        if name in self.properties:
            other = self.paths.get(name, (name,))
            limit = self._max_name_length
            self.errors.append(NameConflict(_pointer(member.path, limit), _pointer(other, limit)))
            return
        self.properties[name] = value
        if member.is_moved or name is not member.name:
            self.paths[name] = member.path


@lru_cache(maxsize=10_000)
def mapped_name(name: str, names: Names) -> str:
    """``name`` as ``Mapping.names`` says: see there."""
    if names == "keep":
        return name
    parts = [part for part in _UNLAWFUL.split(name) if part]
    lawful = "_".join(parts) or name
    return _WORDS.sub("_", lawful).lower() if names == "snake_case" else lawful


def _json_text(items: Any) -> Any:
    """The compact JSON text of an array; the array itself if JSON has no text for it, or a very long one."""
    if not _is_bounded(items):
        return items
    try:
        return _encode(items)
    except (TypeError, ValueError, RecursionError):
        return items


def _is_bounded(items: Any) -> bool:
    """Whether the JSON text of an array has a bounded length: a small array may repeat another one on many levels."""
    left = _MAX_JSON_TEXT
    waiting: list[Any] = [items]
    while waiting:
        value = waiting.pop()
        kind = type(value)
        left -= len(value) if kind is str or kind is list or kind is tuple or kind is dict else 1
        if left < 0:
            return False
        if kind is list or kind is tuple:
            waiting.extend(value)
        elif kind is dict:
            waiting.extend(value)
            waiting.extend(value.values())
    return True


def _pointer(path: _Path, max_name_length: int) -> str:
    pointer = PROPERTIES_POINTER
    for key in path:
        pointer = pointer_to(pointer, key, max_name_length)
    return pointer
