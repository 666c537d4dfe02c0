"""Hypothesis calls ``register`` through its entry point when it is imported: ``st.from_type`` then knows our types.

So ``@given(schema=infer)`` works, and ``st.builds`` of a class with a field of the type ``EventSchema``. The strategies
are imported only when they are used, since an import of ``eventschema.testing`` may be what imports Hypothesis.
"""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from eventschema.core.changes import SchemaChange
from eventschema.core.results import MergeResult
from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.core.violations import Violation
from eventschema.track.contact import Contact, ContactChange
from eventschema.track.event import TrackedEvent
from eventschema.track.request import TrackDecision, TrackRequest


def register() -> None:
    """Register a strategy for each public type of values."""
    strategies: dict[type[Any], Callable[[], st.SearchStrategy[Any]]] = {
        Rules: _rules,
        EventSchema: _schemas,
        SchemaChange: _schema_changes,
        MergeResult: _merge_results,
        Violation: _violations,
        TrackRequest: _track_requests,
        TrackDecision: _decisions,
        TrackedEvent: lambda: _decisions().map(lambda decision: decision.event),
        Contact: lambda: _decisions().map(lambda decision: decision.contact),
        ContactChange: lambda: _decisions().map(lambda decision: decision.contact_change),
    }
    for kind, make in strategies.items():
        st.register_type_strategy(kind, _resolver(make))


def _resolver(make: Callable[[], st.SearchStrategy[Any]]) -> Callable[[type[Any]], st.SearchStrategy[Any]]:
    return lambda _: make()


def _rules() -> st.SearchStrategy[Rules]:
    from eventschema.testing.schemas import rules

    return rules()


def _schemas() -> st.SearchStrategy[EventSchema]:
    from eventschema.testing.schemas import schemas

    return schemas()


def _schema_changes() -> st.SearchStrategy[SchemaChange]:
    """A change that adds the drawn properties at its version, or as a new schema."""
    versions = st.none() | st.integers(0, 9)
    return st.builds(lambda schema, base: SchemaChange(schema.name, base, schema.properties), _schemas(), versions)


def _merge_results() -> st.SearchStrategy[MergeResult]:
    from eventschema.testing.events import events

    return _schemas().flatmap(lambda schema: events(schema).map(schema.merge))


def _violations() -> st.SearchStrategy[Violation]:
    from eventschema.testing.events import conflicting

    refused = _schemas().flatmap(conflicting)
    return refused.map(lambda drawn: drawn[1][0])


def _track_requests() -> st.SearchStrategy[TrackRequest]:
    from eventschema.testing.requests import track_requests

    return track_requests().map(TrackRequest.parse)


def _decisions() -> st.SearchStrategy[TrackDecision]:
    return _track_requests().map(lambda request: request.decide(None, ()))
