"""The profile of one part of a file."""

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from eventschema.core.pointers import encodable
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.stream.envelopes import DEFAULT_ENVELOPE, Block, Envelope, open_event, select_events
from eventschema.stream.profile.counts import DEFAULT_BOUNDS, Bounds
from eventschema.stream.profile.profile import EventProfile
from eventschema.stream.reading.decoding import is_object
from eventschema.stream.reading.files import MAX_LINE_BYTES, read_stream_blocks
from eventschema.stream.reading.parts import Part, open_part
from eventschema.stream.reading.sources import OnRead, UnreadableSourceError
from eventschema.stream.reading.texts import AUTO, InputOptions

#: The bytes of a part; each but the last goes on to the end of its line.
PART_BYTES: Final = 2**25

_CHUNK_BYTES: Final = 2**18
_OBJECTS: Final = {dict}


class ProfileTask(NamedTuple):
    """How all parts are profiled: how lines are read, and what is counted."""

    envelope: Envelope = DEFAULT_ENVELOPE
    rules: Rules = DEFAULT_RULES
    bounds: Bounds = DEFAULT_BOUNDS
    max_line_bytes: int = MAX_LINE_BYTES
    options: InputOptions = AUTO


DEFAULT_TASK: Final = ProfileTask()


class PartResult(NamedTuple):
    """The profile of a part, the number of its lines, and why it could not be read to its end, if it could not.

    ``has_object`` says whether any line is a JSON object, and ``skipped`` how many objects are not events.
    """

    profile: EventProfile
    lines: int
    has_object: bool
    skipped: int = 0
    failure: UnreadableSourceError | None = None


def profile_part(part: Part, task: ProfileTask, on_read: OnRead | None = None) -> PartResult:
    """The profile of one part. ``on_read`` is called with the number of bytes of each read."""
    profile = EventProfile(task.rules, task.bounds)
    number = 0
    has_object = False
    skipped = 0
    failure = None
    try:
        for block in _read(part, task, on_read):
            has_object = has_object or any(map(is_object, block.values))
            events, others = select_events(block, task.envelope)
            count_block(profile, events, task.envelope, task.rules)
            skipped += others
            number = block.end
    except UnreadableSourceError as error:
        failure = error
    return PartResult(profile, number, has_object, skipped, failure)


def _read(part: Part, task: ProfileTask, on_read: OnRead | None) -> Iterator[Block]:
    with open_part(part) as file:
        yield from read_stream_blocks(
            file,
            encodable(part.path),
            max_line_bytes=task.max_line_bytes,
            on_read=on_read,
            at_start=part.start == 0,
            chunk_bytes=_CHUNK_BYTES,
            options=part.options,
        )


def count_block(profile: EventProfile, block: Block, envelope: Envelope, rules: Rules) -> None:
    """Count the events of a block: ordinary ones together, if all lines are objects, and the others one by one."""
    others: Iterable[int] = range(len(block.values))
    if envelope.event is None and _has_only_objects(block):
        objects: Any = block.values
        keys = envelope.event_key, envelope.properties_key
        if not envelope.is_plain:
            objects = [envelope.simplified(block.source, value, rules) or {} for value in block.values]
            keys = DEFAULT_ENVELOPE.event_key, DEFAULT_ENVELOPE.properties_key
        others = profile.add_objects(block.source, block.numbers, objects, keys)
    for position in others:
        profile.add_event(open_event(block.source, block.numbers[position], block.values[position], envelope, rules))


def _has_only_objects(block: Block) -> bool:
    # Numbers without a gap are those of lines that were decoded together, since all of them are objects.
    return isinstance(block.numbers, range) or set(map(type, block.values)) <= _OBJECTS
