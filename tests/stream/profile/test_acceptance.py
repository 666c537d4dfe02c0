import gzip
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from eventschema.core.rules import Rules
from eventschema.stream.profile import Bounds
from eventschema.stream.profile.acceptance import COUNTED_RULES, Acceptance, count_accepted
from eventschema.stream.profile.files import profile_files
from eventschema.stream.profile.parts import ProfileTask
from tests.strategies_stream import as_line


def written(directory: Path, *properties: Any, name: str = "events") -> str:
    path = directory / name
    path.write_bytes(b"\n".join(as_line({"eventName": "order", "properties": each}) for each in properties))
    return str(path)


def counted(*paths: str, rules: Rules = Rules(), bounds: Bounds = Bounds()) -> tuple[Acceptance, int]:  # noqa: B008 (both are immutable)
    """What is accepted, and how many bytes were read for it."""
    task = ProfileTask(rules=rules, bounds=bounds)
    read: list[int] = []
    return count_accepted(profile_files(paths, task).profile, paths, task, read.append), sum(read)


@pytest.mark.parametrize(
    ("values", "accepted", "recommended"),
    [
        ([1, 1.5, 2.5, "x"], 1, 3),
        ([1.5, 1, 2.5, []], 3, 3),
        ([1, 1.5, 2], 2, 3),
        (["2026-11-23", "x", "y"], 1, 3),
        ([1, 2**70], 1, 2),
        ([None, {}], 1, 1),
    ],
)
def test_with_and_without_what_is_recommended(
    tmp_path: Path, values: list[Any], accepted: int, recommended: int
) -> None:
    path = written(tmp_path, *({"a": value} for value in values))
    assert counted(path) == (Acceptance(accepted, recommended), Path(path).stat().st_size)


def test_where_all_fits_nothing_is_read_once_more(tmp_path: Path) -> None:
    assert counted(written(tmp_path, {"a": 1.5}, {"a": 1, "b": None}, {"b": "x"})) == (Acceptance(3, 3), 0)


def test_the_first_value_is_that_of_the_first_file_given(tmp_path: Path) -> None:
    floats, ints = written(tmp_path, {"a": 1.5}, name="a"), written(tmp_path, {"a": 1}, name="b")
    assert counted(floats, ints) == (Acceptance(2, 2), 0)
    found, read = counted(ints, floats)
    assert found == Acceptance(1, 2)
    assert read > 0


def test_a_bound_on_schemas_counts(tmp_path: Path) -> None:
    path = written(tmp_path, {"a": 1}, {"b": 1}, {"c": 1})
    assert counted(path, rules=Rules(max_schema_properties=1))[0] == Acceptance(1, 3)


def test_every_rule_is_counted_or_leads_to_a_replay() -> None:
    others = {"max_schema_properties", "new_properties", "invalid", "empty_texts", "hints"}
    others |= {"event_ids", "unknown_fields"}  # which have no effect on events in files
    assert {field.name for field in fields(Rules)} == COUNTED_RULES | others


def test_what_a_profile_did_not_look_at_counts(tmp_path: Path) -> None:
    path = written(tmp_path, {"a": 1}, {"b": 1}, {"b": "x"})
    assert counted(path, bounds=Bounds(properties=1))[0] == Acceptance(2, 2)


def test_majorities_of_properties_need_not_be_one_of_events(tmp_path: Path) -> None:
    groups = [{"a": 1, "b": 1}] * 2 + [{"a": "x", "b": True}] * 3 + [{"a": True, "b": "x"}] * 3
    assert counted(written(tmp_path, *groups))[0] == Acceptance(2, 0)


def test_a_file_that_ends_too_early_counts_as_far_as_it_goes(tmp_path: Path) -> None:
    path = Path(written(tmp_path, {"a": 1}, {"a": 1.5}))
    path.write_bytes(gzip.compress(path.read_bytes() + b"\n")[:-4])
    whole = written(tmp_path, {"a": 2}, name="whole")
    assert counted(str(path), whole)[0] == Acceptance(2, 3)
