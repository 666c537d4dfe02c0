"""Nested events made flat, and a table: the command ``infer``, beside data frame engines that do the same.

Each is a process of its own, whose start is counted, in its processor time on all cores, so that other programs on the
machine count little. ``python -m benchmarks.shapes CONTENDER FILE`` is one of the peers.
"""

import csv
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any, Final

import msgspec

from benchmarks.generator import SEED
from benchmarks.measure import Effort
from benchmarks.results import Figure

SHAPES: Final = "shapes"

_SHARE: Final = 5  # one event for so many of the other sections
_NESTED: Final = "nested events, made flat"
_TABLE: Final = "a table of ten columns"
_NOTE: Final = "finds the types of JSON, dates and times, and no other formats; no rules, and no error for a row"


def measure_shapes(effort: Effort) -> Iterator[Figure]:
    """Events a second of processor time."""
    count = effort.events // _SHARE
    with tempfile.TemporaryDirectory(prefix="eventschema-bench-") as directory:
        nested, table = Path(directory) / "nested.ndjson", Path(directory) / "table.csv"
        _write_nested(nested, count)
        _write_table(table, count)
        own = [sys.executable, "-m", "eventschema", "infer", "--jobs", "1", "--format", "json"]
        flat = ["--flatten", "--names", "snake_case"]
        for case, path, command in (
            (_NESTED, nested, [*own, str(nested), *flat]),
            (_TABLE, table, [*own, str(table), "--event", "order"]),
        ):
            peers = {name: [sys.executable, "-m", "benchmarks.shapes", name, str(path)] for name in _PEERS}
            times: dict[str, list[float]] = {}
            for _ in range(effort.passes):
                for name, arguments in ({"eventschema infer": command} | peers).items():
                    times.setdefault(name, []).append(_processor_time(arguments))
            for name, taken in times.items():
                notes = (_NOTE,) if name in _PEERS else ()
                rate = count / median(taken)
                yield Figure(section=SHAPES, case=case, what=name, value=rate, unit="events/s", notes=notes)


def _processor_time(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _write_nested(path: Path, count: int) -> None:
    """Events of 14 values, nulls included, in objects of up to 3 levels."""
    draw = random.Random(SEED).random
    encode = msgspec.json.Encoder().encode
    with path.open("wb") as file:
        for number in range(count):
            address = {"city": "Vilnius", "postal code": "01100", "country": "LT"}
            properties = {
                "orderId": f"o-{number}",
                "total": round(draw() * 1000, 2) + 0.001,
                "isGift": draw() < 0.5,
                "cart": {"itemCount": int(draw() * 9), "coupon": "SPRING" if number % 2 else None},
                "customer": {"firstName": "Ann", "address": address},
                "device": {"type": "mobile", "os": {"name": "android", "version": "14"}},
                "utm.source": "mail",
                "placedAt": "2026-03-05T09:30:00Z",
            }
            file.write(encode({"eventName": "order", "properties": properties}) + b"\n")


def _write_table(path: Path, count: int) -> None:
    draw = random.Random(SEED).random
    header = "order_id,total,is_gift,item_count,city,country,placed_at,note,email,rate"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header.split(","))
        for number in range(count):
            total, gift, items = f"{draw() * 1000 + 1:.3f}1", "true" if draw() < 0.5 else "false", int(draw() * 9)
            place = ("Vilnius", "LT", "2026-03-05T09:30:00Z", "" if number % 5 else "a, b", "ann@example.com")
            writer.writerow([f"o-{number}", total, gift, items, *place, f"{draw():.4f}1"])


def _polars(path: Path) -> None:
    import polars

    if path.suffix == ".csv":
        polars.read_csv(path, infer_schema_length=None)
        return
    frame = polars.read_ndjson(path, infer_schema_length=None).unnest("properties")
    while nested := [name for name, kind in frame.schema.items() if isinstance(kind, polars.Struct)]:
        for name in nested:
            fields: Any = frame.schema[name]
            joined = [f"{name}_{field.name}" for field in fields.fields]
            frame = frame.with_columns(frame[name].struct.rename_fields(joined)).unnest(name)


def _duckdb(path: Path) -> None:
    import duckdb

    with duckdb.connect() as connection:
        if path.suffix == ".csv":
            connection.execute("CREATE TABLE events AS FROM read_csv(?, sample_size = -1)", [str(path)])
            return
        read = "SELECT unnest(properties, recursive := true) FROM read_json(?, sample_size = -1)"
        connection.execute(f"CREATE TABLE events AS {read}", [str(path)])


_PEERS: Final[dict[str, Callable[[Path], None]]] = {"polars": _polars, "duckdb": _duckdb}


if __name__ == "__main__":
    _PEERS[sys.argv[1]](Path(sys.argv[2]))
