"""The events of a stream, and envelopes: they say under which keys an object carries its event.

Files of events have three shapes: ``{"eventName": ..., "properties": {...}}`` as in a track request, the same with
other keys (``event`` and ``properties`` in Segment's files), and bare objects of properties, all of one event. Other
keys of an object (``userId``, ``timestamp``, a contact) are ignored, since these files are for other systems too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final, NamedTuple

from eventschema.core.jsontext import MAX_SHOWN, read_json
from eventschema.core.pointers import pointer_to, truncate
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.violations import MalformedRequest, Violation
from eventschema.stream.mapping import NO_MAPPING, MappedProperties, Mapping
from eventschema.track.reading import parse_event_name
from eventschema.track.violations import InvalidEventName, MissingField


class StreamObject(NamedTuple):
    """One whole line of a stream.

    ``source`` and ``line`` (from 1) are its location. ``value`` is its JSON object, or why it has none.
    """

    source: str
    line: int
    value: dict[str, Any] | MalformedRequest


class Block(NamedTuple):
    """Lines of a source that were read together.

    ``values`` are, in order, the JSON objects of all lines that are not blank, or why a line has none; ``numbers`` are
    the numbers of these lines, from 1. ``end`` is the number of the last line of the block, blank or not.
    """

    source: str
    numbers: Sequence[int]
    values: Sequence[dict[str, Any] | MalformedRequest]
    end: int


class StreamEvent(NamedTuple):
    """One event of a stream.

    ``source`` and ``line`` (from 1) are its location. ``errors`` are those found without a schema: if there are any,
    ``name`` is ``None`` and ``properties`` have no meaning. ``name_pointer`` points to the name in the line.
    ``has_properties`` is false if the line lacks the key of the properties: an event without any, or a mistyped key.
    ``mapped`` has the properties too if they were mapped, with the errors of the mapping.
    """

    source: str
    line: int
    name: str | None
    properties: Any = None
    errors: tuple[Violation, ...] = ()
    name_pointer: str = "/eventName"
    has_properties: bool = True
    mapped: MappedProperties | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """How an object carries its event: under two keys, or, if ``event`` is given, as the object of its properties.

    Absent or null properties are the same as an empty object.

    - ``event_key``, ``properties_key``: the keys of the name and of the properties.
    - ``event``: the name of all events.
    - ``event_keys``: several keys, whose texts or integers, joined by dots, are the name. They replace ``event_key``.
    - ``event_from_source``: the name of an event is that of its file, up to the first dot, without the folder.
    - ``flat``: the properties are in the object itself: all other keys than those of the name and ``left_out``.
    - ``json_properties``: the properties may be a text that is the JSON of an object.
    - ``only``: pairs of a key and a text. An object that lacks one of these texts under its key is not an event:
      see :func:`select_events`.
    - ``mapping``: what to make of nested and messy properties.
    """

    event_key: str = "eventName"
    properties_key: str = "properties"
    event: str | None = None
    event_keys: tuple[str, ...] = ()
    event_from_source: bool = False
    flat: bool = False
    left_out: frozenset[str] = frozenset()
    json_properties: bool = False
    only: tuple[tuple[str, str], ...] = ()
    mapping: Mapping = NO_MAPPING

    @property
    def is_plain(self) -> bool:
        """Whether no options but ``event_key``, ``properties_key``, ``event`` and ``only`` are set."""
        return (
            not (self.event_keys or self.event_from_source or self.flat or self.json_properties)
            and self.mapping.changes_nothing
        )

    def open(self, source: str, line: int, value: dict[str, Any], rules: Rules = DEFAULT_RULES) -> StreamEvent:
        """The event of the object ``value``, with its location.

        Its ``errors`` are ``missing_field`` if a key of the name is missing, ``invalid_event_name`` if its value is not
        an event name under ``rules``, or ``malformed_request`` for a text that is not JSON. The properties are
        validated by the schema, later.
        """
        name, pointer = self._name(source, value, rules)
        plain = name if isinstance(name, Violation) else parse_event_name(name, pointer, rules)
        if isinstance(plain, Violation):
            return StreamEvent(source, line, None, errors=(plain,), name_pointer=pointer)
        properties = self._properties(value)
        if self.json_properties and isinstance(properties, str):
            properties = _decoded(properties, pointer_to("", self.properties_key, rules.max_name_length))
            if isinstance(properties, MalformedRequest):
                return StreamEvent(source, line, None, errors=(properties,), name_pointer=pointer)
        event = StreamEvent(source, line, plain, {} if properties is None else properties, (), pointer)
        if properties is None and self.properties_key not in value:
            event = event._replace(has_properties=False)
        if self.mapping.changes_nothing:
            return event
        mapped = self.mapping.map(event.properties, rules)
        return event._replace(properties=mapped.properties, mapped=mapped)

    def simplified(self, source: str, value: Any, rules: Rules) -> dict[str, Any] | None:
        """``value`` as an object of the default envelope, with mapped properties; ``None`` if anything is wrong."""
        if type(value) is not dict:
            return None
        event = self.open(source, 0, value, rules)
        if event.name is None or not event.has_properties or (event.mapped is not None and event.mapped.errors):
            return None
        return {DEFAULT_ENVELOPE.event_key: event.name, DEFAULT_ENVELOPE.properties_key: event.properties}

    def has_event(self, value: object) -> bool:
        """Whether ``value`` is an event, as ``only`` says. Also true for a line that is no object: it is an error."""
        return not isinstance(value, dict) or all(value.get(key) == text for key, text in self.only)

    def _name(self, source: str, value: dict[str, Any], rules: Rules) -> tuple[object, str]:
        """The name of the event, or its violation, and the pointer to it."""
        if self.event is not None:
            return self.event, ""
        if self.event_from_source:
            return PurePath(source).name.partition(".")[0], ""
        parts: list[str] = []
        for key in self.event_keys or (self.event_key,):
            pointer = pointer_to("", key, rules.max_name_length)
            if key not in value:
                return MissingField(pointer, truncate(key, rules.max_name_length)), pointer
            part = value[key]
            if not self.event_keys:
                return part, pointer
            if type(part) is not str and type(part) is not int:
                return InvalidEventName(pointer, "not_text"), pointer
            parts.append(str(part))
        return ".".join(parts), pointer

    def _properties(self, value: dict[str, Any]) -> Any:
        if not self.flat:
            is_whole = self.event is not None or (self.event_from_source and self.properties_key not in value)
            return value if is_whole else value.get(self.properties_key)
        without = self.left_out.union(self.event_keys or (self.event_key,))
        return {key: member for key, member in value.items() if key not in without}


def _decoded(text: str, pointer: str) -> Any:
    """The JSON value of ``text``, or its violation at ``pointer``."""
    try:
        value, repeated = read_json(text, parse_constant=_refuse)
    except (ValueError, RecursionError):  # json.JSONDecodeError is a ValueError
        return MalformedRequest(pointer, "the JSON text of an object", "text that is not JSON")
    if repeated:
        found = f"{truncate(repeated.key, MAX_SHOWN)} twice"
        return MalformedRequest(f"{pointer}{repeated.pointer}", "each key once in an object", found)
    return value


def _refuse(_: str) -> None:
    raise ValueError("NaN and infinities are not JSON")


def select_events(block: Block, envelope: Envelope) -> tuple[Block, int]:
    """The lines of ``block`` that have an event, as ``envelope.only`` says, and the number of the others."""
    if not envelope.only:
        return block, 0
    kept = [
        (number, value) for number, value in zip(block.numbers, block.values, strict=True) if envelope.has_event(value)
    ]
    numbers, values = [number for number, _ in kept], [value for _, value in kept]
    return block._replace(numbers=numbers, values=values), len(block.values) - len(kept)


def open_event(
    source: str, number: int, value: dict[str, Any] | MalformedRequest, envelope: Envelope, rules: Rules
) -> StreamEvent:
    """The event of the line ``number`` of ``source``, with the ``value`` that a :class:`Block` has for it."""
    if isinstance(value, MalformedRequest):
        return StreamEvent(source, number, None, errors=(value,))
    return envelope.open(source, number, value, rules)


#: The envelope of a track request.
DEFAULT_ENVELOPE: Final = Envelope()
