"""Replaying events, or whole track requests, in order, as a service would decide on them."""

from eventschema.stream.replay.events import (
    Rejection,
    Replay,
    ReplayResult,
    check,
    check_rules,
    replay,
    replay_blocks,
)
from eventschema.stream.replay.requests import Tracked, TrackReplay

__all__ = [
    "Rejection",
    "Replay",
    "ReplayResult",
    "TrackReplay",
    "Tracked",
    "check",
    "check_rules",
    "replay",
    "replay_blocks",
]
