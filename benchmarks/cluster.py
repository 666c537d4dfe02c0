"""Spark on one core and on two of this machine, beside one plain process, and what limits more machines.

Each is a process of its own: ``python -m benchmarks.cluster ENGINE FILE`` prints its seconds as JSON. ``ENGINE`` is
``plain``, or the number of Spark's cores. The clock is that on the wall, since Spark uses several cores. On Linux the
processor time of all processes is there too, which depends less on what else the machine does. Without the extra
``spark`` and Java 17, nothing is measured.
"""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, Final

import msgspec

from benchmarks.generator import write_events
from benchmarks.measure import Effort
from benchmarks.results import Figure
from eventschema.core.rules import DEFAULT_RULES
from eventschema.core.types import PropertyType
from eventschema.stream.profile.counts import DEFAULT_BOUNDS
from eventschema.stream.profile.files import profile_files
from eventschema.stream.reading import read_blocks
from eventschema.stream.replay import Replay, check_rules
from eventschema.stream.replay.candidates import Candidates, PieceChanges
from eventschema.stream.replay.history import Change, History

SPARK: Final = "spark"

_PLAIN: Final = "plain"
_CORES: Final = ("1", "2")
_PARTITIONS_OF_A_CORE: Final = 4
_EMPTY_TASKS: Final = 40
_START: Final = "session, first job"
_WORK: Final = ("profile", "check", "infer")
_SHUFFLED: Final = "infer, by a column of positions"
#: What else is measured, with the unit of each.
CONSTANTS: Final[Mapping[str, str]] = {
    _START: "s",
    "job of one empty task": "ms",
    "empty task": "ms",
    "profile of a part: size": "kB",
    "profile of a part: combining": "ms",
    "change of a schema: a round": "us",
}
_PROCESSOR: Final = ", processor time"
_Seconds = dict[str, float]


def measure_cluster(effort: Effort) -> Iterator[Figure]:
    """Events a second of each engine, and the constants of Spark and of the driver."""
    if not _can_run():
        return
    with tempfile.TemporaryDirectory(prefix="eventschema-bench-") as directory:
        path = Path(directory) / "events.ndjson"
        write_events(path, effort.events)
        times: dict[tuple[str, str], list[float]] = {}
        for _ in range(effort.passes):
            for engine in (_PLAIN, *_CORES):
                for what, taken in _run(engine, path).items():
                    times.setdefault((what, engine), []).append(taken)
    medians = {key: median(taken) for key, taken in times.items()}
    yield from _rates(medians, effort.events)
    for (what, engine), taken in medians.items():
        if unit := CONSTANTS.get(what):
            case = f"Spark, local[{engine}]" if engine != _PLAIN else "driver"
            yield Figure(section=SPARK, case=case, what=what, value=taken, unit=unit)


def _rates(medians: Mapping[tuple[str, str], float], events: int) -> Iterator[Figure]:
    for what in (*_WORK, _SHUFFLED):
        for clock in ("", _PROCESSOR):
            plain = medians[what.partition(",")[0] + clock, _PLAIN]
            for engine in (_PLAIN, *_CORES):
                if taken := medians.get((what + clock, engine)):
                    yield Figure(
                        section=SPARK,
                        case=f"{events} generated, {what}{clock}",
                        what="one plain process" if engine == _PLAIN else f"Spark, local[{engine}]",
                        value=events / taken,
                        unit="events/s",
                        notes=() if engine == _PLAIN else (f"{plain / taken:.2f} times as many as one plain process",),
                    )


def _can_run() -> bool:
    if importlib.util.find_spec("pyspark") is None:
        return False
    from eventschema.spark.session import JavaError, check_java

    try:
        check_java()
    except JavaError:
        return False
    return True


def _run(engine: str, path: Path) -> _Seconds:
    command = [sys.executable, "-m", "benchmarks.cluster", engine, str(path)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    found: _Seconds = json.loads(done.stdout.splitlines()[-1])
    return found


def _seconds(run: Callable[[], object]) -> float:
    start = perf_counter()
    run()
    return perf_counter() - start


def _both(name: str, run: Callable[[], object]) -> _Seconds:
    """The seconds that ``run`` takes, on the wall and of processor time."""
    before = _processor_seconds()
    return {name: _seconds(run), name + _PROCESSOR: _processor_seconds() - before}


def _processor_seconds() -> float:
    """What this process and those that it started, and they, have taken so far; 0 where there is no ``/proc``."""
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended
            fields = path.read_text(errors="replace").rpartition(")")[2].split()
            number = int(path.parent.name)
            parents[number], ticks[number] = int(fields[1]), sum(map(int, fields[11:15]))
    return sum(taken for number, taken in ticks.items() if _is_own(number, parents)) / os.sysconf("SC_CLK_TCK")


def _is_own(number: int, parents: Mapping[int, int]) -> bool:
    while number and number != os.getpid():
        number = parents.get(number, 0)
    return bool(number)


# --- one plain process ---


def plain(path: Path) -> _Seconds:
    """The seconds of each work, and what one process takes for the parts of a cluster's driver."""
    declared = profile_files([str(path)]).profile.recommended().schemas
    fixed = check_rules(DEFAULT_RULES, allow_new=False)
    work: dict[str, Callable[[], object]] = {
        "profile": lambda: profile_files([str(path)]),
        "check": lambda: _decide(path, Replay(declared, fixed, grow=False)),
        "infer": lambda: _decide(path, Replay()),
    }
    found = _combining(path) | _rounds()
    for name, run in work.items():
        found |= _both(name, run)
    return found


def _decide(path: Path, replay: Replay) -> None:
    for block in read_blocks(path):
        for _ in replay.add_remaining(block, replay.accept(block.values).remaining):
            pass


def _combining(path: Path) -> _Seconds:
    """The size of the document of a profile, in kB, and the milliseconds to read and combine one."""
    from eventschema.spark.profiling import combined

    document = msgspec.json.encode(profile_files([str(path)]).profile.to_dict())
    parts = [(number, document) for number in range(8)]
    taken = _seconds(lambda: combined(parts, DEFAULT_RULES, DEFAULT_BOUNDS))
    size = {"profile of a part: size": len(document) / 1e3}
    return size | {"profile of a part: combining": taken / len(parts) * 1e3}


def _rounds() -> _Seconds:
    """The microseconds that the driver takes for each change of a schema, in a round with a thousand pieces."""
    pieces, names, size = 1000, 20, 100
    found = [
        PieceChanges(
            piece * size,
            piece * size + size - 1,
            size,
            tuple(Change(piece * size + n, f"event{n}", (("a", PropertyType.INT),)) for n in range(names)),
        )
        for piece in range(pieces)
    ]
    candidates = Candidates(History({}), DEFAULT_RULES)
    return {"change of a schema: a round": _seconds(lambda: candidates.update(found)) / (pieces * names) * 1e6}


# --- Spark ---


def spark(path: Path, cores: int) -> _Seconds:
    """The seconds until a session has run a job, and those of each work, run before: as in a session that goes on."""
    start = perf_counter()
    from eventschema.spark import EventColumns, check, infer, local_session, profile

    part = max(1, path.stat().st_size // (_PARTITIONS_OF_A_CORE * cores))
    session = local_session(cores, memory="2g", options={"spark.sql.files.maxPartitionBytes": part})
    _empty(session, 1)
    found = {_START: perf_counter() - start}
    df = session.read.text(str(path))
    declared = profile(df).recommended().schemas
    numbered = str(path.with_name(f"numbered{cores}"))
    df.selectExpr("monotonically_increasing_id() AS number", "value").write.mode("overwrite").parquet(numbered)
    positions, rows = EventColumns(position="number"), session.read.parquet(numbered)
    work: dict[str, Callable[[], object]] = {
        "profile": lambda: profile(df),
        "check": lambda: check(df, declared).where("not ok").count(),
        "infer": lambda: infer(df).verdicts.where("not ok").count(),
        _SHUFFLED: lambda: infer(rows, (), positions).verdicts.where("not ok").count(),
    }
    for name, run in work.items():
        run()
        found |= _both(name, run)
    one, many = (median(_seconds(partial(_empty, session, n)) for _ in range(3)) for n in (1, 1 + _EMPTY_TASKS))
    found["job of one empty task"] = one * 1e3
    found["empty task"] = (many - one) / _EMPTY_TASKS * cores * 1e3
    session.stop()
    return found


def _empty(session: Any, tasks: int) -> None:
    """Run a job of so many tasks in Python, each with one row."""
    session.range(0, tasks, 1, tasks).mapInArrow(lambda batches: batches, "id long").collect()


if __name__ == "__main__":
    name, file = sys.argv[1], Path(sys.argv[2])
    print(json.dumps(plain(file) if name == _PLAIN else spark(file, int(name))))
