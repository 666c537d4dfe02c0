"""Hypothesis knows the package's types through the entry point that pyproject.toml declares."""

import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventschema import (
    Contact,
    ContactChange,
    EventSchema,
    MergeResult,
    Rules,
    SchemaChange,
    TrackDecision,
    TrackedEvent,
    TrackRequest,
    Violation,
)
from eventschema.testing.hook import register

ROOT = Path(__file__).parents[2]
TYPES = [
    Contact,
    ContactChange,
    EventSchema,
    MergeResult,
    Rules,
    SchemaChange,
    TrackDecision,
    TrackRequest,
    TrackedEvent,
    Violation,
]


def declared() -> dict[str, str]:
    entry_points: dict[str, str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"][
        "hypothesis"
    ]
    return entry_points


def test_the_entry_point_is_register() -> None:
    assert [EntryPoint(name, value, "hypothesis").load() for name, value in declared().items()] == [register]


@pytest.mark.slow
@pytest.mark.parametrize("kind", TYPES)
@settings(max_examples=3)
@given(data=st.data())
def test_each_type_has_a_strategy(data: st.DataObject, kind: type[Any]) -> None:
    register()
    assert isinstance(data.draw(st.from_type(kind)), kind)


@pytest.mark.parametrize(
    "first",
    [pytest.param(name, marks=pytest.mark.slow) for name in ("eventschema.testing", "hypothesis", "eventschema")],
)
def test_the_types_are_registered_for_every_import_order(tmp_path: Path, first: str) -> None:
    # As an installation leaves it: the package on the path, and its entry points beside it.
    installed = tmp_path / "eventschema-0.0.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: eventschema\nVersion: 0.0.0\n")
    lines = [f"{name} = {value}" for name, value in declared().items()]
    (installed / "entry_points.txt").write_text("\n".join(["[hypothesis]", *lines, ""]))
    code = (
        f"import {first}; from hypothesis import find, settings, strategies as st; from eventschema import EventSchema;"
        "schema = find(st.from_type(EventSchema), lambda _: True, settings=settings(database=None));"
        "import dataclasses; Held = dataclasses.make_dataclass('Held', [('schema', EventSchema)]);"
        "held = find(st.builds(Held), lambda held: len(held.schema.properties) > 0, settings=settings(database=None));"
        "print(schema.name, type(held.schema).__name__)"
    )
    environment = {"PYTHONPATH": f"{tmp_path}:{ROOT}", "PYTHONWARNINGS": "error"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True, cwd=tmp_path, env=environment
    )
    assert done.stdout.split() == ["order", "EventSchema"]
