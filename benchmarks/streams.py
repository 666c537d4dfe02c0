"""Many events: replay and profile of a file, beside decoding alone and the type inference of data frame engines.

Here the wall clock counts, since the engines use all cores; ours uses one, and a profile as many as it is told.
"""

import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

import duckdb
import msgspec
import polars

from benchmarks.generator import write_events
from benchmarks.measure import COMPILED, PLAIN, VARIANTS, Effort, using
from benchmarks.results import Figure
from eventschema.stream.reading import read_blocks
from eventschema.stream.replay import Replay

STREAMS = "streams"

_READ_TIMES = 4

SAMPLE = Path(__file__).parent / "data" / "earthquakes.ndjson"
_NOTES: Mapping[str, tuple[str, ...]] = {
    "msgspec decoding alone": ("makes objects of the lines and looks at none",),
    "polars read_ndjson": ("all lines looked at; finds the types of JSON, and no formats; on all cores",),
    "duckdb read_json": ("all lines looked at; finds the types of JSON, dates and times; on all cores",),
}


def measure_streams(effort: Effort) -> Iterator[Figure]:
    """Events a second: of the earthquake sample, and of a generated file."""
    yield from _of_file("earthquakes", SAMPLE, effort.passes * 3)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.ndjson"
        write_events(path, effort.events)
        yield from _of_file(f"{effort.events} generated", path, effort.passes)
        yield from _of_processes(path, effort)
        for texts, words in (("no", "ASCII alone"), ("half", "every other one beyond ASCII")):
            write_events(path, effort.events, texts=texts)
            yield from _of_file(f"{effort.events} generated, {words}", path, effort.passes, _own() | _DECODING)


def _of_file(case: str, path: Path, passes: int, contenders: "Mapping[str, _Read] | None" = None) -> Iterator[Figure]:
    contenders = contenders or _contenders()
    lines = _decode(path)
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(passes):
        for name, read in contenders.items():
            start = perf_counter()
            count = read(path)
            times[name].append(perf_counter() - start)
            assert count in {None, lines}, f"{name} saw {count} of {lines} events"
    medians = {name: median(taken) for name, taken in times.items()}
    compiled = medians.get(f"eventschema replay ({COMPILED})")
    plain = medians[f"eventschema replay ({PLAIN})"]
    for name, seconds in medians.items():
        yield Figure(
            section=STREAMS,
            case=case,
            what=name,
            value=lines / seconds,
            unit="events/s",
            compiled=compiled / seconds if compiled else None,
            plain=plain / seconds,
            notes=_NOTES.get(name, ()),
        )


def _of_processes(path: Path, effort: Effort) -> Iterator[Figure]:
    """The commands with one process and with two, in turns, on so many events that their start matters little."""
    schemas = path.with_name("schemas.json")
    _command("infer", path, "-o", schemas)
    files = [path] * _READ_TIMES
    times: dict[tuple[str, int], list[float]] = {}
    for _ in range(effort.passes):
        for name, options in (("infer", []), ("check", ["--schema", schemas])):
            for jobs in (1, 2):
                start = perf_counter()
                _command(name, *files, *options, "--jobs", jobs, codes=(0, 1))  # 1: the check has found something
                times.setdefault((name, jobs), []).append(perf_counter() - start)
    for (name, jobs), taken in times.items():
        alone = median(times[name, 1])
        yield Figure(
            section=STREAMS,
            case=f"{_READ_TIMES} times {effort.events} generated",
            what=f"eventschema {name}, jobs: {jobs}",
            value=effort.events * _READ_TIMES / median(taken),
            unit="events/s",
            notes=(f"{alone / median(taken):.2f} times as many as with one process",) if jobs > 1 else (),
        )


def _own() -> "dict[str, _Read]":
    """Our own replay, in each variant."""
    return {f"eventschema replay ({name})": partial(_replay, variant=name) for name in VARIANTS}


def _contenders() -> "dict[str, _Read]":
    """The functions that read a file, by name; each returns how many events it saw, if it can."""
    contenders = _own()
    contenders["eventschema infer"] = _infer
    if importlib.util.find_spec("eventschema.stream.profile"):
        for jobs in (1, 2):
            contenders[f"eventschema profile, jobs: {jobs}"] = partial(_profile, jobs=jobs)
    contenders |= _DECODING
    contenders["polars read_ndjson"] = _polars
    contenders["duckdb read_json"] = _duckdb
    return contenders


def _replay(path: Path, variant: str) -> int:
    with using(variant):
        state = Replay()
        count = 0
        for block in read_blocks(path):
            count += len(block.values)
            for _ in state.add_remaining(block, state.accept(block.values).remaining):
                pass
    return count


def _infer(path: Path) -> None:
    """The command, with its report, in a process of its own, whose start is counted."""
    _command("infer", path, "--jobs", "1", "--format", "json")


def _profile(path: Path, jobs: int) -> None:
    """The command, in a process of its own, whose start is counted: it is how files are profiled."""
    _command("profile", path, "--jobs", jobs, "--no-replay", "--format", "json")


def _command(*arguments: object, codes: tuple[int, ...] = (0,)) -> None:
    command = [sys.executable, "-m", "eventschema", *map(str, arguments)]
    # Compiled files are written, whatever the environment says: an installed command has them.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    assert done.returncode in codes, f"{arguments} ended with {done.returncode}"


def _decode(path: Path) -> int:
    decode = msgspec.json.Decoder().decode
    with path.open("rb") as file:
        return sum(1 for _ in map(decode, file))


def _polars(path: Path) -> int:
    count: int = polars.read_ndjson(path, infer_schema_length=None).height
    return count


def _duckdb(path: Path) -> int:
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE events AS SELECT * FROM read_json(?, format = 'newline_delimited', sample_size = -1)",
            [str(path)],
        )
        row = connection.execute("SELECT count(*) FROM events").fetchone()
    assert row is not None
    count: int = row[0]
    return count


_Read = Callable[[Path], int | None]
_DECODING: dict[str, _Read] = {"msgspec decoding alone": _decode}
