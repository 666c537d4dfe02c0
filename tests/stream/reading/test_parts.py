import gzip
from pathlib import Path

from eventschema.stream.reading.parts import Part, cut
from eventschema.stream.reading.texts import InputOptions

LINE = b'{"eventName":"order","properties":{"total":1}}\n'


def written(directory: Path, data: bytes, name: str = "events") -> str:
    path = directory / name
    path.write_bytes(data)
    return str(path)


def spans(path: str, part_bytes: int) -> list[tuple[int, int | None]]:
    return [(part.start, part.end) for part in cut(path, part_bytes)]


def test_parts_end_with_lines(tmp_path: Path) -> None:
    path = written(tmp_path, b"aa\nbbbb\nc\n\nlast")
    assert spans(path, 3) == [(0, 3), (3, 8), (8, 11), (11, 15), (15, None)]
    assert spans(path, 4) == [(0, 8), (8, 15), (15, None)]
    assert spans(path, 15) == [(0, None)]
    assert spans(path, 8) == [(0, 8), (8, None)]


def test_each_part_can_have_another_size(tmp_path: Path) -> None:
    path = written(tmp_path, LINE * 8)
    lefts: list[int] = []

    def half(left: int) -> int:
        lefts.append(left)
        return max(left // 2, len(LINE))

    ends = [part.end for part in cut(path, half)]
    lines = [left / len(LINE) for left in lefts]
    assert lines == [8, 4, 2, 1]
    assert ends == [4 * len(LINE), 6 * len(LINE), 7 * len(LINE), None]


def test_with_text_columns_a_file_is_one_part(tmp_path: Path) -> None:
    path, options = written(tmp_path, LINE * 9), InputOptions(text_columns=("zip",))
    assert list(cut(path, 1, options)) == [Part(path, options=options)]


def test_what_is_one_part(tmp_path: Path) -> None:
    assert spans(written(tmp_path, gzip.compress(LINE * 9)), 1) == [(0, None)]
    assert spans(written(tmp_path, b""), 1) == [(0, None)]
    assert spans("-", 1) == [(0, None)]
    assert spans(str(tmp_path), 1) == [(0, None)]
    assert spans(str(tmp_path / "none"), 1) == [(0, None)]
