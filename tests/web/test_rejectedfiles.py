"""The files of rejected requests: their modes, their bounds in size and age, and a disk that is full."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from eventschema.web.rejectedfiles import RejectedFiles
from tests.disks import largest_file

START = datetime(2026, 11, 26, 8, 30, tzinfo=UTC)
LINE = b"0123456789\n"


class Clock:
    """A clock that stands still until it is told the time."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "parent" / "rejected"


def made(folder: Path, clock: Clock, max_bytes: int = 10_000, max_age: timedelta = timedelta(days=8)) -> RejectedFiles:
    return RejectedFiles(str(folder), max_bytes, max_age, clock)


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_only_the_owner_can_read_them(folder: Path, clock: Clock, umask: int) -> None:
    before = os.umask(umask)
    try:
        files = made(folder, clock)
        assert not folder.exists()
        assert files.write(LINE)
        [name] = names(folder)
        assert (mode(folder), mode(folder / name)) == (0o700, 0o600)
        files.close()
    finally:
        os.umask(before)


def test_a_folder_that_exists_keeps_its_mode(folder: Path, clock: Clock) -> None:
    folder.mkdir(parents=True)
    folder.chmod(0o750)
    files = made(folder, clock)
    files.make_folder()
    assert files.write(LINE)
    files.close()
    assert mode(folder) == 0o750


def test_names_sort_by_the_time_of_the_first_line(folder: Path, clock: Clock) -> None:
    files = made(folder, clock)
    for _ in range(3):
        assert files.write(LINE)
        files.close()
        clock.now += timedelta(microseconds=1)
    assert [name[: name.rindex("-")] for name in names(folder)] == [
        f"rejected-20261126T083000000000Z-{os.getpid()}",
        f"rejected-20261126T083000000001Z-{os.getpid()}",
        f"rejected-20261126T083000000002Z-{os.getpid()}",
    ]


@pytest.mark.parametrize(("max_bytes", "fits"), [(34, 3), (33, 3), (32, 2)])
def test_when_they_are_full_no_line_is_written(folder: Path, clock: Clock, max_bytes: int, fits: int) -> None:
    files = made(folder, clock, max_bytes)
    assert [files.write(LINE) for _ in range(5)] == [True] * fits + [False] * (5 - fits)
    assert not files.write(b"\n")  # however short the next one is
    files.close()
    assert sum((folder / name).stat().st_size for name in names(folder)) == fits * len(LINE)


def test_the_files_of_other_processes_count(folder: Path, clock: Clock) -> None:
    first, second = made(folder, clock, 33), made(folder, clock, 33)
    assert first.write(LINE)
    assert [second.write(LINE) for _ in range(3)] == [True, True, False]
    (folder / names(folder)[0]).unlink()
    second.sweep()
    assert second.write(LINE)
    first.close()
    second.close()


def test_a_new_file_is_begun_after_an_eighth_of_the_bytes(folder: Path, clock: Clock) -> None:
    files = made(folder, clock, max_bytes=len(LINE) * 2 * 8)
    for _ in range(5):
        assert files.write(LINE)
    assert files.write(b"x" * 100)  # longer than a file, but there is room
    files.close()
    sizes = sorted((folder / name).stat().st_size for name in names(folder))
    assert sizes == [11, 22, 22, 100]


def test_a_new_file_is_begun_after_an_eighth_of_the_age(folder: Path, clock: Clock) -> None:
    files = made(folder, clock, max_age=timedelta(hours=8))
    assert files.write(LINE)
    clock.now += timedelta(minutes=59)
    assert files.write(LINE)
    assert len(names(folder)) == 1
    clock.now += timedelta(minutes=1)
    assert files.write(LINE)
    assert len(names(folder)) == 2
    files.close()


def test_a_file_is_deleted_at_the_greatest_age(folder: Path, clock: Clock) -> None:
    files = made(folder, clock, max_age=timedelta(hours=8))
    files.sweep()  # there is no folder yet
    assert files.write(LINE)
    other = folder / "rejected-20261126T083000000000Z-1-0000000g.ndjson"
    odd = folder / "rejected-20261399T083000000000Z-1-00000000.ndjson"
    for path in (other, odd):
        path.write_bytes(b"not ours")
    clock.now += timedelta(hours=8) - timedelta(microseconds=1)
    files.sweep()
    assert len(names(folder)) == 3
    clock.now += timedelta(microseconds=1)
    files.sweep()
    assert names(folder) == sorted([other.name, odd.name])
    assert files.write(LINE)
    files.close()
    assert len(names(folder)) == 3


def test_a_file_that_someone_deletes_is_replaced(folder: Path, clock: Clock) -> None:
    files = made(folder, clock)
    assert files.write(LINE)
    (folder / names(folder)[0]).unlink()
    assert files.write(LINE)
    files.close()
    assert (folder / names(folder)[0]).read_bytes() == LINE


def test_half_a_line_is_never_left(folder: Path, clock: Clock) -> None:
    files = made(folder, clock)
    with largest_file(25):
        assert files.write(LINE)
        assert files.write(LINE)
        with pytest.raises(OSError, match="File too large"):
            files.write(LINE)
    assert files.write(LINE)
    files.close()
    [name] = names(folder)
    assert (folder / name).read_bytes() == LINE * 3


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "file").write_bytes(b"")
    files = made(tmp_path / "file" / "rejected", clock)
    with pytest.raises(OSError):  # noqa: PT011  (its class depends on the system)
        files.write(LINE)
    (tmp_path / "file").unlink()
    assert files.write(LINE)
    files.close()
