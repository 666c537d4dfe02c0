"""A strategy for valid track requests of contacts that the store does not know yet."""

from typing import Any, Final

from hypothesis import strategies as st

from eventschema.core.arguments import check_kind
from eventschema.core.names import is_event_name
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.testing.events import conforming, property_names
from eventschema.testing.schemas import event_names
from eventschema.testing.texts import texts
from eventschema.testing.values import typed_values

_MAX_PROPERTIES: Final = 4  # of a drawn contact

#: E.164: a plus sign and 2 to 15 digits, the first of them not 0.
_phone_numbers: Final = st.integers(10, 10**15 - 1).map("+{}".format)
_emails: Final = st.sampled_from(("ann@example.com", "Bo@example.org")) | texts(PropertyType.EMAIL)
_short_texts: Final = st.none() | st.sampled_from(("", "api", "v2", "2026-11")) | event_names()
_event_ids: Final = st.uuids().map(str) | st.uuids().map(lambda uuid: str(uuid).upper())


def track_requests(
    schema: EventSchema | None = None, rules: Rules = DEFAULT_RULES
) -> st.SearchStrategy[dict[str, Any]]:
    """Payloads of track requests that JSON can hold and ``rules`` accept.

    ``TrackRequest.parse(payload, rules).decide(schema, ()).ok`` for each. ``schema`` accepts the event; without one it
    is the first event of its name. The contact has an email, a phone number or both, and never an id, since the store
    gives that. The strategy is empty if the rules allow no event name, or not that of ``schema``.
    """
    if schema is not None:
        check_kind(schema, EventSchema, "a schema (EventSchema)")
    names = event_names(rules) if schema is None else st.just(schema.name)
    if schema is not None and not is_event_name(schema.name, rules):
        return st.nothing()
    event = conforming(EventSchema("event") if schema is None else schema, rules)
    return st.fixed_dictionaries(
        {"eventName": names, "contact": _contacts(rules)},
        optional={
            "properties": st.none() | event,
            "eventTime": st.none() | texts(PropertyType.DATETIME, rules),
            "eventID": st.none() | (_event_ids if rules.event_ids == "uuid" else _event_ids | event_names()),
            "origin": _short_texts,
            "eventVersion": _short_texts,
            **({} if rules.unknown_fields == "reject" else {"context": st.just({"ip": None})}),
        },
    )


def _contacts(rules: Rules) -> st.SearchStrategy[dict[str, Any]]:
    identifiers = st.one_of(
        st.fixed_dictionaries({"email": _emails}, optional={"phoneNumber": _phone_numbers}),
        st.fixed_dictionaries({"phoneNumber": _phone_numbers}),
    )
    properties = _contact_properties(rules) if rules.max_name_length else st.just({})
    return st.builds(lambda one, other: {**one, **other}, identifiers, properties)


def _contact_properties(rules: Rules) -> st.SearchStrategy[dict[str, Any]]:
    """Contact properties: a value or an array of texts to set, or ``None`` to remove one."""
    names = property_names(rules).filter(lambda name: name not in {"id", "email", "phoneNumber"})
    arrays = st.lists(texts(PropertyType.STRING, rules), max_size=3)
    values = st.one_of(st.none(), *(typed_values(kind, rules) for kind in PropertyType), arrays)
    return st.dictionaries(names, values, max_size=min(_MAX_PROPERTIES, rules.max_properties))
