"""Reads the lines of files as events, or as whole objects. Needs the extra `stream`."""

from eventschema.stream.reading.files import MAX_LINE_BYTES, read_blocks, read_events, read_objects, read_stream
from eventschema.stream.reading.sources import UnreadableSourceError
from eventschema.stream.reading.texts import InputOptions

__all__ = [
    "MAX_LINE_BYTES",
    "InputOptions",
    "UnreadableSourceError",
    "read_blocks",
    "read_events",
    "read_objects",
    "read_stream",
]
