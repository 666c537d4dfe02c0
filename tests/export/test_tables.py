"""Each target has a row for each type, and each target its remarks."""

from collections.abc import Mapping
from typing import Any

import pytest

from eventschema import PropertyType, export
from eventschema.export import avro, bigquery, jsonschema
from eventschema.export.dialects import DIALECTS
from eventschema.export.targets import SQL_DIALECTS, TARGETS, remarks
from tests.export.schemas import ALL_TYPES

TABLES: dict[str, Mapping[PropertyType, Any]] = {
    "jsonschema.TYPES": jsonschema.TYPES,
    "bigquery.TYPES": bigquery.TYPES,
    "avro.TYPES": avro.TYPES,
    **{f"dialects.DIALECTS[{name!r}].types": dialect.types for name, dialect in DIALECTS.items()},
}


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_total(table: str) -> None:
    assert set(TABLES[table]) == set(PropertyType)


def test_the_table_of_arrow_is_total() -> None:
    pytest.importorskip("pyarrow", reason="the extra export brings it")
    from eventschema.export.arrow import TYPES

    assert set(TYPES) == set(PropertyType)


def test_every_dialect_is_a_target() -> None:
    assert set(SQL_DIALECTS) == set(DIALECTS)
    assert set(SQL_DIALECTS) <= set(TARGETS)


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_has_remarks(target: str) -> None:
    if target == "arrow":
        pytest.importorskip("pyarrow", reason="the extra export brings it")
    found = remarks(ALL_TYPES, target)
    assert found
    assert {remark.event for remark in found} == {"placed order"}
    assert {remark.property for remark in found} <= {None, *ALL_TYPES.properties}
    assert all(remark.sentence.endswith(".") for remark in found)


def test_typed_columns_have_other_remarks() -> None:
    plain, typed = remarks(ALL_TYPES, "postgresql"), remarks([ALL_TYPES], "postgresql", typed=True)
    assert [(remark.property, remark.sentence) for remark in set(typed) - set(plain)] == [
        (
            "a_dateTime",
            "A point in time in UTC, to the microsecond: the offset as sent, further digits and leap seconds get lost.",
        )
    ]


def test_an_unknown_target_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"^target: expected one of json-schema, postgresql, .*, found 'oracle'$"):
        remarks(ALL_TYPES, "oracle")


def test_names_of_the_extra_are_names_of_the_package() -> None:
    from eventschema.export.sql import to_sql

    assert export.to_sql is to_sql
    assert dir(export) == sorted([*export.__all__, "to_arrow", "to_arrow_table", "to_sql"])
    with pytest.raises(AttributeError, match=r"^module 'eventschema\.export' has no attribute 'to_excel'$"):
        export.to_excel  # type: ignore[attr-defined]  # noqa: B018  (asking is what fails)


def test_the_guide_lists_what_each_target_cannot_say() -> None:
    pytest.importorskip("pyarrow", reason="the extra export brings it")
    from tests.export.guide import table

    assert table() in str(export.__doc__), "python -m tests.export.guide writes it anew"
