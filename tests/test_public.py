"""The package as its users meet it: its names, and what importing it loads."""

import importlib
import os
import subprocess
import sys

import pytest

import eventschema
from eventschema import store, stream
from eventschema.store.sql import SQLStore

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
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run([sys.executable, "-c", _PROGRAM], env=environment, capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert "eventschema.core.schema" in loaded
    assert loaded & set(HEAVY.split()) == set()
    layers = {name.split(".")[1] for name in loaded if name.startswith("eventschema.")}
    assert layers <= {"core", "track", "version"}


def printed(program: str) -> set[str]:
    """The words that ``program`` prints, run in a new process."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
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
