"""What a change makes of a stored schema, and which versions it and a declared schema have."""

import pytest

from eventschema import EventSchema, FrozenDict, PropertyType, SchemaChange
from eventschema.store.versions import Version, schema_after, versions_of_change, versions_of_schema

INT, FLOAT, STRING, DATE = PropertyType.INT, PropertyType.FLOAT, PropertyType.STRING, PropertyType.DATE
STORED = EventSchema("order", {"total": "int", "day": "date"})


def change(
    base: int | None, added: dict[str, PropertyType], **retyped: tuple[PropertyType, PropertyType]
) -> SchemaChange:
    return SchemaChange("order", base, FrozenDict(added), FrozenDict(retyped))


def test_the_versions_of_a_change() -> None:
    assert versions_of_change(change(None, {})) == [Version(0)]
    assert versions_of_change(change(None, {"a": INT})) == [Version(0), Version(1, FrozenDict({"a": INT}))]
    assert versions_of_change(change(3, {})) == []
    both = change(3, {"a": INT}, total=(INT, FLOAT))
    assert versions_of_change(both) == [Version(4, FrozenDict({"a": INT}), FrozenDict({"total": (INT, FLOAT)}))]


def test_the_versions_of_a_schema() -> None:
    schema = STORED.retype({"day": "string"}).merge({"a": 1}).schema.retype({"day": "date"})
    assert versions_of_schema(schema) == [
        Version(0, FrozenDict({"total": INT, "day": DATE})),
        Version(1),
        Version(2, FrozenDict({"a": INT})),
        Version(3, FrozenDict(), FrozenDict({"day": (None, DATE)})),
    ]


@pytest.mark.parametrize(
    "late",
    [
        change(1, {"a": INT}),
        change(None, {"a": INT}),
        change(0, {"day": DATE}),
        change(0, {}, total=(FLOAT, STRING)),
        change(0, {}, total=(STRING, INT)),
        change(0, {}, other=(INT, FLOAT)),
    ],
)
def test_a_change_of_another_schema_than_the_stored_one(late: SchemaChange) -> None:
    assert schema_after(STORED, late) is None


def test_the_versions_of_a_frozen_schema() -> None:
    frozen = STORED.freeze().retype({"day": "string"})
    ended = STORED.freeze().merge({}).schema.freeze(frozen=False)
    again = ended.retype({"day": "string"}).retype({"day": "date"}).freeze()
    assert [version.frozen for version in versions_of_schema(frozen)] == [None, True, None]
    assert [version.frozen for version in versions_of_schema(ended)] == [None, False, False]
    assert [version.frozen for version in versions_of_schema(again)] == [None, False, False, False, None, True]
    assert [version.frozen for version in versions_of_schema(EventSchema("e", frozen=True))] == [True]
    assert versions_of_change(STORED.freeze_change()) == [Version(1, frozen=True)]


def test_a_freeze_of_the_stored_schema() -> None:
    frozen = STORED.freeze()
    assert schema_after(STORED, STORED.freeze_change()) == frozen
    assert schema_after(STORED, STORED.freeze_change(frozen=False)) is None
    assert schema_after(frozen, STORED.freeze_change()) is None
    assert schema_after(frozen, frozen.freeze_change()) is None
    assert schema_after(None, STORED.freeze_change()) is None


def test_a_change_of_the_stored_schema() -> None:
    assert schema_after(STORED, change(0, {}, total=(INT, FLOAT))) == STORED.retype({"total": "float"})
    assert schema_after(None, change(None, {"a": INT})) == EventSchema("order").merge({"a": 1}).schema
    assert schema_after(None, change(0, {"a": INT})) is None
