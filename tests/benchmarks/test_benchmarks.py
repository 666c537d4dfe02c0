"""The benchmarks run, the contenders do the work that the table says they do, and reports can be compared. No times."""

import io
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("rich")
for package in ("dateutil", "duckdb", "fastjsonschema", "genson", "jsonschema_rs", "polars", "pydantic", "rfc3986"):
    pytest.importorskip(package, reason="needs the extra bench")

from rich.console import Console

from benchmarks import detectors, peers
from benchmarks.__main__ import SECTIONS, main, measure
from benchmarks.cases import CASES
from benchmarks.events import KINDS, SIZES, sample
from benchmarks.generator import write_events
from benchmarks.measure import PLAIN, QUICK, VARIANTS, in_use, use, using
from benchmarks.results import Figure, Report, compare
from benchmarks.table import render, rounded
from eventschema import EventSchema, PropertyType

WITH_OWN_TESTS = {"endpoint", "spark"}
TINY = replace(QUICK, rounds=1, slice=0.0, processes=1, events=200)


@pytest.fixture(autouse=True)
def _fast_path_as_it_was() -> object:
    before = in_use()
    with using(PLAIN):
        yield
    assert in_use() == before
    return None


@pytest.mark.parametrize("contender", peers.CONTENDERS, ids=lambda contender: contender.name)
def test_a_contender_decides_the_cases_as_its_footnotes_say(contender: peers.Contender) -> None:
    peers.check(contender)


@pytest.mark.parametrize("contender", peers.CONTENDERS, ids=lambda contender: contender.name)
def test_a_contender_accepts_every_event_that_it_is_timed_with(contender: peers.Contender) -> None:
    for kind in KINDS:
        for size in SIZES:
            types, event = sample(kind, size)
            contender.prepare()
            assert contender.accepts(contender.build(types), event)


def test_our_own_contenders_differ_in_nothing() -> None:
    own = [contender for contender in peers.CONTENDERS if contender.name.startswith("eventschema")]
    assert [contender.name for contender in own] == [f"eventschema ({name})" for name in VARIANTS]
    assert all(contender.footnotes() == () for contender in own)


def test_a_difference_that_no_footnote_names_is_found() -> None:
    careless = peers.Contender(name="careless", build=lambda _: lambda event: event)
    with pytest.raises(AssertionError, match="careless accepts a text of 2049 characters"):
        peers.check(careless)
    known = frozenset(case.words for case in CASES if not case.accepted)
    peers.check(replace(careless, differs=known))
    with pytest.raises(AssertionError, match="careless accepts false"):
        peers.check(replace(careless, differs=known | {"false"}))


def test_a_detector_that_finds_other_types_is_found() -> None:
    types, event = sample("mix", 5)
    careless = detectors.Detector(name="careless", run=dict, types=lambda found: dict.fromkeys(found, "string"))
    with pytest.raises(AssertionError, match="careless finds"):
        detectors.check(careless, types, event)


def test_the_mix_of_fourteen_is_what_the_table_says() -> None:
    types, event = sample("mix", 14)
    assert sorted(types.values()) == sorted(
        [PropertyType.STRING] * 5
        + [PropertyType.FLOAT, PropertyType.INT] * 2
        + [PropertyType.BOOL, PropertyType.DATETIME, PropertyType.DATE, PropertyType.EMAIL, PropertyType.URL]
    )
    assert [adjustment.kind for adjustment in EventSchema("event", types).merge(event).adjustments] == ["rounded"]


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_fast_path_is_used_when_it_is_asked_for(variant: str) -> None:
    use(variant)
    assert in_use() == VARIANTS[variant]


def test_the_generated_events_are_the_same_each_time(tmp_path: Path) -> None:
    one, other, more = tmp_path / "one", tmp_path / "other", tmp_path / "more"
    write_events(one, 300)
    write_events(other, 300)
    write_events(more, 301)
    assert one.read_bytes() == other.read_bytes()
    assert one.read_bytes().count(b"\n") == 300
    assert more.read_bytes().startswith(one.read_bytes())


@pytest.mark.parametrize("section", [name for name in SECTIONS if name not in WITH_OWN_TESTS])
def test_a_section_runs_and_renders(section: str) -> None:
    report = measure([section], TINY)
    assert report.figures
    assert all(figure.value > 0 for figure in report.figures)
    output = io.StringIO()
    Console(file=output, width=200).print(render(report))
    for figure in report.figures:
        assert figure.what in output.getvalue()
        assert rounded(figure.value) in output.getvalue()
        for note in figure.notes:
            assert note[:100] in output.getvalue()


def test_the_command_writes_a_report_and_compares_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    for path in (old, new):
        assert main(["--quick", "--only", "memory", "--json", str(path)]) == 0
    assert "memory of a schema" in capsys.readouterr().out
    assert main(["--compare", str(old), str(new)]) == 0
    assert "new / old" in capsys.readouterr().out


def test_a_report_is_read_back_and_compared_by_figure(tmp_path: Path) -> None:
    one = Figure(section="s", case="c", what="one", value=2.0, unit="us", compiled=0.5, notes=("a note",))
    gone = replace(one, what="gone")
    old = Report({"python": "CPython"}, (gone, one, replace(one, what="zero", value=0.0)))
    old.dump(tmp_path / "report.json")
    assert Report.load(tmp_path / "report.json") == old
    new = Report({}, (replace(one, what="zero"), replace(one, value=3.0), replace(one, what="another")))
    changes = compare(old, new)
    assert [(change.figure.what, change.old, change.new, change.ratio) for change in changes] == [
        ("zero", 0.0, 2.0, None),
        ("one", 2.0, 3.0, 1.5),
    ]
