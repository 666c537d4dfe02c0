"""Arrow schemas and columns, and the Parquet that is made of them, as other tools read it."""

import tracemalloc
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

pa = pytest.importorskip("pyarrow", reason="the extra export brings it")
pq = pytest.importorskip("pyarrow.parquet", reason="the extra export brings it")

from eventschema import EventSchema
from eventschema.export import TypedValueError
from eventschema.export.arrow import to_arrow, to_arrow_table, to_ipc
from eventschema.export.descriptions import read_event, read_property
from tests.export.schemas import ALL_TYPES, EVENTS, HARD_NAMES, TYPED_EVENTS

AT = EventSchema("e", {"at": "dateTime"})
EMPTY = EventSchema("e")


def as_rows(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: event.get(name) for name in ALL_TYPES.properties} for event in events]


def test_a_schema_and_its_descriptions() -> None:
    schema = to_arrow(ALL_TYPES)
    assert [str(field.type) for field in schema] == [
        *("bool", "int64", "double", "string", "date32[day]", "timestamp[us, tz=UTC]", "string", "string")
    ]
    assert all(field.nullable for field in schema)
    assert read_event(schema.metadata[b"description"].decode()) == "placed order"
    assert [read_property(field.metadata[b"description"].decode()) for field in schema] == list(
        ALL_TYPES.properties.items()
    )


def test_schemas_by_the_name_of_the_event() -> None:
    schemas = to_arrow([EventSchema(name, {"a": "int"}) for name in HARD_NAMES])
    assert list(schemas) == list(HARD_NAMES)
    assert schemas["it's"] == to_arrow(EventSchema("it's", {"a": "int"}))


def test_events_become_columns() -> None:
    table = to_arrow_table(EVENTS, ALL_TYPES).read_all()
    assert table.schema.equals(to_arrow(ALL_TYPES), check_metadata=True)
    assert table.to_pylist() == as_rows(TYPED_EVENTS)


@pytest.mark.parametrize("rows", [1, 3, 4, 5])
def test_batches_have_so_many_rows(rows: int) -> None:
    sizes = [batch.num_rows for batch in to_arrow_table(EVENTS, ALL_TYPES, rows=rows)]
    assert sum(sizes) == len(EVENTS)
    assert set(sizes[:-1]) <= {rows}


def test_events_without_properties_are_rows_without_columns() -> None:
    assert to_arrow_table([{}, {}, {}], EMPTY, rows=2).read_all().num_rows == 3
    assert to_arrow_table([], ALL_TYPES).read_all().num_rows == 0


def test_a_naive_datetime_is_an_error_that_names_its_place() -> None:
    events = [{"at": "2026-03-05T09:30Z"}, {}, {"at": "2026-03-05T09:30"}]
    reader = to_arrow_table(events, AT, rows=2)
    assert reader.read_next_batch().num_rows == 2
    with pytest.raises(
        TypedValueError, match=r"^Expected a dateTime with an offset .*, at /properties/at of event 2\.$"
    ):
        reader.read_next_batch()
    table = to_arrow_table(events, AT, naive=UTC).read_all()
    assert [str(moment) for moment in table["at"].to_pylist()] == [
        "2026-03-05 09:30:00+00:00",
        "None",
        "2026-03-05 09:30:00+00:00",
    ]


def test_what_merge_did_not_return_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"^Expected a value of the type dateTime, as merge returns it, found int, "):
        to_arrow_table([{"at": 1}], AT).read_all()


def test_wrong_arguments_are_errors_at_once() -> None:
    with pytest.raises(ValueError, match=r"^rows: expected at least 1, found 0$"):
        to_arrow_table([], AT, rows=0)
    with pytest.raises(TypeError, match=r"^expected a time zone such as datetime\.UTC for naive, found str$"):
        to_arrow_table([], AT, naive="UTC")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^expected a schema \(EventSchema\), found dict$"):
        to_arrow_table([], {})  # type: ignore[arg-type]


def test_events_are_read_as_the_reader_is() -> None:
    taken = []

    def events() -> Iterator[dict[str, Any]]:
        for number in range(10):
            taken.append(number)
            yield {}

    reader = to_arrow_table(events(), AT, rows=2)
    assert taken == []
    reader.read_next_batch()
    assert taken == [0, 1]


@pytest.mark.slow
def test_memory_does_not_grow_with_the_events() -> None:
    def peak(count: int) -> int:
        tracemalloc.start()
        for _ in to_arrow_table((EVENTS[2] for _ in range(count)), ALL_TYPES, rows=1000):
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    peak(1000)
    assert peak(20_000) < 1.5 * peak(4000)


def test_a_stream_has_the_schema_alone() -> None:
    with pa.ipc.open_stream(to_ipc(ALL_TYPES)) as stream:
        assert stream.schema.equals(to_arrow(ALL_TYPES), check_metadata=True)
        assert stream.read_all().num_rows == 0


# --- Parquet ---


@pytest.fixture(scope="module")
def parquet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("parquet") / "events.parquet"
    reader = to_arrow_table(EVENTS, ALL_TYPES, rows=2)
    with pq.ParquetWriter(path, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)
    return path


def test_parquet_keeps_schema_and_descriptions(parquet: Path) -> None:
    table = pq.read_table(parquet)
    assert table.schema.equals(to_arrow(ALL_TYPES), check_metadata=True)
    assert table.to_pylist() == as_rows(TYPED_EVENTS)


def test_duckdb_reads_parquet(parquet: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="the extra interop brings it")
    with duckdb.connect() as connection:
        relation = connection.read_parquet(str(parquet))
        assert [str(type_) for type_ in relation.types] == [
            *("BOOLEAN", "BIGINT", "DOUBLE", "VARCHAR", "DATE", "TIMESTAMP WITH TIME ZONE", "VARCHAR", "VARCHAR")
        ]
        assert relation.to_arrow_table().cast(to_arrow(ALL_TYPES)).to_pylist() == as_rows(TYPED_EVENTS)


def test_polars_reads_parquet(parquet: Path) -> None:
    pl = pytest.importorskip("polars", reason="the extra interop brings it")
    frame = pl.read_parquet(parquet)
    assert list(frame.schema.values()) == [
        *(pl.Boolean, pl.Int64, pl.Float64, pl.String, pl.Date, pl.Datetime("us", "UTC"), pl.String, pl.String)
    ]
    assert frame.to_dicts() == as_rows(TYPED_EVENTS)


def test_pandas_reads_parquet(parquet: Path) -> None:
    pd = pytest.importorskip("pandas", reason="the extra interop brings it")
    frame = pd.read_parquet(parquet, dtype_backend="pyarrow")
    assert [str(type_) for type_ in frame.dtypes] == [
        *("bool[pyarrow]", "int64[pyarrow]", "double[pyarrow]", "string[pyarrow]", "date32[day][pyarrow]"),
        *("timestamp[us, tz=UTC][pyarrow]", "string[pyarrow]", "string[pyarrow]"),
    ]
    assert pa.Table.from_pandas(frame, preserve_index=False).to_pylist() == as_rows(TYPED_EVENTS)
