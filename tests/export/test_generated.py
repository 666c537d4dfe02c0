"""What other languages make of the JSON Schema: a pydantic model, TypeScript, and a validator of JavaScript.

All of it takes seconds, so these tests are slow ones. The pydantic model is made by the command of the guide.
"""

import json
import math
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

import eventschema.export
from eventschema import EventSchema, PropertyType, Rules
from eventschema.core.types import TEXT_FORMATS
from eventschema.export import to_json_schema, to_request_schema
from eventschema.testing import conflicting, conforming
from tests.export.schemas import ALL_TYPES, EVENTS
from tests.export.test_jsonschema import is_json, is_listed
from tests.support import load_cases

pytestmark = pytest.mark.slow

REJECT = Rules(new_properties="reject")


def arguments_of_the_guide() -> list[str]:
    """The arguments that the guide gives datamodel-codegen."""
    [arguments] = re.findall("^datamodel-codegen (.*)$", str(eventschema.export.__doc__), re.MULTILINE)
    return str(arguments).split()


# --- pydantic ---


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The model of an event that has a property of each type, as the guide's command makes it."""
    pytest.importorskip("datamodel_code_generator", reason="the extra interop brings it")
    pytest.importorskip("pydantic", reason="the extra interop brings it")
    folder = tmp_path_factory.mktemp("model")
    (folder / "event.schema.json").write_text(json.dumps(to_json_schema(ALL_TYPES, closed=True)))
    arguments = [sys.executable, "-W", "ignore", "-m", "datamodel_code_generator", *arguments_of_the_guide()]
    subprocess.run(arguments, cwd=folder, check=True, timeout=120)
    spec = spec_from_file_location("generated_model", folder / "event.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["generated_model"] = module  # where pydantic looks for the annotations
    spec.loader.exec_module(module)
    yield module.PlacedOrder
    del sys.modules["generated_model"]


def is_accepted(model: Any, event: dict[str, Any]) -> bool:
    from pydantic import ValidationError

    try:
        model.model_validate(event)
    except ValidationError:
        return False
    return True


def check(model: Any, event: dict[str, Any]) -> None:
    """Assert that the model says of ``event`` what a check says, but for what is listed."""
    errors = ALL_TYPES.merge(event, REJECT).errors
    if is_accepted(model, event):
        assert all(is_listed(error, "regex", event, REJECT) for error in errors), event
    else:
        # An int of pydantic's is strictly one: 10.0 is none. Null is accepted only where the model has the property.
        whole = isinstance(event.get("a_int"), float) and event["a_int"].is_integer()
        unknown = any(event[name] is None for name in event if name not in ALL_TYPES.properties)
        assert errors or whole or unknown, event


@pytest.mark.parametrize("type_", TEXT_FORMATS)
def test_the_model_knows_the_texts_of_each_format(model: Any, type_: PropertyType) -> None:
    cases = load_cases("formats")[type_]
    for row in cases["accept"]:
        assert is_accepted(model, {f"a_{type_}": row["text"]}), row
    for row in cases["refuse"]:
        check(model, {f"a_{type_}": row["text"]})


def test_the_model_accepts_naive_datetimes(model: Any) -> None:
    assert model.model_validate({"a_dateTime": "2026-03-05T09:30"}).a_dateTime == "2026-03-05T09:30"
    assert not is_accepted(model, {"a_dateTime": "2026-03-05 09:30"})


@given(conforming(ALL_TYPES, REJECT) | conflicting(ALL_TYPES, REJECT).map(lambda drawn: drawn[0]))
def test_the_model_says_what_check_says(model: Any, event: dict[str, Any]) -> None:
    if not any(isinstance(value, float) and not math.isfinite(value) for value in event.values()):  # not in JSON
        check(model, event)


# --- TypeScript, and ajv ---

#: What the types must accept, and what each line marked so must refuse: ``tsc`` says if it does not.
USES = """
import {PlacedOrder} from "./event";
import {TrackRequest} from "./request";
const event: PlacedOrder = {a_bool: true, a_int: 1, a_float: 1.5, a_string: "", a_date: "2026-03-05", a_url: null};
// @ts-expect-error
const wrong: PlacedOrder = {a_int: "1"};
// @ts-expect-error
const unknown: PlacedOrder = {another: 1};
const request: TrackRequest = {
  eventName: "placed order", contact: {email: "ann@example.com", vip: true, tags: ["a"]}, properties: event,
};
// @ts-expect-error
const otherEvent: TrackRequest = {eventName: "another", contact: {id: "1"}};
// @ts-expect-error
const noContact: TrackRequest = {eventName: "cart"};
// @ts-expect-error
const otherProperties: TrackRequest = {eventName: "cart", contact: {id: "1"}, properties: event};
"""
PACKAGES = ("ajv@8", "json-schema-to-typescript@16", "typescript@5")


@pytest.fixture(scope="module")
def typescript(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the tools, installed by npm."""
    if shutil.which("node") is None or (npm := shutil.which("npm")) is None:
        pytest.skip("node and npm are not installed")
    folder = tmp_path_factory.mktemp("typescript")
    (folder / "package.json").write_text("{}")
    install = [npm, "install", "--no-audit", "--no-fund", "--no-update-notifier", *PACKAGES]
    done = subprocess.run(install, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        pytest.skip(f"npm cannot install {', '.join(PACKAGES)}: {done.stderr[-500:]}")
    yield folder
    shutil.rmtree(folder / "node_modules")


def node(folder: Path, tool: str, *arguments: str) -> None:
    done = subprocess.run(
        [str(folder / "node_modules" / ".bin" / tool), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=os.environ | {"NO_COLOR": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_typescript_takes_the_types(typescript: Path) -> None:
    schemas = [ALL_TYPES, EventSchema("cart", {"1st": "int"})]
    documents = {
        "event": to_json_schema(ALL_TYPES, closed=True),
        "open_event": to_json_schema(ALL_TYPES),
        "events": to_json_schema(schemas),
        "request": to_request_schema(schemas, closed=True),
        "open_request": to_request_schema(schemas),
    }
    for name, document in documents.items():
        (typescript / f"{name}.schema.json").write_text(json.dumps(document))
        node(typescript, "json2ts", f"{name}.schema.json", "-o", f"{name}.ts")
    (typescript / "uses.ts").write_text(USES)
    node(
        typescript,
        "tsc",
        "--strict",
        "--noEmit",
        "--target",
        "es2022",
        *(f"{name}.ts" for name in documents),
        "uses.ts",
    )


#: Prints for each event whether it is valid. Strict mode refuses a schema with a format or keyword that ajv lacks.
AJV = """
const [schema, events] = JSON.parse(require("fs").readFileSync("events.json"));
const Ajv = require("ajv/dist/2020");
const validate = new Ajv({strict: true, allowUnionTypes: true, validateFormats: false}).compile(schema);
console.log(JSON.stringify(events.map((event) => validate(event))));
"""


def test_ajv_says_what_check_says(typescript: Path) -> None:
    cases = {type_: load_cases("formats")[type_] for type_ in TEXT_FORMATS}
    listed = [
        {f"a_{type_}": row["text"]} for type_, rows in cases.items() for row in (*rows["accept"], *rows["refuse"])
    ]
    events = [*EVENTS, *filter(is_json, listed)]
    (typescript / "events.json").write_text(json.dumps([to_json_schema(ALL_TYPES, closed=True), events]))
    done = subprocess.run(["node", "-e", AJV], cwd=typescript, capture_output=True, text=True, timeout=120, check=True)
    for event, is_valid in zip(events, json.loads(done.stdout), strict=True):
        errors = ALL_TYPES.merge(event, REJECT).errors
        assert is_valid or errors, event
        assert not is_valid or all(is_listed(error, "regex", event, REJECT) for error in errors), event
