"""Replays events, or whole track requests, in order, as a service would decide on them."""

from eventschema.stream.replay.events import (
    Rejection,
    Replay,
    ReplayResult,
    check,
    check_rules,
    replay,
    replay_blocks,
)
from eventschema.stream.replay.requests import AcceptedRequest, TrackReplay

__all__ = [
    "AcceptedRequest",
    "Rejection",
    "Replay",
    "ReplayResult",
    "TrackReplay",
    "check",
    "check_rules",
    "replay",
    "replay_blocks",
]
