"""What Hypothesis calls when it is imported, by its entry point: ``st.from_type`` then knows the package's types.

So ``@given(schema=infer)``, or ``st.builds`` of a class of yours that holds an ``EventSchema``, need no more. A module
of its own, and the strategies imported when one is asked for: ``import hypothesis`` may be what an import of
``eventschema.testing`` is waiting for.
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
    """Register a strategy for each type of the package that a test may ask for."""
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
    """The change that makes of nothing a schema of the drawn types, or that adds them at its version."""
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
