"""Which part of an object is the event: its name and its properties, taken out of what is around them.

Files of events come in three shapes: ``{"eventName": ..., "properties": {...}}`` as a track request has it, the same
under other keys (``event`` and ``properties`` in Segment's files), and bare objects of properties, all of one event.
What else an object holds (``userId``, ``timestamp``, a contact) is passed over: those files were made for others too.
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
    """One line of a stream as a whole, and where it stood.

    ``source`` and ``line`` (from 1) say where. ``value`` is the JSON object that the line is, or why it is none.
    """

    source: str
    line: int
    value: dict[str, Any] | MalformedRequest


class Block(NamedTuple):
    """What stands in some lines of a source, which were read at once.

    ``values`` are, in order, the JSON objects of all lines that are not blank, or why a line is none; ``numbers`` are
    the numbers of these lines, from 1. ``end`` is how many lines were read to the end of the block, blank ones too.
    """

    source: str
    numbers: Sequence[int]
    values: Sequence[dict[str, Any] | MalformedRequest]
    end: int


class StreamEvent(NamedTuple):
    """One event of a stream, and where it stood.

    ``source`` and ``line`` (from 1) say where. ``errors`` is what is wrong before any schema is asked: where there are
    some, ``name`` is ``None`` and ``properties`` mean nothing. ``name_pointer`` is where the name stands in the line.
    ``has_properties`` is false where the line lacks the key of the properties: an event without any, or a mistyped key.
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
    """How an object carries its event: under two keys, or, where ``event`` is given, as a whole.

    ``event`` is the name of the event that every object is the properties of. Absent or null properties are none.
    """

    event_key: str = "eventName"
    properties_key: str = "properties"
    event: str | None = None

    def open(self, source: str, line: int, value: Mapping[str, Any], rules: Rules = DEFAULT_RULES) -> StreamEvent:
        """The event that ``value`` carries, which stood at that line of that source.

        Its ``errors`` has ``missing_field`` where the key of the name is not there, and ``invalid_event_name`` where
        what it has is no event name under ``rules``. The properties are for a schema to judge.
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
    """The event of the line ``number`` of ``source``, of which ``value`` was made, as a :class:`Block` has it."""
    if isinstance(value, MalformedRequest):
        return StreamEvent(source, number, None, errors=(value,))
    return envelope.open(source, number, value, rules)


#: The envelope of a track request.
DEFAULT_ENVELOPE: Final = Envelope()
