"""The package as its users meet it: its names, and what importing it loads."""

import importlib
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import eventschema
from eventschema import store, stream
from eventschema.store.sql import SQLStore
from eventschema.stream.profile.counts import Bounds
from eventschema.stream.profile.profile import EventProfile
from eventschema.stream.reading.parts import Part
from eventschema.stream.replay import Replay, TrackReplay, files
from eventschema.stream.replay.combining import BaseCombiner
from eventschema.stream.replay.pieces import Combiner, ReplayTask
from eventschema.stream.replay.requestpieces import RequestCombiner
from eventschema.stream.replay.stats import ContactStats, ReplayStats
from tests.processes import unmeasured

NAMES = """
    Adjustment AdjustmentKind ArrayTooLong EventRejected EventSchema FrozenDict IntOutOfRange InvalidName InvalidText
    MalformedRequest MergeResult NameConflict NameTooLong NonFiniteFloat PropertyChange PropertyType Rules SchemaChange
    SchemaComparison StringTooLong
    TooManyEventNames TooManyProperties TooManySchemaProperties TypeConflict UnknownEvent UnknownProperty
    UnsupportedType Violation __version__ classify compare dumps_schemas is_lossless loads_schemas problem_details
"""

HEAVY = """
    email_validator rfc3986 dateutil idna dns msgspec click rich sqlalchemy starlette hypothesis numpy typing_extensions
    asyncio hashlib ssl urllib.request logging tomllib importlib.metadata
"""


def test_public_names() -> None:
    assert set(NAMES.split()) <= set(eventschema.__all__)
    assert eventschema.__all__ == sorted(set(eventschema.__all__))
    for name in eventschema.__all__:
        assert getattr(eventschema, name) is not None


def test_everything_public_says_what_it_is() -> None:
    for name in eventschema.__all__:
        if name != "__version__":
            assert (getattr(eventschema, name).__doc__ or "").strip(), name


def test_the_version() -> None:
    assert all(part.isdigit() for part in eventschema.__version__.split("."))


_PROGRAM = """
import sys
before = set(sys.modules)
import eventschema
eventschema.EventSchema("e").merge({"a": 1, "b": "plain words", "c": 1.5, "d": True})
print(*sorted(set(sys.modules) - before))
"""


def test_importing_loads_nothing_heavy() -> None:
    loaded = printed(_PROGRAM)
    assert "eventschema.core.schema" in loaded
    assert loaded & set(HEAVY.split()) == set()
    layers = {name.split(".")[1] for name in loaded if name.startswith("eventschema.")}
    assert layers <= {"core", "track", "version"}


def printed(program: str, *arguments: str) -> set[str]:
    """The words that ``program`` prints, run in a new process."""
    run = subprocess.run(
        [sys.executable, "-c", program, *arguments], env=unmeasured(), capture_output=True, text=True, check=True
    )
    return set(run.stdout.split())


def test_the_names_of_stream_need_no_extra() -> None:
    names = printed("import sys; sys.modules['msgspec'] = None; import eventschema.stream as s; print(*s.__all__)")
    assert {"EventProfile", "Replay", "TrackReplay", "check", "replay"} <= names


def test_the_names_of_store_need_no_extra() -> None:
    program = "import sys; sys.modules['sqlalchemy'] = None; from eventschema.store import *; print(*dir())"
    assert {"MemoryStore", "SchemaRegistry", "NotSaved"} <= printed(program)
    program = "import sys, eventschema.store; print(*sys.modules)"
    assert "sqlalchemy" not in printed(program)


def test_the_store_in_sql_is_a_name_of_store() -> None:
    assert store.SQLStore is SQLStore
    assert dir(store) == sorted([*store.__all__, "SQLStore"])
    assert not any(name.startswith("_") for name in store.__all__)
    with pytest.raises(AttributeError, match=r"^module 'eventschema\.store' has no attribute 'SqlStore'$"):
        store.SqlStore  # type: ignore[attr-defined]  # noqa: B018  (asking is what fails)


def test_replay_is_a_function_and_a_package() -> None:
    package = importlib.import_module("eventschema.stream.replay")
    assert stream.replay is package.replay
    assert stream.check is package.check
    assert stream.Replay is package.Replay


#: What no replay of ordinary events has use for: to import it would make every worker process start later.
NOT_IN_A_WORKER = """
    eventschema.stream.profile.profile eventschema.stream.profile.counts eventschema.core.mismatches
    eventschema.core.international eventschema.core.decimals eventschema.core.schemafile eventschema.cli
    eventschema.store eventschema.web eventschema.export eventschema.testing
    email_validator idna dns rfc3986 click rich sqlalchemy starlette hypothesis numpy
    asyncio hashlib unicodedata tomllib ssl
"""

_WORKER = """
import multiprocessing.spawn, pickle, sys  # as in a process that multiprocessing has started
from eventschema.stream.workers import _answer, _ReadBytes
reading = _ReadBytes(type("Value", (), {"value": 0})())
result, error = pickle.loads(_answer(open(sys.argv[1], "rb").read(), reading))
assert error is None and result.lines == 1, error
print(*sys.modules)
"""


@pytest.mark.parametrize("kind", ["events", "requests"])
def test_a_replay_worker_loads_what_it_needs(tmp_path: Path, kind: str) -> None:
    (tmp_path / "lines").write_text('{"eventName":"order","contact":{"email":"a@b.co"},"properties":{"total":1.5}}\n')
    combiner: BaseCombiner[Any]
    if kind == "events":
        replay = Replay()
        combiner = Combiner(replay, ReplayStats(replay), ReplayTask())
    else:
        requests = TrackReplay()
        combiner = RequestCombiner(requests, ReplayStats(requests), ContactStats(), 1000)
    call = (files._replay_sent, (Part(str(tmp_path / "lines")), pickle.dumps(combiner.piece_replay())))
    (tmp_path / "call").write_bytes(pickle.dumps(call))
    loaded = printed(_WORKER, str(tmp_path / "call"))
    assert "eventschema.stream.replay.combining" in loaded
    assert loaded & set(NOT_IN_A_WORKER.split()) == set()


def test_a_command_loads_no_other_command() -> None:
    program = "import sys; from eventschema.cli.app import app; app.commands['check']; print(*sys.modules)"
    loaded = printed(program)
    assert "eventschema.cli.check" in loaded
    others = {"infer", "convert", "profile", "track", "classify", "export", "imports", "load", "serve"}
    assert loaded & {f"eventschema.cli.{name}" for name in others} == set()
    assert loaded & {"eventschema.stream.profile.profile", "eventschema.core.mismatches", "sqlalchemy"} == set()


@pytest.mark.parametrize("name", ["eventschema.stream", "eventschema.stream.profile"])
def test_the_names_of_profiles_are_imported_when_asked_for(name: str) -> None:
    package = importlib.import_module(name)
    assert dir(package) == sorted(package.__all__)
    assert package.EventProfile is EventProfile
    assert package.Bounds is Bounds
    with pytest.raises(AttributeError, match=rf"^module '{name}' has no attribute 'Profile'$"):
        package.Profile  # noqa: B018  (asking is what fails)
