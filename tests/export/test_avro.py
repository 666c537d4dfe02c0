"""The names are held to the Avro specification here: fastavro takes more."""

import io
import re

import pytest
from hypothesis import given

from eventschema import EventSchema
from eventschema.export import to_avro, to_typed
from eventschema.testing import schemas
from tests.export.schemas import ALL_TYPES, EVENTS, HARD_NAMES, RESERVED, TYPED_EVENTS

#: Avro 1.12, "Names".
NAME = re.compile("[A-Za-z_][A-Za-z0-9_]*")
PRIMITIVE = {"null", "boolean", "int", "long", "float", "double", "bytes", "string"}


def test_a_record() -> None:
    record = to_avro(EventSchema("placed order", {"1st": "float", "at": "date"}))
    assert record == {
        "type": "record",
        "name": "placed_order",
        "doc": 'Event "placed order".',
        "fields": [
            {
                "name": "_1st",
                "type": ["null", "double"],
                "default": None,
                "doc": "Property 1st of type float.",
            },
            {
                "name": "at",
                "type": ["null", {"type": "int", "logicalType": "date"}],
                "default": None,
                "doc": "Property at of type date.",
            },
        ],
    }


@given(schemas())
def test_names_are_lawful(schema: EventSchema) -> None:
    record = to_avro(schema)
    assert NAME.fullmatch(record["name"])
    assert record["name"] not in PRIMITIVE
    assert all(NAME.fullmatch(field["name"]) for field in record["fields"])


@pytest.mark.parametrize("name", [*sorted(PRIMITIVE), "record", "map"])
def test_a_record_does_not_have_the_name_of_a_type(name: str) -> None:
    assert to_avro(EventSchema(name))["name"] == f"{name}_"


def test_several_events_are_a_union() -> None:
    assert [record["name"] for record in to_avro([ALL_TYPES, EventSchema("x")])] == ["placed_order", "x"]
    assert to_avro([]) == []


def test_names_that_become_one_are_an_error() -> None:
    message = r"^expected events of different names in Avro, found 'a b' and 'a-b', both 'a_b' there$"
    with pytest.raises(ValueError, match=message):
        to_avro([EventSchema("a b"), EventSchema("a-b")])
    with pytest.raises(ValueError, match=r"^expected properties of different names in Avro, found '1' and '_1', "):
        to_avro(EventSchema("e", {"1": "int", "_1": "int"}))


def test_fastavro_writes_and_reads_records() -> None:
    fastavro = pytest.importorskip("fastavro", reason="the extra interop brings it")
    record = to_avro(ALL_TYPES)
    fastavro.parse_schema(record)
    file = io.BytesIO()
    fastavro.writer(file, record, [to_typed(ALL_TYPES, event).properties for event in EVENTS])
    file.seek(0)
    nulls = dict.fromkeys(ALL_TYPES.properties)
    assert list(fastavro.reader(file)) == [nulls | event for event in TYPED_EVENTS]


def test_fastavro_takes_a_union_of_records() -> None:
    fastavro = pytest.importorskip("fastavro", reason="the extra interop brings it")
    records = to_avro([ALL_TYPES, RESERVED, EventSchema("string"), *(EventSchema(name) for name in HARD_NAMES[:3])])
    fastavro.parse_schema(records)
    file = io.BytesIO()
    fastavro.writer(file, records, [("reserved", {"_1st": 1}), ("string_", {})])
    file.seek(0)
    assert [record.get("_1st") for record in fastavro.reader(file)] == [1, None]


def test_a_record_of_10_000_fields() -> None:
    assert len(to_avro(EventSchema("e", {f"p{number}": "int" for number in range(10_000)}))["fields"]) == 10_000
