import gzip
import json
import os
import re
import signal
import subprocess
import time
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from eventschema.cli.profilepage import TYPE_COLOURS
from eventschema.core.rules import Rules
from eventschema.core.schemafile import loads_schemas
from eventschema.core.types import PropertyType
from eventschema.stream.profile import Bounds, EventProfile
from eventschema.version import __version__
from tests.cli.conftest import Run, Write
from tests.cli.test_process import COMMAND, environment, on_terminal, start
from tests.processes import running
from tests.stream.test_sample import SAMPLE

HOSTILE = "</style><script>alert(1)</script><img src=//evil.example/x onerror=alert(1)>\x1b[31m\u202e\"'&amp;"


def some_events(write: Write) -> str:
    return write(
        "events.ndjson",
        ("order", {"total": 1, "placed": "2026-11-23", "flag": True}),
        b"no json",
        ("order", {"total": 2.5, "placed": None, "flag": "yes", "tags": []}),
        ("order", {"total": 12.25, "note": "x" * 60}),
        ("cart", {}),
    )


REPORT = """\
4 events, 1 line without an event
A replay (infer) accepts 2 of 4 events as they are, and 3 with the recommended schemas declared.

order: 3 events
property   declare   has value   null   types              refused   distinct   range                 examples
total      float          100%          float 2, int 1           2          3   1 to 12.25            1, 2.5, 12.25
placed     date            33%      1   date                                1   2026-11-23            "2026-11-23"
flag       bool            67%          bool 1, string 1         1          2   up to 3 characters    true, "yes"
tags       -                0%          array                    1
note       string          33%          string                              1   up to 60 characters   "{note}..."

error              property   count   first    message of the first
unsupported_type   tags           1   line 3   Expected a value of a supported type, found array, at /properties/tags.

cart: 1 event

Lines without an event

error               property   count   first    message of the first
malformed_request                  1   line 2   {malformed}

Findings
  order total: The first value is int, which does not take any of the 2 other values; float takes all 3. {values}
  1 line carries no event: malformed_request. (line 2)
  order flag: No single type takes every value (1 bool, 1 string); bool takes the most, 1 of 2. {flag}
  order tags: 1 of 1 value is an array, which no type takes. (line 3) See --arrays json or --invalid drop.
""".format(
    note="x" * 40,
    malformed="Expected a JSON object, found text that is not JSON, from character 1 on, at the root.",
    values="(line 1; 1, 2.5, 12.25) See --hint total=float.",
    flag='The first value is bool, which does not take the other value. (line 1; true, "yes"; first refused: line 3) '
    "See --invalid drop.",
)


def without_rules(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if set(line) != {"\u2500", "\n"})


def test_the_report_lists_properties_and_findings(run: Run, write: Write) -> None:
    result = run("profile", some_events(write))
    assert (result.exit_code, result.stderr) == (0, "")
    assert without_rules(result.stdout) == REPORT


def test_format_json_has_properties_and_findings(run: Run, write: Write) -> None:
    document = json.loads(run("profile", some_events(write), "--format", "json").stdout)
    assert (document["events"], document["withoutEvent"], document["complete"]) == (4, 1, True)
    assert [event["name"] for event in document["byName"]] == ["order", "cart"]
    order = document["byName"][0]
    total = next(one for one in order["properties"] if one["name"] == "total")
    assert total == {
        "name": "total",
        "recommended": "float",
        "taken": 3,
        "notTaken": None,
        "seen": 3,
        "values": 3,
        "share": 1.0,
        "nulls": 0,
        "types": {
            "float": {"count": 2, "first": {"source": "events.ndjson", "line": 3}},
            "int": {"count": 1, "first": {"source": "events.ndjson", "line": 1}},
        },
        "untyped": 0,
        "firstType": "int",
        "refused": 2,
        "least": 1,
        "greatest": 12.25,
        "longest": None,
        "moments": {},
        "topValues": [{"value": value, "count": 1} for value in (1, 2.5, 12.25)],
        "distinct": {"count": 3, "more": False},
        "distinctBeforeRounding": None,
        "adjustments": {},
        "zeroed": 0,
        "unsupported": {},
        "examples": [1, 2.5, 12.25],
        "faults": [],
        "constraints": {
            "type": "float",
            "events": 3,
            "present": 3,
            "required": False,
            "values": None,
            "least": 1,
            "greatest": 12.25,
            "moments": None,
            "longest": None,
        },
    }
    tags = next(one for one in order["properties"] if one["name"] == "tags")
    assert [tags[key] for key in ("seen", "values", "share", "untyped", "refused")] == [1, 0, 0.0, 1, 1]
    assert tags["unsupported"] == {"array": 1}
    assert [one["kind"] for one in document["findings"]] == [
        "first_value",
        "malformed_request",
        "no_single_type",
        "unsupported_type",
    ]
    assert document["unsettled"] == [
        {
            "event": "order",
            "property": "flag",
            "types": {"bool": 1, "string": 1},
            "recommended": "bool",
            "taken": 1,
            "refused": 1,
            "first": {"source": "events.ndjson", "line": 3},
        }
    ]


def test_with_recommended_schemas_infer_accepts_the_sample(run: Run) -> None:
    result = run("profile", str(SAMPLE), "-o", "schemas.json")
    assert "mag: The first value is int, which does not take 1,638 of the 1,706 other values" in result.stdout
    types = loads_schemas(Path("schemas.json").read_bytes())["earthquake"].properties
    assert {types[name].value for name in ("mag", "gap", "cdi", "mmi", "rms")} == {"float"}
    replayed = run("infer", str(SAMPLE), "--schema", "schemas.json", "--strict")
    assert replayed.exit_code == 0
    assert replayed.stdout.startswith("1,707 accepted, 0 rejected\n")


def test_places_in_several_sources_have_their_names(run: Run, write: Write) -> None:
    one, two = write("b", ("order", {"a": 1.5})), write("a", ("order", {"a": 1}), b"[]")
    result = run("profile", one, two)
    assert "does not take the other value; float takes all 2. (a:1; 1, 1.5)" in result.stdout
    assert re.search("  a:2 +Expected a JSON object, found array, at the root[.]\n", result.stdout)


@pytest.mark.parametrize("count", ["0", "1"])
def test_examples_can_be_switched_off(run: Run, write: Write, count: str) -> None:
    path = write("events", ("order", {"who": "someone@a.co", "total": 77.125}), ("order", {"who": "nobody"}))
    result = run("profile", path, "--examples", count, "--save", "saved", "--html", "page", "--format", "json")
    table = run("profile", path, "--examples", count)
    for text in (result.stdout, table.stdout, Path("saved").read_text(), Path("page").read_text()):
        assert ("someone@a.co" in text) == ("77.125" in text) == (count == "1")


def test_profiles_are_saved_loaded_and_combined(run: Run, write: Write) -> None:
    one, two = write("one", ("order", {"a": 1}), b"odd"), write("two", ("order", {"a": 1.5}))
    whole = run("profile", one, two, "--save", "whole.json", "--no-replay", "--format", "json").stdout
    run("profile", one, "--save", "one.json")
    run("profile", two, "--save", "two.json")
    assert run("profile", "--load", "whole.json", "--format", "json").stdout == whole
    assert run("profile", "--load", "two.json", "--load", "one.json", "--format", "json").stdout == whole
    assert run("profile", two, "--load", "one.json", "--save", "again.json", "--format", "json").stdout == whole
    assert Path("again.json").read_bytes() == Path("whole.json").read_bytes()


DECLARED = "with the recommended schemas declared"
FEWER = "That is fewer because the values that fit the recommended types are not in the same events."
CONFLICTS = [{"a": 1, "b": 1}] * 2 + [{"a": "x", "b": True}] * 3 + [{"a": True, "b": "x"}] * 3


@pytest.mark.parametrize(
    ("properties", "counts", "sentence"),
    [
        ([{"a": 1}, {"a": 2}], (2, 2), "all of 2 events as they are."),
        ([{"a": 1}, {"a": 1.5}], (1, 2), f"1 of 2 events as they are, and all {DECLARED}."),
        (CONFLICTS, (2, 0), f"2 of 8 events as they are, and 0 {DECLARED}. {FEWER}"),
    ],
)
def test_the_report_begins_with_what_a_replay_accepts(
    run: Run, write: Write, properties: list[dict[str, Any]], counts: tuple[int, int], sentence: str
) -> None:
    path = write("events", *(("order", each) for each in properties))
    sentence = f"A replay (infer) accepts {sentence}"
    assert run("profile", path, "--html", "page").stdout.splitlines()[1] == sentence
    assert f"<p>{sentence}</p>" in Path("page").read_text()
    accepted, recommended = counts
    document = json.loads(run("profile", path, "--format", "json").stdout)
    assert document["replay"] == {"accepted": accepted, "recommended": recommended}
    run("profile", path, "-o", "schemas.json")
    for arguments, count in (([], accepted), (["--schema", "schemas.json"], recommended)):
        assert run("infer", path, *arguments).stdout.startswith(f"{count} accepted, ")


def test_values_that_rounding_changes_are_counted(run: Run, write: Write) -> None:
    path = write("events", *(("order", {"btc": value, "x": 1.5}) for value in (0.00000012, 0.0000004, 0.1234567, 0.5)))
    result = run("profile", path, "--html", "page")
    assert re.search("^btc +float +100% +float +3 +0.0 to 0.5 ", result.stdout, re.MULTILINE)
    assert (
        "order btc: Rounding to 6 decimals makes 2 of 4 floats 0 and leaves 3 of 4 different values;" in result.stdout
    )
    assert "3 distinct, 0.0 to 0.5, 3 (2 to 0) rounded" in Path("page").read_text()
    (order,) = json.loads(run("profile", path, "--format", "json").stdout)["byName"]
    btc = order["properties"][0]
    assert (btc["adjustments"], btc["zeroed"]) == ({"rounded": 3}, 2)
    assert btc["distinctBeforeRounding"] == {"count": 4, "more": False}


def test_events_with_too_many_properties_are_profiled(run: Run, write: Write) -> None:
    columns = {f"c{number}": number if number < 120 else None for number in range(135)}
    result = run("profile", write("events", ("order", columns), ("order", {"c0": 1})))
    assert re.search("^c119 +int +50% +int", result.stdout, re.MULTILINE)
    assert (
        "1 of 2 events has more than 100 properties, up to 135; --max-properties 135 takes all of them. 15 of 135 "
        "properties of these events are null; without them, 0 of 1 event would be within the limit."
    ) in result.stdout
    assert "too_many_properties" not in run("profile", "events", "--max-properties", "135").stdout


def test_files_that_cannot_be_read_twice_are_not_replayed(run: Run, write: Write) -> None:
    path = write("events", ("order", {"a": 1}), ("order", {"a": "x"}))
    run("profile", path, "--save", "saved")
    empty = write("empty")
    for arguments in ([path, "--no-replay"], [path, "--load", "saved"], ["--load", "saved"], ["-"], [empty]):
        assert json.loads(run("profile", *arguments, "--format", "json").stdout)["replay"] is None
        assert "A replay" not in run("profile", *arguments).stdout


def test_a_saved_profile_keeps_its_rules(run: Run, write: Write) -> None:
    path = write("events", ("order", {"a": 1}))
    run("profile", path, "--no-int", "--examples", "1", "--save", "saved")
    assert "float" in run("profile", "--load", "saved").stdout
    other = run("profile", path, "--load", "saved")
    assert other.exit_code == 2
    assert other.stderr.startswith("Error: saved: expected profiles of the same rules and bounds")


@pytest.mark.slow
def test_examples_of_saved_profiles_are_limited_too(run: Run, write: Write) -> None:
    one, two = write("one", ("order", {"a": 1}), ("order", {"a": 2})), write("two", ("order", {"a": 7}))
    run("profile", one, "--save", "one.json")
    run("profile", two, "--examples", "1", "--save", "two.json")
    for count in ("0", "1"):
        whole = run("profile", one, two, "--examples", count, "--no-replay", "--format", "json").stdout
        for arguments in (["--load", "one.json", "--load", "two.json"], [two, "--load", "one.json"]):
            assert run("profile", *arguments, "--examples", count, "--format", "json").stdout == whole
    assert "1, 2" in run("profile", "--load", "one.json", "--examples", "9").stdout
    assert "1, 2" in run("profile", "--load", "one.json").stdout


@pytest.mark.parametrize(
    "option",
    [
        ["--no-int"],
        ["--detect", "date"],
        ["--max-string-length", "2048"],
        ["--event", "order"],
        ["--event-key", "eventName"],
        ["--max-line-bytes", "9"],
    ],
)
def test_counting_options_are_refused_for_saved_profiles_alone(run: Run, write: Write, option: list[str]) -> None:
    run("profile", write("events", ("order", {"a": 1})), "--save", "saved")
    result = run("profile", "--load", "saved", *option)
    assert (result.exit_code, result.stdout) == (2, "")
    message = f"Error: {option[0]}: saved counts are reported as they were counted.\n"
    assert result.stderr.endswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"{", "Expected a saved profile, found text that is not JSON, from character 2 on, at the root."),
        (b"\xff", "Expected a saved profile, found bytes that are not UTF-8, from byte 1 on, at the root."),
        (
            b'{"format":1,"format":1}',
            "Expected a saved profile, found an object with the key format twice, at the root.",
        ),
        (b"[]", "Expected an object, found array, at the root."),
    ],
)
def test_an_invalid_saved_profile_is_an_error(run: Run, text: bytes, message: str) -> None:
    Path("saved").write_bytes(text)
    result = run("profile", "--load", "saved")
    assert (result.exit_code, result.stderr) == (2, f"Error: saved: {message}\n")


def test_wrong_usage_exits_with_2(run: Run, write: Write) -> None:
    assert "Expected files of events, or --load." in run("profile").stderr
    path = write("events", ("order", {}))
    for option in ("-o", "--html", "--save"):
        assert "would be overwritten" in run("profile", path, option, path).stderr
        assert "- is standard output" in run("profile", path, option, "-").stderr


def test_a_truncated_file_is_reported_and_exits_with_2(run: Run, write: Write) -> None:
    Path("cut").write_bytes(gzip.compress(b'{"eventName":"order"}\n' * 2)[:-1])
    reading, writing = os.pipe()  # a pipe cannot be replaced, so it gets the page all the same
    with open(reading, "rb") as page, open(writing, "wb"):
        result = run("profile", "cut", write("good", ("order", {})), "--html", f"/dev/fd/{writing}")
        os.set_blocking(reading, False)
        assert b"Not read to the end: cut: the gzip data ends" in page.read()
    assert result.exit_code == 2
    assert result.stdout.startswith("3 events\n")
    assert result.stderr == "Error: cut: the gzip data ends before its end mark, after line 2.\n"


def test_a_null_does_not_count_as_a_value(run: Run, write: Write) -> None:
    path = write("events", ("order", {"a": 1}), *[("order", {"a": None, "b": None})] * 199, ("order", {}))
    result = run("profile", path, "--html", "page")
    assert re.search("^a +int +<1% +199 ", result.stdout, re.MULTILINE)
    assert "a value in &lt;1% of events, null in &gt;99%" in Path("page").read_text()
    assert "no value" in Path("page").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_standard_input_is_counted_with_other_files(tmp_path: Path, jobs: str) -> None:
    (tmp_path / "file").write_bytes(b'{"eventName":"order"}\n')
    result = subprocess.run(
        [*COMMAND, "profile", "-", "file", "--jobs", jobs],
        input=b'{"eventName":"cart"}\n',
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        check=True,
    )
    assert result.stdout.decode().startswith("2 events\n")


class Page(HTMLParser):
    """What a browser would make of a page: its elements, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.names: list[str] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.names.extend(value or "" for name, value in attrs if name == "id")
        self.links.extend(value or "" for name, value in attrs if name == "href")

    def handle_data(self, data: str) -> None:
        self.text += data


def hostile_page(run: Run, write: Write) -> str:
    """A page of events that would take it over, were they not escaped."""
    name = HOSTILE.replace("\x1b", "")
    events: list[tuple[str, dict[str, Any]] | bytes] = [
        (name, {"price": 10 if number == 0 else 10.5, "note": HOSTILE, HOSTILE: 1, "when": f"2026-01-{number + 1:02}"})
        for number in range(28)
    ]
    path = write("<b>events", *events, (name, {"price": 1, "when": HOSTILE, "flag": True}), (name, {"flag": 1}), b"<i>")
    assert run("profile", path, "--html", "page.html").exit_code == 0
    return Path("page.html").read_text(encoding="utf-8")


def test_nothing_on_the_page_runs_or_loads(run: Run, write: Write) -> None:
    text = hostile_page(run, write)
    page = Page()
    page.feed(text)
    assert page.tags == {
        *("html", "head", "meta", "title", "style", "body", "main"),
        *("h1", "h2", "small", "p", "div", "span", "i", "b", "ul", "li", "code", "bdi", "a", "nav"),
    }
    assert page.attributes == {"lang", "charset", "http-equiv", "content", "name", "class", "style", "id", "href"}
    assert all(address.removeprefix("#") in page.names for address in page.links)
    assert "default-src 'none'; style-src 'unsafe-inline'" in text
    assert not any(word in text.partition("</style>")[0] for word in ("url(", "@import", "http:", "https:", "//"))
    assert text.count("</style>") == 1
    assert not any(character in text for character in "\x1b\u202e")
    assert "</style><script>alert(1)</script>" in page.text
    assert "price: The first value is int" in page.text


def test_every_type_has_colours_on_the_page(run: Run, write: Write) -> None:
    missing = set(PropertyType) - TYPE_COLOURS.keys()
    assert not missing, f"types without a row in TYPE_COLOURS: {sorted(missing)}"
    text, _ = page_of(run, write("events", ("order", {"a": 1})))
    for type_, colours in TYPE_COLOURS.items():
        assert [f".{type_} {{ --c: {colour}; }}" in text for colour in colours] == [True, True]


def test_the_page_counts_events_without_the_properties_key(run: Run, write: Write) -> None:
    text, _ = page_of(run, write("events", ("a", {"x": 1}), b'{"eventName":"a"}'))
    assert "<p>1 event lacks the key of the properties (--properties-key, or --flat)" in text
    assert "lacks the key" not in page_of(run, write("events", ("a", {"x": 1})))[0]


def chromium(directory: Path, page: Path, *options: str) -> str:
    """What headless chromium prints of a page."""
    chosen = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run")
    quiet = ("--disable-background-networking", "--disable-component-update", "--disable-sync")
    command = ["chromium", *chosen, *quiet, f"--user-data-dir={directory / 'browser'}", *options, page.as_uri()]
    result = subprocess.run(command, capture_output=True, timeout=60, check=False)
    return result.stdout.decode()


def need_chromium() -> None:
    try:
        subprocess.run(["chromium", "--version"], capture_output=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        pytest.skip("chromium is not installed: apt-get install chromium")


@pytest.mark.slow
def test_a_browser_has_a_dark_page_that_fits_a_phone(run: Run, write: Write, tmp_path: Path) -> None:
    need_chromium()
    text = hostile_page(run, write)
    # A page that has this one as its content: the browser measures it, and the policy of the page itself stays.
    probe = (
        "document.title = document.documentElement.scrollWidth + ' ' + getComputedStyle(document.body).backgroundColor"
    )
    unguarded = re.sub('<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    (tmp_path / "probe.html").write_text(unguarded.replace("</body>", f"<script>{probe}</script></body>"))
    titles = []
    for scheme in ("1", "0"):  # light, dark
        options = ("--dump-dom", "--window-size=500,800", f"--blink-settings=preferredColorScheme={scheme}")
        titles.append(re.findall("<title>(.*?)</title>", chromium(tmp_path, tmp_path / "probe.html", *options))[0])
    (width, light), (_, dark) = (title.split(" ", 1) for title in titles)
    assert int(width) <= 500
    assert (light, dark) == ("rgb(246, 247, 249)", "rgb(18, 22, 28)")


@pytest.mark.slow
def test_a_browser_renders_the_page(run: Run, write: Write, tmp_path: Path) -> None:
    need_chromium()
    hostile_page(run, write)
    dumped = chromium(tmp_path, tmp_path / "page.html", "--dump-dom", "--window-size=360,800")
    page = Page()
    page.feed(dumped)
    assert "script" not in page.tags
    assert "img" not in page.tags
    assert "The first value is int" in page.text
    picture = tmp_path / "page.png"
    chromium(tmp_path, tmp_path / "page.html", f"--screenshot={picture}", "--window-size=360,800")
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_page_says_what_it_is_of(run: Run, write: Write) -> None:
    path = write("<b>.ndjson", ("order", {"a": 1}), ("order", {"a": "x"}), b"[]", ("cart", {}))
    _, page = page_of(run, path)
    today = datetime.now(UTC).date()
    dates = {today.isoformat(), (today - timedelta(1)).isoformat()}  # the test may run at midnight
    made = re.search(r"Of <b>[.]ndjson[.] Made on (\S+) by eventschema (\S+)[.]\n", page.text)
    assert made is not None
    assert made[1] in dates
    assert made[2] == __version__
    assert page.links[:3] == ["#findings", "#events", "#lines"]
    assert "findings (2)events (2)lines without an event (1)" in page.text
    many = [write(f"many{number}", ("order", {})) for number in range(22)]
    assert run("profile", *many, "--html", "many.html").exit_code == 0
    assert "many19</bdi> and 2 more. Made on" in Path("many.html").read_text()


def test_the_page_shows_top_values_as_bars(run: Run, write: Write) -> None:
    values = ["EUR"] * 30 + ["USD"] * 10
    path = write(
        "events", *(("order", {"currency": one, "day": f"2026-11-{1 + n % 9:02}"}) for n, one in enumerate(values))
    )
    text, page = page_of(run, path)
    assert '<i style="width:75.00%"></i><span><code><bdi>&quot;EUR&quot;</bdi></code> 75%</span>' in text
    assert "required, one of 2 values" in page.text
    assert "9 distinct, 2026-11-01 to 2026-11-09" in page.text
    text, _ = page_of(run, write("one", ("order", {"a": 5})))
    assert '<i style="width:100.00%"></i><span><code><bdi>5</bdi></code> 100%</span>' in text
    assert run("profile", "events", "--examples", "0", "--html", "page.html").exit_code == 0
    hidden = Path("page.html").read_text()
    assert not any(value in hidden for value in ("EUR", "USD", "2026-11-01", "one of"))


def test_the_page_lists_changes(run: Run, write: Write) -> None:
    run("profile", write("before", *[("<i>", {"gone": 1})] * 2), "--save", "saved.json")
    path = write("after", *[("order", {"a": 1})] * 2)
    assert run("profile", path, "--before", "saved.json", "--html", "page.html").exit_code == 0
    page = Page()
    page.feed(Path("page.html").read_text())
    assert "<i>: vanished 1.000 No longer seen; it was seen 2 times." in page.text
    assert "order: new 1.000 A new event, seen 2 times." in page.text
    assert "i" in page.tags
    assert page.links[:1] == ["#changes"]


def page_of(run: Run, path: str) -> tuple[str, Page]:
    assert run("profile", path, "--html", "page.html").exit_code == 0
    text, page = Path("page.html").read_text(encoding="utf-8"), Page()
    page.feed(text)
    return text, page


UNTYPED_VALUES: list[tuple[str, dict[str, Any]]] = [
    ("order", {"items": [1], "meta": {"a": 1}, "both": 5, "none": None, "long": "x" * 2049}),
    ("order", {"items": [], "meta": {}, "both": [], "none": None, "long": "x", "text": ""}),
]


def test_objects_and_arrays_are_named_in_the_report(run: Run, write: Write) -> None:
    path = write("events", *UNTYPED_VALUES)
    rows = [re.split(" {2,}", line) for line in run("profile", path).stdout.splitlines()[3:12]]
    assert {row[0]: row[1:] for row in rows if row[0] in {"items", "meta", "both", "none", "long", "text"}} == {
        "items": ["-", "0%", "array", "2"],
        "meta": ["-", "0%", "object", "2"],
        "both": ["int", "50%", "int 1, array 1", "1", "1", "5", "5"],
        "none": ["-", "0%", "2"],
        "long": ["string", "50%", "string 1, string_too_long 1", "1", "1", "up to 1 character", '"x"'],
        "text": ["string", "50%", "string", "1", "empty text", '""'],
    }
    text, _ = page_of(run, path)
    assert text.count('<span class="tag none">array</span>') == text.count('<span class="tag none">object</span>') == 1
    assert text.count('<span class="tag none">only null</span>') == 1
    assert text.count("refused in 100% of events") == 2
    assert text.count("100% refused by every type") == 2
    assert "unsupported_type: array 2, first at <bdi>line 1</bdi>" in text
    assert "unsupported_type: object 2, first at <bdi>line 1</bdi>" in text
    assert "a value in 50% of events, refused in 50%" in text
    assert "unsupported_type: array 1, first at <bdi>line 2</bdi>" in text
    assert "string_too_long: 1, first at <bdi>line 1</bdi>" in text


def test_a_big_int_is_refused_only_where_int_came_first(run: Run, write: Write) -> None:
    for first, count in ((1, 2), (1.5, 0)):
        path = write("events", ("order", {"a": first}), ("order", {"a": 2**70}), ("order", {"a": 2**71}))
        (event,) = json.loads(run("profile", path, "--format", "json").stdout)["byName"]
        (a,) = event["properties"]
        assert (a["recommended"], a["untyped"], a["refused"]) == ("float", 2, count)


def test_the_page_counts_what_the_recommended_type_refuses(run: Run, write: Write) -> None:
    path = write("events", ("order", {"a": 1, "b": 1}), ("order", {"a": True, "b": 1}), ("order", {"a": 2}))
    text, _ = page_of(run, path)
    assert text.count("refuses 1, first at <bdi>line 2</bdi>") == 1


def test_a_null_that_rules_reject_counts_as_refused(run: Run, write: Write) -> None:
    text = run("profile", write("events", ("order", {"a": None}), ("order", {"a": 1})), "--nulls", "reject").stdout
    assert re.search("^a +int +50% +1 +int +1 +1 +1 +1$", text, re.MULTILINE)


def test_invalid_property_names_are_listed(run: Run, write: Write) -> None:
    path = write("events", ("order", {"total amount": 1, "a": 1}), ("order", {"total amount": 1, "": 2, "n" * 129: 1}))
    result = run("profile", path).stdout
    _, page = page_of(run, path)
    for name, code, count, line in (
        ('"total amount"', "invalid_name", 2, 1),
        ('""', "invalid_name", 1, 2),
        (f'"{"n" * 128}..."', "name_too_long", 1, 2),
    ):
        assert re.search(f"^{name} +{code} +{count} +line {line} +Expected ", result, re.MULTILINE)
        assert f"{name}: {code} {count} \u00d7, first at line {line}: Expected " in page.text
    assert "found an empty one, at /properties/." in page.text
    assert "of further such names" not in result


def test_invalid_names_beyond_the_list_are_counted(run: Run, write: Write) -> None:
    path = write("events", ("order", {f"a b {number:03}": 1 for number in range(202)}))
    result = run("profile", path, "--max-properties", "300").stdout
    assert result.count("invalid_name ") >= 201
    assert "\n2 more values of further such names are not listed.\n" in result
    assert "2 more values of further such names are not listed." in page_of(run, path)[0]


def test_shares_are_of_events_whose_properties_were_counted(run: Run, write: Write) -> None:
    path = write("events", ("order", {"a": 1}), ("order", {f"p{number}": 1 for number in range(1001)}), ("order", {}))
    result = run("profile", path).stdout
    assert "\norder: 3 events, the properties of 2 looked at\n" in result
    assert re.search("^a +int +50% ", result, re.MULTILINE)
    text, _ = page_of(run, path)
    assert "<small>3 events, the properties of 2 looked at</small>" in text
    assert "a value in 50% of events" in text


def test_names_that_look_the_same_are_quoted(run: Run, write: Write) -> None:
    path = write("events", *((name, {"a": 1}) for name in ("Caf\u00e9", "Cafe\u0301", "Paid", "Paid ", "Other")))
    result = run("profile", path).stdout
    _, page = page_of(run, path)
    for name in ('"Caf\u00e9"', '"Cafe\\u0301"', '"Paid"', '"Paid "', "Other"):
        assert f"\n{name}: 1 event\n" in result
        assert f"\n{name} 1 event\n" in page.text
    assert 'differ only in white space. ("Paid", "Paid ")' in result
    assert 'differ only in white space. ("Paid", "Paid ")' in page.text


def many_names(write: Write, count: int) -> str:
    names = [f"screen {chr(97 + number // 20)} {chr(97 + number % 20)}" for number in range(count)]
    findings = [(name, {"a": value}) for name in names[-2:] for value in (1, 1.5)]
    return write("events", *((name, {"a": 1}) for name in names[:-2]), *findings)


def test_a_report_of_many_events_begins_with_their_list(run: Run, write: Write) -> None:
    path = many_names(write, 200)
    lines = [line.rstrip() for line in run("profile", path, "--no-replay").stdout.splitlines()]
    assert lines[2].split() == ["event", "events", "properties", "findings"]
    assert re.split(" {2,}", lines[4]) == ["screen j s", "2", "1", "1"]
    assert re.split(" {2,}", lines[6]) == ["screen a a", "1", "1"]
    assert lines[205] == "screen j s: 2 events"
    document = json.loads(run("profile", path, "--format", "json").stdout)
    assert [event["name"] for event in document["byName"]][:3] == ["screen j s", "screen j t", "screen a a"]
    short = run("profile", many_names(write, 10)).stdout
    assert "findings" not in short


@pytest.mark.slow
def test_the_page_links_to_each_event_and_property(run: Run, write: Write) -> None:
    _, page = page_of(run, many_names(write, 200))
    assert {link.removeprefix("#") for link in page.links} <= set(page.names)
    assert len(set(page.names)) == len(page.names) == 402
    assert page.links[:4] == ["#findings", "#events", "#event-1", "#event-1-property-1"]
    assert page.links[-200:] == [f"#event-{number}" for number in range(1, 201)]
    assert "screen j s 2 events 1 finding\n" in page.text
    assert page_of(run, write("one", ("order", {"a": 1})))[1].links == []


RIGHT_TO_LEFT = "\u05d4\u05d6\u05de\u05e0\u05d4"
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


def test_names_of_any_script_are_isolated_on_the_page(run: Run, write: Write) -> None:
    text, _ = page_of(run, write("events", (RIGHT_TO_LEFT, {"a": RIGHT_TO_LEFT}), (FAMILY, {}), ("\u202eab", {})))
    for name in (RIGHT_TO_LEFT, f"&quot;{RIGHT_TO_LEFT}&quot;", FAMILY, "\\u202eab"):
        assert f"<bdi>{name}</bdi>" in text
        assert text.count(name) == text.count(f"<bdi>{name}</bdi>") or name == RIGHT_TO_LEFT
    assert f"\n{FAMILY}: 1 event\n" in run("profile", "events").stdout


def test_folded_lines_of_findings_are_indented(write: Write, tmp_path: Path) -> None:
    write("events", ("order", {"total": 1}), ("order", {"total": "x"}))
    _, text, _ = on_terminal(tmp_path, "stdout", "profile", "events", columns=40)
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r", "")
    first, *others = shown.partition("Findings\n")[2].partition("\n\n")[0].splitlines()
    assert first.startswith("  order total: ")
    assert others
    assert all(re.match("    [^ ]", line) for line in others)


@pytest.mark.slow
@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupt_ends_all_its_processes(tmp_path: Path, jobs: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_bytes(b'{"eventName":"order"}\n' * 1000)
    with (
        start(
            tmp_path,
            *("profile", "file", "pipe", "--jobs", jobs),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as process,
        open(tmp_path / "pipe", "wb"),
    ):  # it is read, and does not end
        time.sleep(0.3)
        os.killpg(process.pid, signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout, stderr) == (130, b"", b"")
    for _ in range(100):
        if not running(process.pid):
            break
        time.sleep(0.1)
    assert running(process.pid) == []


@pytest.mark.parametrize(("option", "bounds"), [("--examples", "from 0 to 100"), ("--jobs", "of at least 1")])
def test_the_error_for_a_number_names_its_bounds(run: Run, write: Write, option: str, bounds: str) -> None:
    result = run("profile", write("events"), option, "101" if option == "--examples" else "0")
    assert result.exit_code == 2
    assert f"expected a whole number {bounds} in digits, found " in result.stderr


def test_a_saved_profile_without_looked_at_events_is_shown(run: Run) -> None:
    profile = EventProfile(Rules(max_properties=1), Bounds(properties=1))
    profile.add("order", {"a": 1, "b": 2}, "file", 1)
    written = profile.to_dict()
    for field in ("unread", "oversize", "misnamed", "badNames"):  # older documents do not have these
        del written["events"]["order"][field]
    Path("saved").write_text(json.dumps(written))
    result = run("profile", "--load", "saved")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "the properties of 0 looked at" in result.stdout


def test_counts_that_cannot_be_are_refused_with_their_place(run: Run, write: Write) -> None:
    run("profile", some_events(write), "--save", "saved")
    written = json.loads(Path("saved").read_text())
    written["events"]["order"]["properties"]["total"]["types"]["int"]["count"] = -5
    Path("saved").write_text(json.dumps(written))
    result = run("profile", "--load", "saved")
    where = "/events/order/properties/total/types/int/count"
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("Error: saved: Expected a whole number from 0 to ")
    assert result.stderr.endswith(f", found another, at {where}.\n")
