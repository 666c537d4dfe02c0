"""Schemas as they were declared and have grown since, the names of their events, and rules."""

from typing import Any, Final

from hypothesis import strategies as st

from eventschema.core.changes import SchemaChange
from eventschema.core.frozen import FrozenDict
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.testing.events import property_names
from eventschema.testing.texts import filled, joined

_COMMON_NAMES: Final = ("order", "placed order", "Bestellung \u00fcber 100 \u20ac", "\u6ce8\u6587", "/~", "\U0001f600")
_MAX_NAME: Final = 12  # characters of a drawn name, but for one that is as long as the rules allow
_MAX_PROPERTIES: Final = 6  # of a drawn schema
_CAN_BE_LEFT_OUT: Final = tuple(
    kind for kind in PropertyType if kind not in {PropertyType.BOOL, PropertyType.FLOAT, PropertyType.STRING}
)

_name_characters: Final = st.one_of(
    st.integers(0x61, 0x7A).map(chr), st.integers(0x20, 0x7E).map(chr), st.integers(0x80, 0xD7FF).map(chr)
)


def event_names(rules: Rules = DEFAULT_RULES) -> st.SearchStrategy[str]:
    """Names that an event may have: 1 to ``rules.max_event_name_length`` characters, none of them a control.

    The longest is among them. The strategy is empty where the rules allow no name.
    """
    longest = rules.max_event_name_length
    if longest == 0:
        return st.nothing()
    names = joined(_name_characters, 1, min(longest, _MAX_NAME))
    common = [name for name in _COMMON_NAMES if len(name) <= longest]
    return filled(st.sampled_from(common) | names if common else names, longest)


def schemas(rules: Rules = DEFAULT_RULES) -> st.SearchStrategy[EventSchema]:
    """Schemas as ``rules`` allow them: some properties declared, others added by the versions since.

    Of a lawful name, and within ``rules.max_schema_properties``. The strategy is empty where the rules allow no name of
    an event.
    """
    bound = rules.max_schema_properties
    most = _MAX_PROPERTIES if bound is None else min(_MAX_PROPERTIES, bound)
    # With each property, whether it is the first of a new version.
    steps = st.dictionaries(
        property_names(rules), st.tuples(st.sampled_from(PropertyType), st.booleans()), max_size=most
    )
    return st.builds(_grown, event_names(rules), steps if rules.max_name_length else st.just({}))


def _grown(name: str, steps: dict[str, tuple[PropertyType, bool]]) -> EventSchema:
    versions: list[dict[str, PropertyType]] = [{}]
    for property_name, (kind, is_first) in steps.items():
        if is_first:
            versions.append({})
        versions[-1][property_name] = kind
    schema = EventSchema(name, versions[0])
    for added in versions[1:]:
        schema = schema.apply(SchemaChange(name, schema.version, FrozenDict(added)))
    return schema


@st.composite
def rules(draw: st.DrawFn) -> Rules:
    """Rules of all kinds; the defaults are the simplest.

    Each field may be drawn, limits at 0 and far too high among them; but some name is always allowed, of properties and
    of events, so that :func:`schemas` has something to draw.
    """
    # Every field is drawn, also where the default stays: so the choices after it keep their meaning, and the shrinker
    # can go back to a default wherever it likes. What a field's number has to exceed is drawn too, so that few changed
    # fields are as common as many.
    bar = draw(_numbers)
    fields = {name: (draw(_numbers), draw(values)) for name, values in _FIELDS.items()}
    return Rules(**{name: value for name, (number, value) in fields.items() if number > bar})


_numbers: Final = st.integers(0, 9)
_lengths: Final = st.integers(1, 12)
_limits: Final = st.integers(0, 8)
_endless: Final = st.just(10**30)  # more than any text or mapping can have
_FIELDS: Final[dict[str, st.SearchStrategy[Any]]] = {
    "max_properties": _limits | _endless,
    "max_name_length": _lengths | _endless,
    "max_string_length": _limits | st.integers(9, 300) | _endless,
    "float_digits": _limits | st.just(400),
    "max_schema_properties": st.none() | _limits | _endless,
    "max_event_name_length": _lengths | _endless,
    "url_schemes": st.frozensets(st.sampled_from(("http", "https", "ftp", "ws", "s3", "a")), max_size=3),
    "detect": st.frozensets(st.sampled_from(_CAN_BE_LEFT_OUT)).map(frozenset(PropertyType).difference),
    "new_properties": st.sampled_from(("add", "reject")),
    "nulls": st.sampled_from(("ignore", "reject")),
    "types": st.sampled_from(("conform", "exact")),
}
