"""Counting what is in events: a profile, its findings, and the schemas that it recommends to declare."""

from eventschema.stream.profile.profile import Bounds, EventProfile

__all__ = ["Bounds", "EventProfile"]
