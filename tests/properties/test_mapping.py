"""Properties of every mapping: nothing is lost unreported, and errors point to the values that were sent."""

import re
from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as st

from eventschema import EventSchema, Rules
from eventschema.core.names import is_name
from eventschema.core.pointers import pointer_to
from eventschema.stream import Mapping
from eventschema.stream.mapping import Names, mapped_name
from eventschema.testing import rules

NAMES = st.sampled_from(["a", "b", "a_b", "aB", "A b", "$a", "+1", "-1", "", "\u20ac", "b_count"]) | st.text(max_size=3)
SCALARS = st.sampled_from([None, True, 1, 0.5, "", "x", "x,y", "2026-11-26"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)
EVENTS = st.dictionaries(NAMES, VALUES, max_size=4)
MAPPINGS = st.builds(
    Mapping,
    objects=st.sampled_from(["refuse", "flatten"]),
    arrays=st.sampled_from(["refuse", "json", "count", "join", "drop"]),
    names=st.sampled_from(["keep", "lawful", "snake_case"]),
    nulls=st.sampled_from(["keep", "drop"]),
    separator=st.sampled_from(["_", "__"]),
    max_depth=st.integers(1, 3),
)
SCHEMA = EventSchema("e", {"a": "int", "a_b": "date", "b_count": "int"})


def leaves(value: Any, pointer: str, mapping: Mapping, depth: int = 0) -> dict[str, Any]:
    """The values that ``mapping`` keeps of an event, by their pointers."""
    found: dict[str, Any] = {}
    for key, member in value.items():
        here = pointer_to(pointer, key, 128)
        if mapping.objects == "flatten" and isinstance(member, dict) and depth < mapping.max_depth:
            found |= leaves(member, here, mapping, depth + 1)
        elif not (member is None and mapping.nulls == "drop") and not (
            isinstance(member, list) and mapping.arrays == "drop"
        ):
            found[here] = member
    return found


@given(MAPPINGS, EVENTS)
def test_each_value_is_kept_once_or_is_an_error(mapping: Mapping, event: dict[str, Any]) -> None:
    mapped = mapping.map(event)
    kept = [pointer_of(mapped.paths.get(name, (name,))) for name in mapped.properties]
    lost = [error.pointer for error in mapped.errors]
    expected = leaves(event, "/properties", mapping)
    assert sorted([*kept, *lost]) == sorted(expected)
    for name, pointer in zip(mapped.properties, kept, strict=True):
        if not isinstance(expected[pointer], list):
            assert mapped.properties[name] is expected[pointer]


@given(MAPPINGS, EVENTS, rules())
def test_errors_point_into_the_event_that_was_sent(mapping: Mapping, event: dict[str, Any], with_rules: Rules) -> None:
    result = mapping.map(event, with_rules).merge(SCHEMA, with_rules)
    limit = with_rules.max_name_length
    places = {"/properties", *pointers(event, "/properties", limit)}
    assert {error.pointer for error in (*result.errors, *result.dropped)} <= places
    if result.errors:
        assert (result.schema, result.properties, result.adjustments) == (SCHEMA, {}, ())


@given(st.text() | st.text("aB1_ $"), st.sampled_from(get_args(Names)))
def test_a_mapped_name_stays_as_it_is(name: str, names: Names) -> None:
    mapped = mapped_name(name, names)
    assert mapped_name(mapped, names) == mapped
    assert names == "keep" or is_name(mapped) or not re.search("[A-Za-z0-9_]", name)


def pointer_of(path: tuple[Any, ...]) -> str:
    pointer = "/properties"
    for key in path:
        pointer = pointer_to(pointer, key, 128)
    return pointer


def pointers(value: Any, pointer: str, limit: int) -> list[str]:
    found = []
    for key, member in value.items():
        here = pointer_to(pointer, key, limit)
        found += [here, *(pointers(member, here, limit) if isinstance(member, dict) else [])]
    return found
