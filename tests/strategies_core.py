"""Hypothesis strategies for what the core takes: values, names, events, schemas, rules.

Names come from a small pool, so that events meet the schemas they are merged into; texts of the formats are such that
nobody could doubt.
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from hypothesis import strategies as st

from eventschema import EventSchema, PropertyType
from tests.hostile_values import HOSTILE_VALUES, Colour, Fickle, Text

#: A text of each format, and some beside them.
TEXTS: Mapping[PropertyType, tuple[str, ...]] = {
    PropertyType.DATE: ("2021-09-01", "0001-01-01", "2020-02-29"),
    PropertyType.DATETIME: ("2021-09-01T12:41:52Z", "2021-09-01T12:41", "2021-09-01T12:41:52.5+03:00"),
    PropertyType.EMAIL: ("jane@example.com", "o.k+tag@example.co.uk"),
    PropertyType.URL: ("https://example.com/", "http://shop.example.com:8080/a?b=c#d"),
    PropertyType.STRING: (
        "",
        "-",
        "plain words",
        "12.5",
        "2021-02-29",
        "a@b@c",
        "https:/x",
        "na\u00efve",
        "\U0001f600",
    ),
}

#: Integers on both sides of every bound.
EDGES = sorted(
    sign * (2**bits + step)
    for bits in (0, 53, 63, 64, 70, 1023, 1024)
    for step in (-2, -1, 0, 1, 2)
    for sign in (1, -1)
)

names = st.sampled_from(("a", "b", "c", "total", "x1", "_", "Total"))
bad_names = st.one_of(
    st.sampled_from(("", "a b", "naïve", "a\n", "\ud800", "/", "~")),
    st.integers(127, 129).map("x".__mul__),
    st.integers(127, 129).map("é".__mul__),
    st.sampled_from((1, None, True, 1.5, ("a",), b"a", Text("a"), Text("a b"), Colour.RED)),
    st.text(max_size=3),
    st.builds(Fickle, names),
)

_edges = st.integers(0, len(EDGES) - 1).map(EDGES.__getitem__)  # not sampled_from, which prints all of them
ints = st.one_of(st.integers(-3, 3), st.integers(), _edges)
floats = st.one_of(
    st.floats(),
    st.floats(-1000, 1000).map(lambda number: round(number, 6)),
    ints.filter(lambda number: abs(number) < 2**1023).map(float),
    st.sampled_from((-0.0, 0.0000005, 2.5, 5e-324, 1.7976931348623157e308)),
)
decimals = st.one_of(
    st.decimals(),
    st.decimals(-1000, 1000, places=8),
    ints.map(Decimal),
    st.sampled_from(("-0", "sNaN", "1E-999999", "1E+999999", "0E+999999", "1E+18", "0.1234565")).map(Decimal),
)
dates = st.one_of(st.dates(), st.datetimes())
texts = st.one_of(*(st.sampled_from(pool) for pool in TEXTS.values()), st.text(max_size=8))
bad_texts = st.one_of(
    st.sampled_from(("\ud800", "a\udfff")),
    st.integers(2047, 2049).map("x".__mul__),
    st.text(st.characters(codec=None), max_size=4),
)
#: Those of ``HOSTILE_VALUES`` that Hypothesis can inspect without a crash. Tables of cases test the others.
BEARABLE = sorted(name for name in HOSTILE_VALUES if "hides" not in name and "class" not in name)
hostile_values = st.sampled_from(BEARABLE).map(lambda name: HOSTILE_VALUES[name]())

#: Values that detection takes for something, or nearly.
plain_values = st.one_of(st.none(), st.booleans(), ints, floats, decimals, texts, dates)

#: Any value whatever.
values = st.one_of(
    plain_values,
    bad_texts,
    hostile_values,
    st.recursive(
        plain_values | st.binary(max_size=3),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | ints, inner, max_size=3) | st.tuples(inner),
        max_leaves=5,
    ),
)

#: Events as senders mean them, and events of anything.
events = st.dictionaries(names, plain_values, max_size=7)
wild_events = st.dictionaries(names | bad_names, values, max_size=7)

types = st.sampled_from(PropertyType)


@st.composite
def schemas(draw: st.DrawFn) -> EventSchema:
    """Draw a schema that was declared, grew by some events, and was retyped and frozen by people."""
    schema = EventSchema(
        draw(st.sampled_from(("order", "größe", "placed order"))),
        draw(st.dictionaries(names, types, max_size=3)),
    )
    for event in draw(st.lists(st.dictionaries(names, plain_values, max_size=3), max_size=3)):
        schema = schema.merge(event).schema
        if len(schema.properties) > 0 and draw(st.booleans()):
            schema = schema.retype({draw(st.sampled_from(list(schema.properties))): draw(types)})
        if draw(st.integers(0, 3)) == 3:
            schema = schema.freeze(frozen=not schema.frozen)
    return schema


#: Any mapping, and much that is none.
payloads = st.one_of(wild_events, wild_events.map(MappingProxyType), values)
