"""The examples of the guide that profile on clusters: their profile is that of one process, to the byte."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

import eventschema.stream
from eventschema.stream import EventProfile
from eventschema.stream.profile.files import profile_files
from eventschema.stream.reading import read_events

SAMPLE = Path(__file__).parents[2] / "benchmarks" / "data" / "earthquakes.ndjson"


def example(package: str) -> Any:
    """The function ``profile_all`` of the example for ``package``."""
    blocks = re.findall(r"```python\n(.*?)```", str(eventschema.stream.__doc__), re.DOTALL)
    [block] = [block for block in blocks if block.startswith(f"import {package}")]
    names: dict[str, Any] = {"__name__": __name__}
    exec(compile(block, package, "exec"), names)
    return names["profile_all"]


def document(profile: EventProfile) -> str:
    return json.dumps(profile.to_dict())


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Twenty files, more than are combined at a time."""
    lines = SAMPLE.read_bytes().splitlines(keepends=True)[:200]
    paths = [tmp_path / f"{number:02}.ndjson" for number in range(20)]
    for number, path in enumerate(paths):
        path.write_bytes(b"".join(lines[number * 10 : number * 10 + 10]))
    return list(map(str, paths))


def test_dask(files: list[str]) -> None:
    dask = pytest.importorskip("dask", reason="the extra interop installs it")
    with dask.config.set(scheduler="synchronous"):
        assert document(example("dask.bag")(files)) == document(profile_files(files).profile)


def test_ray(files: list[str]) -> None:
    ray = pytest.importorskip("ray", reason="no extra installs it")
    ray.init(num_cpus=2, include_dashboard=False)
    try:
        assert document(example("ray")(files)) == document(profile_files(files).profile)
        assert document(example("ray")([])) == document(EventProfile())
    finally:
        ray.shutdown()


def test_beam(files: list[str], tmp_path: Path) -> None:
    beam = pytest.importorskip("apache_beam", reason="no extra installs it")
    events = [(event.name, event.properties, event.source, event.line) for path in files for event in read_events(path)]
    with beam.Pipeline() as pipeline:
        found = example("apache_beam")(pipeline | beam.Create(events)) | beam.Map(document)
        found | beam.io.WriteToText(str(tmp_path / "profile"))
    [written] = tmp_path.glob("profile-*")
    assert written.read_text().strip() == document(profile_files(files).profile)
