"""Files that are not JSON Lines: how they are recognised, and what the errors advise."""

import csv
import gzip
import io
import json
import tarfile
import zipfile
from itertools import islice
from typing import Any

import pytest

from eventschema.stream.profile.parts import ProfileTask, profile_part
from eventschema.stream.reading import UnreadableSourceError, read_objects, read_stream
from eventschema.stream.reading.formats import FORMATS, HEAD_BYTES, FileStart, detect_format
from eventschema.stream.reading.lines import read_texts
from eventschema.stream.reading.parts import Part
from tests.strategies_stream import Trickle

EVENTS = [{"eventName": "order", "properties": {"total": number, "note": 'a \\ "quoted" text'}} for number in range(3)]
LINES = b"".join(json.dumps(event).encode() + b"\n" for event in EVENTS)
CSV = b"eventName,total\norder,1\norder,2\n"
ARRAY = json.dumps(EVENTS).encode()
PRETTY = json.dumps(EVENTS[0], indent=2).encode()


def zipped(data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:  # stored as it is: its lines can be read
        archive.writestr("events.ndjson", data)
    return file.getvalue()


def tarred(data: bytes) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        member = tarfile.TarInfo("events.ndjson")
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return file.getvalue()


FOREIGN = {
    "zip": ("a zip archive", zipped(LINES)),
    "tar": ("a tar archive", tarred(LINES)),
    "tar.gz": ("a tar archive", gzip.compress(tarred(LINES))),
    "twice packed": ("gzip data", gzip.compress(gzip.compress(LINES))),
    "lz4": ("lz4 data", b"\x04\x22\x4d\x18"),
    "7z": ("a 7z archive", b"7z\xbc\xaf\x27\x1c"),
    "Avro": ("Avro", b"Obj\x01\x04"),
    "ORC": ("ORC", b"ORC\x08"),
    "SQLite": ("an SQLite database", b"SQLite format 3\0\x10"),
    "UTF-16": ("UTF-16", LINES.decode().encode("utf-16")),
    "UTF-16LE": ("UTF-16", LINES.decode().encode("utf-16-le")),
    "UTF-16BE": ("UTF-16", LINES.decode().encode("utf-16-be")),
    "UTF-32": ("UTF-32", LINES.decode().encode("utf-32")),
    "UTF-32LE": ("UTF-32", LINES.decode().encode("utf-32-le")),
    "UTF-32BE": ("UTF-32", LINES.decode().encode("utf-32-be")),
    "XML": ("XML or HTML", b"<?xml version='1.0'?>\n<events/>\n"),
    "pretty": ("JSON over several lines", PRETTY),
    "pretty with a line in it": ("JSON over several lines", b'{"a": [\n{}\n,\n{}\n]}\n'),
    "pretty, several": ("JSON over several lines", PRETTY + b"\n" + PRETTY),
    "pretty, behind a mark": ("JSON over several lines", b"\xef\xbb\xbf" + PRETTY),
}

#: Formats that events are read from, but not by what needs JSON Lines, such as ``load``.
CONVERTED = {
    "Parquet": ("Parquet", b"PAR1\x15\x04"),
    "Arrow": ("Arrow", b"ARROW1\0\0"),
    "array": ("one JSON array", ARRAY),
    "array of lines": ("one JSON array", b"[\n" + b",\n".join(LINES.splitlines()) + b"\n]\n"),
    "array, a line an element": ("one JSON array", b"[" + b",\n".join(LINES.splitlines()) + b"]"),
    "array, pretty": ("one JSON array", json.dumps(EVENTS, indent=2).encode()),
    "array, nested too deep": ("one JSON array", b'[{"a":1},' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b",{}]"),
    "array, many digits": ("one JSON array", b'[{"a":' + b"1" * 5000 + b"},{}]"),
    "array, cut": ("one JSON array", ARRAY[:-20]),
    "CSV": ("CSV", CSV),
    "CSV, one column quoted": ("CSV", b'a,b\n"1,5\n6",2\n'),
    "CSV, CR LF": ("CSV", CSV.replace(b"\n", b"\r\n")),
    "semicolons": ("CSV", CSV.replace(b",", b";")),
    "tabs": ("CSV", CSV.replace(b",", b"\t")),
    "Arrow stream": ("Arrow", b"\xff\xff\xff\xff\x80\x01\0\0\x10"),
}

MIXED = {
    "lines": LINES,
    "a bad line first": b"no json\n" + LINES,
    "a line of commas first": b"a,b\n1,2\n" + LINES,
    "an array first": b'[{"a":1}]\n' + LINES,
    "a cut line first": b'{"eventName":\n' + LINES,
    "a cut line first, at the end": b'{"eventName":\n{}',
    "a bracket first": b"[\n" + LINES,
    "a log line first": b"[DEBUG] started\n" + LINES,
    "a time first": b"[12:30:00] started\n" + LINES,
    "blank lines first": b"\n \n" + LINES,
    "NULs first": b"\0\0\0\0\n" + LINES,
    "a key twice": b'{"a":1,"a":2}\n',
    "nothing": b"",
    "junk": b"no json\n",
    "one cut line": b'{"eventName":"or',
    "an array of numbers": b"[1]\n[2]\n",
    "an array nested too deep": b"[{" * 10**5,
    "a number of thousands of digits": b'[{"a":' + b"1" * 5000 + b"}]\n" + LINES,
    "a header alone": b"a,b\n",
    "rows of different lengths": b"a,b\n1,2,3\n",
}


def test_every_format_has_a_way_out_and_an_example() -> None:
    names = [each.name for each in FORMATS]
    assert set(names) == {name for name, _ in (FOREIGN | CONVERTED).values()}
    assert {each.name for each in FORMATS if each.reader} == {name for name, _ in CONVERTED.values()}
    assert all(each.advice for each in FORMATS)


@pytest.mark.parametrize("at_once", [1, 7, 10**6])
@pytest.mark.parametrize(("name", "data"), FOREIGN.values(), ids=FOREIGN.keys())
def test_another_format_is_one_error(name: str, data: bytes, at_once: int) -> None:
    with pytest.raises(UnreadableSourceError) as caught:
        next(iter(read_stream(Trickle(data, at_once), "file")))  # type: ignore[arg-type]  # read and read1 will do
    error = caught.value
    assert (error.source, error.lines) == ("file", 0)
    assert error.reason.startswith(f"it looks like {name}, not JSON Lines; ")


@pytest.mark.parametrize("at_once", [1, 7, 10**6])
@pytest.mark.parametrize(("name", "data"), CONVERTED.values(), ids=CONVERTED.keys())
def test_what_needs_json_lines_takes_no_other_format(name: str, data: bytes, at_once: int) -> None:
    file: Any = Trickle(data, at_once)
    with pytest.raises(UnreadableSourceError, match=f"it looks like {name}, not JSON Lines; "):
        list(read_texts(file, "file", max_line_bytes=2**20, on_read=None, at_start=True, chunk_bytes=2**15))


@pytest.mark.parametrize("at_once", [1, 7, 10**6])
@pytest.mark.parametrize("data", MIXED.values(), ids=MIXED.keys())
def test_a_file_of_lines_is_read_however_odd_its_first(data: bytes, at_once: int) -> None:
    events = list(read_stream(Trickle(data, at_once), "file"))  # type: ignore[arg-type]  # read and read1 will do
    assert [event.line for event in events] == [n for n, line in enumerate(data.split(b"\n"), 1) if line.strip()]


def test_a_bounded_part_of_a_file_is_looked_at() -> None:
    element = b'{"eventName":"order","properties":{"note":"' + b"x" * 900 + b'"}}'
    for end in range(HEAD_BYTES - 60, HEAD_BYTES + 60, 7):
        padded = b"[" + b" " * (end % 911) + element + b"," + b",".join([element] * 200)
        assert detect_format(FileStart(padded[:HEAD_BYTES], False, False)) is not None
    rows = b"a,b\n" + b"1,2\n" * HEAD_BYTES
    found = detect_format(FileStart(rows[: HEAD_BYTES + 1][:-2], False, False))
    assert found is not None
    assert found.name == "CSV"


@pytest.mark.parametrize("end", [b"tru", b"fals", b"nul", b'"a', b'"a\\', b'"a\\u12', b"-", b"1", b'"\\\\', b'"a":'])
def test_where_the_look_ends_does_not_matter(end: bytes) -> None:
    head = b'[{"a":1,"b":' + end if end != b'"a":' else b'[{"a":1,"a":'
    found = detect_format(FileStart(head, False, False))
    assert found is not None
    assert found.name == "one JSON array"


def test_a_long_first_line_is_a_line() -> None:
    line = b'{"eventName":"order","properties":{"note":"' + b"x" * (HEAD_BYTES * 2) + b'"}}\n'
    for at_once in (1000, 10**6):
        first, _, _, _ = read_stream(Trickle(line + LINES, at_once), "file")  # type: ignore[arg-type]  # as above
        assert first.name == "order"


def test_the_lines_of_a_pipe_are_not_held_back() -> None:
    class Pipe:
        def __init__(self) -> None:
            self.given = [b"no json\n", LINES.splitlines(keepends=True)[0]]

        def read(self, size: int) -> bytes:
            return self.given.pop(0) if self.given else pytest.fail("a line was held back")

    first, second = islice(read_stream(Pipe(), "pipe"), 2)  # type: ignore[arg-type]  # read will do
    assert (first.name, second.name) == (None, "order")


def test_objects_and_profiles_are_read_alike(tmp_path: object) -> None:
    path = f"{tmp_path}/events.avro"
    with open(path, "wb") as file:
        file.write(b"Obj\x01\x04")
    with pytest.raises(UnreadableSourceError, match="it looks like Avro"):
        list(read_objects(path))
    result = profile_part(Part(path), ProfileTask())
    assert (result.profile.count, result.lines, result.has_object) == (0, 0, False)
    assert "it looks like Avro" in str(result.failure)


def test_fields_beyond_the_limit_of_the_csv_module_are_none() -> None:
    before = csv.field_size_limit(3)  # which a process may set
    try:
        assert detect_format(FileStart(b"long,field\n1,2\n", True, False)) is None
    finally:
        csv.field_size_limit(before)
