"""The import of an export gives the schemas back, and an imported type takes whatever its JSON Schema accepts."""

from collections.abc import Iterable
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventschema import EventSchema, Rules
from eventschema.export import to_json_schema, to_tracking_plan
from eventschema.export.jsonschema import DIALECT
from eventschema.imports import from_json_schema, from_tracking_plan
from eventschema.testing import schemas

SEVERAL = st.lists(schemas(), max_size=3, unique_by=lambda schema: schema.name)
#: Rules under default limits.
RULES = st.builds(
    Rules,
    nulls=st.sampled_from(["ignore", "reject"]),
    empty_texts=st.sampled_from(["keep", "ignore"]),
    types=st.sampled_from(["conform", "exact"]),
)
KEYWORDS: list[dict[str, Any]] = [
    *({"type": name} for name in ("boolean", "integer", "number", "string", "object", "array", "null")),
    *({"type": "string", "format": name} for name in ("date", "date-time", "email", "uuid")),
    {"type": ["integer", "string"]},
    {"format": "date"},
    {"const": "2026-03-05"},
    {"enum": [1, 1.5, None]},
    {"maxLength": 3},
    {},
]
SOME = st.sampled_from([*KEYWORDS, True, False])
PROPERTIES = st.recursive(
    SOME,
    lambda inner: st.builds(
        lambda beside, keyword, parts: beside | {keyword: parts},
        st.sampled_from(KEYWORDS),
        st.sampled_from(["anyOf", "allOf", "oneOf"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=5,
)
VALUES: tuple[Any, ...] = (True, 0, 7, 1.5, "", "x", "2026-03-05", "2026-03-05T09:30:00Z", "ann@example.com", [], {})


def declared(schemas: Iterable[EventSchema]) -> dict[str, EventSchema]:
    """The schemas as if they were declared: an export has no versions."""
    return {schema.name: EventSchema(schema.name, schema.properties) for schema in schemas}


@given(given=SEVERAL, closed=st.booleans(), rules=RULES)
def test_an_exported_json_schema_comes_back(given: list[EventSchema], closed: bool, rules: Rules) -> None:
    assert from_json_schema(to_json_schema(given, closed, rules=rules)) == (declared(given), ())
    for schema in given[:1]:
        assert from_json_schema(to_json_schema(schema, closed, rules=rules)) == (declared([schema]), ())


@given(given=SEVERAL, closed=st.booleans(), rules=RULES)
def test_an_exported_tracking_plan_comes_back(given: list[EventSchema], closed: bool, rules: Rules) -> None:
    assert from_tracking_plan(to_tracking_plan(given, "segment", closed, rules=rules)) == (declared(given), ())


@given(schema=schemas())
def test_an_exported_arrow_schema_comes_back(schema: EventSchema) -> None:
    pytest.importorskip("pyarrow", reason="the extra export brings it")
    from eventschema.export import to_arrow
    from eventschema.imports import from_arrow

    assert from_arrow(to_arrow(schema)) == (declared([schema]), ())


@given(property_=PROPERTIES)
def test_an_imported_type_takes_what_is_valid(property_: Any) -> None:
    document = {"$schema": DIALECT, "type": "object", "properties": {"p": property_}}
    schema = from_json_schema(document, "e").schemas["e"]
    is_valid = jsonschema_rs.validator_for(document, validate_formats=True).is_valid
    if "p" in schema.properties:
        for value in filter(lambda value: is_valid({"p": value}), VALUES):
            assert schema.merge({"p": value}).ok, value
