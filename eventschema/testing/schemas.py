"""Strategies for schemas, event names and rules."""

from typing import Any, Final

from hypothesis import strategies as st

from eventschema.core.arguments import require_rules
from eventschema.core.changes import SchemaChange
from eventschema.core.frozen import FrozenDict
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.schema import EventSchema
from eventschema.core.types import ALWAYS_DETECTED, PropertyType
from eventschema.testing.events import property_names
from eventschema.testing.texts import filled, joined

_COMMON_NAMES: Final = ("order", "placed order", "Bestellung \u00fcber 100 \u20ac", "\u6ce8\u6587", "/~", "\U0001f600")
_MAX_NAME: Final = 12  # characters of a drawn name, except for the longest allowed one
_MAX_PROPERTIES: Final = 6  # of a drawn schema
_PATTERNS: Final = ("a*", "*_at", "total", "?", "*")
_CAN_BE_LEFT_OUT: Final = tuple(kind for kind in PropertyType if kind not in ALWAYS_DETECTED)

_name_characters: Final = st.one_of(
    st.integers(0x61, 0x7A).map(chr), st.integers(0x20, 0x7E).map(chr), st.integers(0x80, 0xD7FF).map(chr)
)


def event_names(rules: Rules = DEFAULT_RULES) -> st.SearchStrategy[str]:
    """Valid event names: 1 to ``rules.max_event_name_length`` characters without control characters.

    Names of the greatest length are drawn too. The strategy is empty if the rules allow no name.
    """
    require_rules(rules)
    longest = rules.max_event_name_length
    if longest == 0:
        return st.nothing()
    names = joined(_name_characters, 1, min(longest, _MAX_NAME))
    common = [name for name in _COMMON_NAMES if len(name) <= longest]
    return filled(st.sampled_from(common) | names if common else names, longest)


def schemas(rules: Rules = DEFAULT_RULES) -> st.SearchStrategy[EventSchema]:
    """Schemas that ``rules`` allow: some properties are declared, later versions add others, some schemas are frozen.

    They have valid names and at most ``rules.max_schema_properties`` properties. The strategy is empty if the rules
    allow no event name.
    """
    require_rules(rules)
    bound = rules.max_schema_properties
    most = _MAX_PROPERTIES if bound is None else min(_MAX_PROPERTIES, bound)
    # The bool says whether the property starts a new version.
    steps = st.dictionaries(
        property_names(rules), st.tuples(st.sampled_from(PropertyType), st.booleans()), max_size=most
    )
    return st.builds(_grown, event_names(rules), steps if rules.max_name_length else st.just({}), _freezes)


def _grown(name: str, steps: dict[str, tuple[PropertyType, bool]], freezes: tuple[bool, ...]) -> EventSchema:
    versions: list[dict[str, PropertyType]] = [{}]
    for property_name, (kind, is_first) in steps.items():
        if is_first:
            versions.append({})
        versions[-1][property_name] = kind
    schema = EventSchema(name, versions[0])
    for added in versions[1:]:
        schema = schema.apply(SchemaChange(name, schema.version, FrozenDict(added)))
    for frozen in freezes:
        schema = schema.freeze(frozen=frozen)
    return schema


@st.composite
def rules(draw: st.DrawFn) -> Rules:
    """Rules with any field away from its default; the defaults are the simplest.

    Limits may be 0 or very high. Names of one character are always allowed, so that :func:`schemas` is never empty.
    """
    # Every field is drawn, even if its default is kept: the later choices then keep their meaning when the shrinker
    # goes back to a default. The bar is drawn too, so that few changed fields are as common as many.
    bar = draw(_numbers)
    fields = {name: (draw(_numbers), draw(values)) for name, values in _FIELDS.items()}
    return Rules(**{name: value for name, (number, value) in fields.items() if number > bar})


_freezes: Final = st.sampled_from(((), (), (), (True,), (True, False)))
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
    "invalid": st.sampled_from(("reject", "drop")),
    "empty_texts": st.sampled_from(("keep", "ignore")),
    "hints": st.lists(st.tuples(st.sampled_from(_PATTERNS), st.sampled_from(PropertyType)), max_size=2).map(tuple),
    "event_ids": st.sampled_from(("uuid", "text")),
    "unknown_fields": st.sampled_from(("reject", "ignore")),
}
