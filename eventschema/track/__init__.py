"""Parses a track request, which has a contact and an event, and decides on it. Pure: no I/O, no clock, no state."""

from eventschema.track.contact import Contact, ContactChange, ContactRequest
from eventschema.track.event import TrackedEvent
from eventschema.track.request import TrackDecision, TrackRequest
from eventschema.track.violations import (
    ContactConflict,
    ContactNotFound,
    InvalidContactId,
    InvalidEmail,
    InvalidEventId,
    InvalidEventName,
    InvalidEventTime,
    InvalidEventVersion,
    InvalidOrigin,
    InvalidPhoneNumber,
    MissingContactIdentifier,
    MissingField,
    UnknownField,
)

__all__ = [
    "Contact",
    "ContactChange",
    "ContactConflict",
    "ContactNotFound",
    "ContactRequest",
    "InvalidContactId",
    "InvalidEmail",
    "InvalidEventId",
    "InvalidEventName",
    "InvalidEventTime",
    "InvalidEventVersion",
    "InvalidOrigin",
    "InvalidPhoneNumber",
    "MissingContactIdentifier",
    "MissingField",
    "TrackDecision",
    "TrackRequest",
    "TrackedEvent",
    "UnknownField",
]
