"""Counting what is in events: a profile, its findings, and the schemas that it recommends to declare."""

from eventschema.stream.profile.counts import Bounds, ProfileCounts
from eventschema.stream.profile.profile import EventProfile

__all__ = ["Bounds", "EventProfile", "ProfileCounts"]
