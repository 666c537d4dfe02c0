"""Arrow schemas, and those of Parquet and Arrow files, become schemas."""

from pathlib import Path
from typing import Any

import pytest

pa = pytest.importorskip("pyarrow", reason="the extra export brings it")
pq = pytest.importorskip("pyarrow.parquet", reason="the extra export brings it")

from eventschema import EventSchema
from eventschema.export.arrow import to_arrow, to_ipc
from eventschema.imports import Omission, from_arrow
from eventschema.imports.arrow import read_arrow_schema
from tests.export.schemas import ALL_TYPES, HARD_NAMES

NO_TYPE = "The property is left out: no type takes its values: "


@pytest.mark.parametrize("name", HARD_NAMES)
def test_an_export_comes_back(name: str) -> None:
    schema = EventSchema(name, ALL_TYPES.properties)
    assert from_arrow(to_arrow(schema)) == ({name: schema}, ())


def field(type_: Any, nullable: bool = True) -> Any:
    return pa.schema([pa.field("p", type_, nullable)])


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        (pa.bool_(), "bool"),
        (pa.int8(), "int"),
        (pa.uint32(), "int"),
        (pa.float16(), "float"),
        (pa.large_string(), "string"),
        (pa.string_view(), "string"),
        (pa.dictionary(pa.int8(), pa.string()), "string"),
        (pa.run_end_encoded(pa.int32(), pa.int64()), "int"),
        (pa.date64(), "date"),
        (pa.timestamp("ns"), "dateTime"),
        (pa.timestamp("s", "Europe/Berlin"), "dateTime"),
    ],
)
def test_types_that_a_property_has(type_: Any, expected: str) -> None:
    assert from_arrow(field(type_), "e") == ({"e": EventSchema("e", {"p": expected})}, ())


@pytest.mark.parametrize(
    ("type_", "expected", "sentence"),
    [
        (pa.uint64(), "int", "Integers beyond 64 bits with a sign are not accepted."),
        (pa.decimal128(10, 2), "float", "Decimals become doubles, rounded as the rules say."),
    ],
)
def test_types_that_lose_something(type_: Any, expected: str, sentence: str) -> None:
    assert from_arrow(field(type_), "e") == ({"e": EventSchema("e", {"p": expected})}, (Omission("/p", sentence),))


@pytest.mark.parametrize(
    "type_", [pa.null(), pa.binary(), pa.list_(pa.int8()), pa.struct([]), pa.time32("s"), pa.duration("s"), pa.uuid()]
)
def test_types_that_no_property_has(type_: Any) -> None:
    omissions = (Omission("/p", f"{NO_TYPE}{type_}."),)
    assert from_arrow(field(type_), "e") == ({"e": EventSchema("e")}, omissions)


def test_a_field_that_is_required_and_one_that_stands_twice() -> None:
    fields = [pa.field("p", pa.int64(), nullable=False), pa.field("p", pa.string()), pa.field("a/b", pa.int8())]
    assert from_arrow(pa.schema(fields), "e") == (
        {"e": EventSchema("e", {"p": "int"})},
        (
            Omission("/p", "That it must have a value gets lost."),
            Omission("/p", "The property is left out: it has the type int at another place, and string here."),
            Omission(
                "/a~1b", "The property is left out: its name has other characters than latin letters, digits and _."
            ),
        ),
    )


def test_a_name_is_needed_where_no_export_has_noted_one() -> None:
    with pytest.raises(ValueError, match=r"^Expected a name of the event, .*, found none, at name\.$"):
        from_arrow(field(pa.int8()))
    with pytest.raises(ValueError, match=r"^Expected an event name .* at name\.$"):
        from_arrow(field(pa.int8()), "a\nb")
    assert from_arrow(to_arrow(ALL_TYPES), "e").schemas == {"e": EventSchema("e", ALL_TYPES.properties)}


def test_files_of_all_formats(tmp_path: Path) -> None:
    schema = to_arrow(ALL_TYPES)
    (tmp_path / "stream").write_bytes(to_ipc(ALL_TYPES))
    with pa.ipc.new_file(str(tmp_path / "file"), schema):
        pass
    pq.write_table(schema.empty_table(), tmp_path / "parquet")
    for name in ("stream", "file", "parquet"):
        assert from_arrow(read_arrow_schema(tmp_path / name)) == ({"placed order": ALL_TYPES}, ())


@pytest.mark.parametrize("content", [b"", b"PAR1", b"ARROW1", b"{}\n", b"PAR1" + b"\xff" * 64 + b"PAR1", b"\xff" * 99])
def test_a_file_of_another_format(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(ValueError, match=r"^expected a Parquet or Arrow file, found one that cannot be read as such$"):
        read_arrow_schema(tmp_path / "x")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_arrow_schema(tmp_path / "x")
