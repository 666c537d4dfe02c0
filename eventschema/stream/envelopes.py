"""The events of a stream, and the envelopes that say under which keys an object has its event.

Files of events have three shapes: ``{"eventName": ..., "properties": {...}}`` as in a track request, the same with
other keys (``event`` and ``properties`` in Segment's files), and bare objects of properties, all of one event. Other
keys of an object (``userId``, ``timestamp``, a contact) are ignored, since these files are for other systems too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from eventschema.core.pointers import pointer_to, truncate
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.violations import MalformedRequest, Violation
from eventschema.track.reading import parse_event_name
from eventschema.track.violations import MissingField


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
    """

    source: str
    line: int
    name: str | None
    properties: Any = None
    errors: tuple[Violation, ...] = ()
    name_pointer: str = "/eventName"
    has_properties: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """How an object has its event: under two keys, or, if ``event`` is given, every object is the event's properties.

    ``event`` is then the name of all events. Absent or null properties are the same as an empty object.
    """

    event_key: str = "eventName"
    properties_key: str = "properties"
    event: str | None = None

    def open(self, source: str, line: int, value: Mapping[str, Any], rules: Rules = DEFAULT_RULES) -> StreamEvent:
        """The event of the object ``value``, with its location.

        Its ``errors`` are ``missing_field`` if the key of the name is missing, or ``invalid_event_name`` if its value
        is not an event name under ``rules``. The properties are validated by the schema, later.
        """
        if self.event is not None:
            return _named(source, line, self.event, value, "", rules)
        pointer = pointer_to("", self.event_key, rules.max_name_length)
        if self.event_key not in value:
            missing = MissingField(pointer, truncate(self.event_key, rules.max_name_length))
            return StreamEvent(source, line, None, errors=(missing,), name_pointer=pointer)
        properties = value.get(self.properties_key)
        if properties is not None:
            return _named(source, line, value[self.event_key], properties, pointer, rules)
        event = _named(source, line, value[self.event_key], {}, pointer, rules)
        return event if self.properties_key in value else event._replace(has_properties=False)


def _named(source: str, line: int, name: object, properties: Any, pointer: str, rules: Rules) -> StreamEvent:
    plain = parse_event_name(name, pointer, rules)
    if isinstance(plain, Violation):
        return StreamEvent(source, line, None, errors=(plain,), name_pointer=pointer)
    return StreamEvent(source, line, plain, properties, (), pointer)


def open_event(
    source: str, number: int, value: dict[str, Any] | MalformedRequest, envelope: Envelope, rules: Rules
) -> StreamEvent:
    """The event of the line ``number`` of ``source``, with the ``value`` that a :class:`Block` has for it."""
    if isinstance(value, MalformedRequest):
        return StreamEvent(source, number, None, errors=(value,))
    return envelope.open(source, number, value, rules)


#: The envelope of a track request.
DEFAULT_ENVELOPE: Final = Envelope()
