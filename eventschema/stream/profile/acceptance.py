"""How many events of files a replay accepts: with nothing declared, and with the schemas that their profile recommends.

This reads the files once more, in order, so it is not part of a profile, which can be counted in parts. It is skipped
if the profile already says that no event would be rejected.
"""

from collections.abc import Sequence
from dataclasses import fields
from typing import Final, NamedTuple

from eventschema.core.pointers import encodable
from eventschema.core.rules import DEFAULT_RULES
from eventschema.stream.profile.parts import ProfileTask
from eventschema.stream.profile.profile import EventProfile
from eventschema.stream.profile.recommendation import first_type, refused
from eventschema.stream.reading.files import read_events
from eventschema.stream.reading.sources import OnRead, UnreadableSourceError
from eventschema.stream.replay.events import Rejection, Replay

#: The rules whose effect on events a profile counts. If another is not at its default, the events must be replayed.
COUNTED_RULES: Final = frozenset(
    {
        *("max_properties", "max_name_length", "max_string_length", "max_event_name_length"),
        *("float_digits", "url_schemes", "detect", "nulls", "types"),
    }
)


class Acceptance(NamedTuple):
    """How many events are ``accepted`` by a replay without schemas, and by one with the ``recommended`` schemas."""

    accepted: int
    recommended: int


def count_accepted(
    profile: EventProfile, paths: Sequence[str], task: ProfileTask, on_read: OnRead | None = None
) -> Acceptance:
    """Count the events that a replay of the files at ``paths``, in order, accepts; ``profile`` is that of these files.

    A file that cannot be read to its end counts as far as it can be read. ``on_read`` is called as by ``read_events``.
    """
    sources = list(map(encodable, paths))
    # Locations in a profile are ordered by the names of the files.
    if sources == sorted(sources) and _accepts_all(profile):
        return Acceptance(profile.count, profile.count)
    recommendation = profile.recommended()
    replays = [Replay({}, task.rules)]
    if recommendation.unsettled or not _only_types_can_reject(profile):
        replays.append(Replay(recommendation.schemas, task.rules))
    counts = [0, 0]
    total = 0
    for path in paths:
        events = read_events(
            path, task.envelope, task.rules, max_line_bytes=task.max_line_bytes, on_read=on_read, options=task.options
        )
        try:
            for event in events:
                total += 1
                for number, replay in enumerate(replays):
                    counts[number] += not isinstance(replay.add(event), Rejection)
        except UnreadableSourceError:
            continue
    return Acceptance(counts[0], counts[1] if len(replays) > 1 else total)


def _accepts_all(profile: EventProfile) -> bool:
    """Whether a replay of the events in the order of their locations certainly rejects none of them."""
    if not _only_types_can_reject(profile):
        return False
    exact = profile.rules.types == "exact"
    return not any(
        (first := first_type(counts)) is not None and refused(counts, first, exact=exact)
        for stats in profile.events.values()
        for counts in stats.properties.values()
    )


def _only_types_can_reject(profile: EventProfile) -> bool:
    """Whether only the type of a property can be a reason to reject an event."""
    rules, all_stats = profile.rules, profile.events.values()
    has_errors = profile.errors or any(
        stats.errors or any(counts.errors for counts in stats.properties.values()) for stats in all_stats
    )
    is_known = all(
        getattr(rules, field.name) == getattr(DEFAULT_RULES, field.name)
        for field in fields(rules)
        if field.name not in COUNTED_RULES
    )
    return profile.is_complete and not has_errors and is_known
