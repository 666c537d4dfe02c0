"""What the tests of code that uses the package can use: Hypothesis strategies, and :func:`check_store` for stores.

The extra ``testing`` installs what they need. Each strategy draws what is valid by construction, or what is invalid for
a reason that is drawn with it, under any ``Rules``:

    >>> from hypothesis import given
    >>> from eventschema import EventSchema
    >>> from eventschema.testing import conflicting
    >>> order = EventSchema("order", {"total": "float", "placed": "date"})
    >>> @given(conflicting(order))
    ... def test_what_is_wrong_is_said(drawn):
    ...     event, violations = drawn
    ...     assert order.merge(event).errors == violations

``st.from_type`` and ``st.builds`` know the package's types without an import of this one: Hypothesis finds them by its
entry point.
"""

try:
    from eventschema.testing.events import conflicting, conforming, events, property_names
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
