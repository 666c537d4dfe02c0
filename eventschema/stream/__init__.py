"""Many events, or whole track requests: read from files of JSON lines, replayed in their order, and profiled in any.

What is named here needs no extra. ``reading`` gets the lines out of files, ``decoding`` makes objects of them (both
need the extra ``stream``), and ``envelopes`` says which part of an object is the event. ``replay`` merges event after
event: ``replay(events)`` those of a whole stream, ``check(events, schemas)`` against schemas that stay as they are.
``track_replay`` decides on request after request, and ``account`` keeps what a report of either needs.

``profile`` counts what is in the events: ``tallies`` are the counts, of ``places`` and ``distinct`` values among them,
``recommend`` and ``findings`` are what follows from them, ``profiledocument`` is how they travel. ``counting`` profiles
a part of a file, ``profilefiles`` whole ones, with the processes of ``workers`` where there is more than one job.
``acceptance`` counts what a replay of profiled files would accept.
"""

from typing import TYPE_CHECKING

from eventschema.stream.envelopes import Envelope, StreamEvent, StreamObject
from eventschema.stream.profile import Bounds, EventProfile
from eventschema.stream.replay import Rejection, Replay, ReplayResult, check
from eventschema.stream.track_replay import TrackReplay

if TYPE_CHECKING:
    from eventschema.stream.replay import replay  # noqa: TC004  (when run, it is the submodule, which can be called too)

__all__ = [
    "Bounds",
    "Envelope",
    "EventProfile",
    "Rejection",
    "Replay",
    "ReplayResult",
    "StreamEvent",
    "StreamObject",
    "TrackReplay",
    "check",
    "replay",
]
