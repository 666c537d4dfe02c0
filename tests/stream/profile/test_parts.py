import gzip
import io
from pathlib import Path

import pytest

from eventschema.core.rules import Rules
from eventschema.stream.envelopes import Envelope
from eventschema.stream.profile import Bounds, EventProfile
from eventschema.stream.profile.files import profile_files
from eventschema.stream.profile.parts import ProfileTask, profile_part
from eventschema.stream.reading.parts import Part

LINE = b'{"eventName":"order","properties":{"total":1}}\n'


def written(directory: Path, data: bytes, name: str = "events") -> str:
    path = directory / name
    path.write_bytes(data)
    return str(path)


def test_a_mark_means_something_at_the_start_only(tmp_path: Path) -> None:
    path = written(tmp_path, b"\xef\xbb\xbf" + LINE + b"\xef\xbb\xbf" + LINE + b"\x1f\x8b\n" + LINE)
    profile = profile_files([path], part_bytes=1).profile
    assert profile.events["order"].count == 2
    assert profile.errors["malformed_request"].count == 2
    assert profile.errors["malformed_request"].first.line == 2


def test_odd_lines_are_counted_and_never_fatal(tmp_path: Path) -> None:
    odd = [
        b"no json\n",
        b"\n",
        b"[1]\n",
        b"{}\n",
        b'{"eventName":1}\n',
        b"\xff\n",
        b"[" * 300 + b"\n",
        b"x" * 99 + b"\n",
    ]
    path = written(tmp_path, LINE + b"".join(odd) + LINE)
    profile = profile_files([path], ProfileTask(max_line_bytes=80)).profile
    assert (profile.count, profile.events["order"].count) == (9, 2)
    assert {code: (error.count, error.first.line) for code, error in profile.errors.items()} == {
        "invalid_event_name": (1, 6),
        "malformed_request": (5, 2),
        "missing_field": (1, 5),
    }


def test_nesting_is_bounded_however_the_line_came(tmp_path: Path) -> None:
    deep = b'{"eventName":"order","properties":{"a":' + b"[" * 255 + b"]" * 255 + b"}}\n"
    path = written(tmp_path, LINE + deep)
    assert list(profile_files([path]).profile.errors) == ["malformed_request"]
    path = written(tmp_path, LINE + deep.replace(b"[[]]", b"[]"))
    assert profile_files([path]).profile.errors == {}


def test_a_key_twice_is_found_among_many_lines(tmp_path: Path) -> None:
    twice = b'{"eventName":"order","contact":{"email":"a","email":"b"},"properties":{"total":1}}\n'
    profile = profile_files([written(tmp_path, LINE * 3 + twice + LINE * 3)]).profile
    assert profile.events["order"].count == 6
    assert (profile.errors["malformed_request"].count, profile.errors["malformed_request"].first.line) == (1, 4)


@pytest.mark.parametrize(
    ("line", "envelope"),
    [
        (b'{"event":"order","properties":{"total":1},"context":{"a":[[]]}}', Envelope(event_key="event")),
        (b'{"total":1}', Envelope(event="order")),
        (LINE.strip(), Envelope()),
    ],
)
def test_the_shapes_of_lines(tmp_path: Path, line: bytes, envelope: Envelope) -> None:
    profile = profile_files([written(tmp_path, line + b"\n" + line)], ProfileTask(envelope)).profile
    assert profile.events["order"].properties["total"].seen == 2
    assert profile.errors == {}


def test_events_without_properties_count(tmp_path: Path) -> None:
    lines = [b'{"eventName":"a"}', b'{"eventName":"a","properties":null}', b'{"eventName":"a","properties":{}}']
    profile = profile_files([written(tmp_path, b"\n".join(lines))]).profile
    assert (profile.events["a"].count, profile.events["a"].errors) == (3, {})
    assert profile.without_properties == 1
    assert EventProfile.from_dict(profile.to_dict()) == profile
    assert profile.combine(profile).without_properties == profile.shifted(1).combine(profile).without_properties == 2
    older = {key: value for key, value in profile.to_dict().items() if key != "withoutProperties"}
    assert EventProfile.from_dict(older).without_properties == 0
    assert EventProfile.from_dict(older) != profile


def test_the_rules_hold_in_files(tmp_path: Path) -> None:
    lines = LINE + b'{"eventName":"order","properties":{"a":1,"b":2}}\n{"eventName":"orders!","properties":{"a":1}}\n'
    task = ProfileTask(rules=Rules(max_properties=1, max_event_name_length=6))
    profile = profile_files([written(tmp_path, lines)], task).profile
    assert list(profile.events["order"].errors) == ["too_many_properties"]
    assert list(profile.errors) == ["invalid_event_name"]


def test_event_names_beyond_the_bound(tmp_path: Path) -> None:
    lines = b"".join(b'{"eventName":"e%d","properties":{"a":1}}\n' % (number % 4) for number in range(40))
    path = written(tmp_path, lines)
    results = [
        profile_files([path], ProfileTask(bounds=Bounds(events=2)), part_bytes=200, jobs=jobs).profile
        for jobs in (1, 2)
    ]
    assert results[0] == results[1]
    assert list(results[0].events) == ["e0", "e1"]
    assert sum(stats.count for stats in results[0].events.values()) + results[0].unlisted_events == 40


def test_what_was_read_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, LINE * 10)
    for jobs in (1, 2):
        told: list[int] = []
        profile_files([path], part_bytes=100, jobs=jobs, on_read=told.append)
        assert sum(told) == len(LINE) * 10


def test_files_that_cannot_be_read_do_not_keep_the_others(tmp_path: Path) -> None:
    cut_off = written(tmp_path, gzip.compress(LINE * 3)[:-4], "cut.gz")
    good = written(tmp_path, LINE * 5, "good")
    for jobs in (1, 2):
        result = profile_files([str(tmp_path / "none"), cut_off, good], jobs=jobs, part_bytes=50)
        assert result.profile.events["order"].count == 8
        assert [(error.source, error.lines) for error in result.unreadable] == [
            (str(tmp_path / "none"), 0),
            (cut_off, 3),
        ]


def test_a_file_ends_for_us_where_it_cannot_be_read_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 100:
                raise OSError(5, "Input/output error")
            return super().read(size if size is None else min(size, 60))

    path = written(tmp_path, LINE * 6)
    monkeypatch.setattr("eventschema.stream.reading.parts.open_source", lambda _: Failing(LINE * 6))
    result = profile_files([path], part_bytes=90)
    assert [(error.lines, error.reason) for error in result.unreadable] == [(3, "Input/output error")]
    assert result.profile.count == 3


@pytest.mark.slow
def test_processes_and_cuts_do_not_change_a_byte(tmp_path: Path) -> None:
    lines = [
        b'{"eventName":"e%d","properties":{"n":%d,"t":"text %d","f":%s,"x":null}}\n'
        % (number % 3, number, number % 7, b"1.5" if number % 5 else b"2")
        for number in range(300)
    ]
    lines[50:50] = [b"\n", b"broken\n"]
    one, two = written(tmp_path, b"".join(lines), "b"), written(tmp_path, gzip.compress(b"".join(lines)), "a")
    expected = profile_files([one, two])
    assert expected.profile.count == 602
    for jobs, part_bytes in [(1, 1000), (2, 1000), (3, 5000)]:
        assert profile_files([one, two], jobs=jobs, part_bytes=part_bytes) == expected


@pytest.mark.slow
def test_a_worker_is_told_to_stop(tmp_path: Path) -> None:
    path = written(tmp_path, LINE * 50)
    told = []

    def interrupt(count: int) -> None:
        told.append(count)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        profile_files([path], part_bytes=100, jobs=2, on_read=interrupt)
    assert len(told) == 1


def test_a_part_counts_its_lines_from_one(tmp_path: Path) -> None:
    path = written(tmp_path, LINE * 4)
    result = profile_part(Part(path, 2 * len(LINE), 3 * len(LINE)), ProfileTask())
    assert (result.lines, result.failure) == (1, None)
    expected = EventProfile()
    expected.add("order", {"total": 1}, path, 1)
    assert result.profile == expected
