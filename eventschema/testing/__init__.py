"""Hypothesis strategies and `check_store`, for the tests of code that uses eventschema. Needs the extra `testing`.

Each strategy draws data that is valid by construction, or invalid for a reason that is drawn with it. They respect
`Rules` and shrink well.

    >>> from hypothesis import given
    >>> from eventschema import EventSchema
    >>> from eventschema.testing import conflicting
    >>> order = EventSchema("order", {"total": "float", "placed": "date"})

    >>> @given(conflicting(order))
    ... def test_a_conflict_changes_nothing(drawn):
    ...     event, violations = drawn
    ...     result = order.merge(event)  # call your service here
    ...     assert result.errors == violations and result.schema is order

    >>> test_a_conflict_changes_nothing()

| strategy | draws |
| --- | --- |
| `events(schema)` | events, of which some conform to the schema and some do not |
| `conforming(schema)` | events that the schema accepts |
| `conflicting(schema)` | a rejected event, and the violations that it gives |
| `dropping(schema, rules)` | under `Rules(invalid="drop")`, an event that loses properties, and their violations |
| `schemas()` | schemas |
| `rules()` | rules |
| `track_requests()` | track requests |
| `event_names()`, `property_names()` | valid names |
| `values(type)` | values of a property type |
| `texts(format)`, `near_misses(format)` | texts of a format, and texts that are nearly of it |

Other arguments than these are a `TypeError` or a `ValueError` that says what to give.

`st.from_type(EventSchema)` and `st.builds` find these strategies without an import of this package.

`check_store(make_store)` checks a store of your own against every promise of `eventschema.store.Store`, among them
the races of eight threads. `make_store` returns an empty store each time:

    >>> from eventschema.store import MemoryStore
    >>> from eventschema.testing import check_store
    >>> check_store(MemoryStore)  # raises AssertionError with the promise that was broken
"""

try:
    from eventschema.testing.events import conflicting, conforming, dropping, events, property_names
    from eventschema.testing.requests import track_requests
    from eventschema.testing.schemas import event_names, rules, schemas
    from eventschema.testing.stores import check_store
    from eventschema.testing.texts import near_misses, texts
    from eventschema.testing.values import values
except ModuleNotFoundError as error:
    from eventschema.extras import of_extra

    raise of_extra("testing", error) from None

__all__ = [
    "check_store",
    "conflicting",
    "conforming",
    "dropping",
    "event_names",
    "events",
    "near_misses",
    "property_names",
    "rules",
    "schemas",
    "texts",
    "track_requests",
    "values",
]
