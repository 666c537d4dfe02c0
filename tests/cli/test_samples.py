"""The guide's commands over the real files of ``benchmarks/data``, and over its Segment file."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import eventschema.cli
from eventschema.cli.app import app

ROOT = Path(__file__).parents[2]
COMMANDS = [
    line.split()
    for block in re.findall(r"^```sh\n(.*?)^```$", str(eventschema.cli.__doc__), re.DOTALL | re.MULTILINE)
    for line in block.splitlines()
    if "benchmarks/data/" in line
]
SEGMENT = "benchmarks/data/segment.ndjson"
REAL = {arguments[2]: arguments[3:] for _, *arguments in [["", *each] for each in COMMANDS] if arguments[2] != SEGMENT}

# Of each file: how many events it has, how many a replay accepts without the guide's options but --event, how many
# properties are dropped with them, and types that they bring about.
EXPECTED: dict[str, tuple[int, int, dict[str, int], dict[str, str]]] = {
    "wildlife-strikes.csv": (300, 0, {}, {"flight_date": "date", "cost_total": "int", "speed_ias_in_knots": "int"}),
    "unemployment.tsv": (400, 400, {}, {"id": "int", "rate": "string"}),
    "weather.csv": (
        300,
        23,
        {"wind_gust": 255, "pressure": 28, "wind_dir": 3},
        {"wind_gust": "float", "pressure": "float", "time_hour": "dateTime"},
    ),
    "penguins.json": (200, 0, {}, {"beak_length_mm": "float", "body_mass_g": "int", "sex": "string"}),
    "electron-releases.json": (80, 0, {"reactions/-1": 6}, {"deps_node": "string", "npm_dist_tags": "string"}),
    "earthquake-features.ndjson": (
        80,
        0,
        {},
        {"properties_mag": "float", "geometry_coordinates": "string", "properties_url": "url"},
    ),
    "flights.parquet": (900, 900, {}, {"dep_delay": "int", "time_hour": "dateTime", "tailnum": "string"}),
}


def document(*arguments: str) -> Any:
    result = CliRunner().invoke(app, [*arguments, "--format", "json"], catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.fixture(params=REAL)
def path(request: pytest.FixtureRequest) -> str:
    chosen = str(request.param)
    if chosen.endswith(".parquet"):
        pytest.importorskip("pyarrow", reason="the extra arrow brings it")
    return chosen


def test_the_guide_has_a_command_for_each_file() -> None:
    assert [Path(each).name for each in REAL] == list(EXPECTED)


def test_the_guide_s_command_accepts_a_real_file(path: str) -> None:
    events, _, dropped, types = EXPECTED[Path(path).name]
    found = document("infer", path, *REAL[path])
    assert (found["accepted"], found["rejected"], found["unreadable"]) == (events, 0, [])
    assert {each["property"]: each["count"] for each in found["dropped"]} == dropped
    (event,) = found["events"]
    assert types.items() <= {each["name"]: each["type"] for each in event["properties"]}.items()


def test_a_profile_foresees_it(path: str) -> None:
    events, as_it_is, _, _ = EXPECTED[Path(path).name]
    assert document("profile", path, *REAL[path])["replay"]["accepted"] == events
    plain = document("profile", path, *REAL[path][:2])
    assert (plain["events"], plain["replay"]["accepted"]) == (events, as_it_is)


def test_a_segment_file_goes_through(tmp_path: Path) -> None:
    declared = str(tmp_path / "declared.json")
    profile, infer = (
        [declared if argument == "declared.json" else argument for argument in arguments[1:]]
        for arguments in COMMANDS
        if arguments[2] == SEGMENT
    )
    found = document(*profile)
    assert (found["events"], found["skipped"]) == (27, 19)
    assert found["replay"] == {"accepted": 17, "recommended": 27}
    found = document(*infer)
    assert (found["accepted"], found["rejected"], found["skipped"]) == (27, 0, 19)
    types = {each["name"]: {one["name"]: one["type"] for one in each["properties"]} for each in found["events"]}
    assert types["Logged Out"] == {}
    expected = {
        "products": "string",
        "device_id": "string",
        "delivery_address_postal_code": "string",
        "is_gift": "bool",
    }
    assert expected.items() <= types["Order Completed"].items()
    assert {"utm_source": "string", "referrer": "url", "price": "float"}.items() <= types["Product Viewed"].items()


def test_a_segment_file_with_its_context() -> None:
    (infer,) = (arguments[2:-2] for arguments in COMMANDS if arguments[1] == "infer" and arguments[2] == SEGMENT)
    found = document("infer", *infer, "--flat", "--no-int")
    assert (found["accepted"], found["rejected"]) == (27, 0)
    (event,) = (each for each in found["events"] if each["name"] == "Order Completed")
    types = {each["name"]: each["type"] for each in event["properties"]}
    assert (types["context_page_url"], types["properties_total"]) == ("url", "float")
