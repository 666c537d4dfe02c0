"""A micro-batch is saved once, however often Spark repeats it, and whoever changes the store meanwhile."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from eventschema import EventSchema, Rules
from eventschema.spark.deadletters import Part
from eventschema.spark.microbatch import MicroBatch, Progress, StreamProgressError
from eventschema.spark.requests import RequestRow, WorkerTask, refuse_texts
from eventschema.store import CheckpointConflictError, SchemaRegistry
from eventschema.store.sql import SQLStore
from eventschema.stream.rejected import RejectedRequest
from tests.cli.loads import contents, left_by_one_load, mixed, request

QUERY = "00000000-0000-4000-8000-00000000000a"


class Stopped(Exception):
    """The driver ends here."""


class Letters:
    """Keeps what is written of each part; at the part ``stop`` the driver ends."""

    def __init__(self) -> None:
        self.of: dict[Part, Sequence[RejectedRequest]] = {}
        self.stop: Part | None = None

    def write(self, part: Part, rejected: Iterable[RejectedRequest]) -> None:
        self.of[part] = list(rejected)
        if part == self.stop:
            raise Stopped

    def all(self) -> list[tuple[int | None, list[str], int | None]]:
        return [
            (each.line, [error["code"] for error in each.errors], each.schema_version)
            for part in sorted(self.of)
            for each in self.of[part]
        ]


@pytest.fixture
def letters() -> Letters:
    return Letters()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'events.db'}"


@pytest.fixture
def store(url: str) -> Iterator[SQLStore]:
    with closing(SQLStore(url)) as store:
        yield store


def rows(data: bytes, *schemas: EventSchema) -> list[RequestRow]:
    """What workers with these ``schemas`` make of lines."""
    task = WorkerTask({schema.name: schema for schema in schemas}, Rules(), 1000)
    return refuse_texts(data.removesuffix(b"\n").split(b"\n"), task)


def save(store: SQLStore, given: list[RequestRow], number: int = 0, letters: Letters | None = None) -> MicroBatch:
    batch = MicroBatch(store, SchemaRegistry(store), letters or Letters(), QUERY, number, "spark", 10)
    batch.save(given)
    return batch


def saved(store: SQLStore) -> Progress | None:
    position = store.checkpoint(f"spark:{QUERY}")
    return None if position is None else Progress.of(position)


def totals(store: SQLStore) -> list[Any]:
    return sorted(event.properties["total"] for event in store.events())


def test_parts_are_saved_as_one_process_saves_them(store: SQLStore, url: str, letters: Letters, tmp_path: Path) -> None:
    data = mixed(30)
    batch = save(store, rows(data), 0, letters)
    assert (contents(url), letters.all()) == left_by_one_load(data, tmp_path / "alone", Rules())
    assert batch.names == {f"event {number}" for number in range(4)}
    assert [part.row for part in letters.of] == [1, 11, 21, 31]


@pytest.mark.parametrize("stop", [1, 11, 31])
def test_a_repeated_micro_batch_goes_on(store: SQLStore, url: str, letters: Letters, tmp_path: Path, stop: int) -> None:
    """Wherever the driver ended: before a part was saved, or when all was saved."""
    data = mixed(30)
    given = rows(data)
    letters.stop = Part(QUERY, 0, stop)
    with suppress(Stopped):
        save(store, given, 0, letters)
    letters.stop = None
    save(store, given, 0, letters)
    save(store, given, 0, letters)
    assert (contents(url), letters.all()) == left_by_one_load(data, tmp_path / "alone", Rules())


def test_refusals_have_the_same_ids_when_repeated(store: SQLStore, letters: Letters) -> None:
    given = rows(request("x") + request(1) + request("y"))
    letters.stop = Part(QUERY, 0, 1)
    ids = []
    for _ in range(2):
        with suppress(Stopped):
            save(store, given, 0, letters)
        ids.append([each.id for each in letters.of[letters.stop or Part(QUERY, 0, 1)]])
        letters.stop = None
    assert ids[0] == ids[1]


def test_micro_batches_follow_each_other(store: SQLStore) -> None:
    for number, data in enumerate([request(1), b"", request(2), request(2)]):
        save(store, rows(data) if data else [], number)
        found = saved(store)
        assert found is not None
        assert (found.batch, found.rows) == (number, 1 if data else 0)
    assert totals(store) == [1, 2, 2]


@pytest.mark.parametrize("number", [0, 3])
def test_another_micro_batch_is_an_error(store: SQLStore, number: int) -> None:
    """The checkpoint of Spark is older than the database, or the other way round."""
    save(store, rows(request(1)), 0)
    save(store, rows(request(2)), 1)
    with pytest.raises(StreamProgressError, match=rf"^expected micro-batch 2 of .*, found {number}: "):
        save(store, rows(request(3)), number)
    assert totals(store) == [1, 2]


def test_an_empty_database_needs_a_new_checkpoint(store: SQLStore) -> None:
    with pytest.raises(StreamProgressError, match=r"the database has 0 of them, found 1: "):
        save(store, rows(request(1)), 1)


def test_other_rows_in_a_repeated_micro_batch_are_an_error(store: SQLStore, letters: Letters) -> None:
    data = b"".join(map(request, range(15)))
    letters.stop = Part(QUERY, 0, 11)
    with pytest.raises(Stopped):
        save(store, rows(data), 0, letters)
    for other in (request(99) + data, data[: len(data) // 2], data.replace(b"order", b"ORDER")):
        with pytest.raises(StreamProgressError, match=r"^the first 10 rows of micro-batch 0 are not those that were"):
            save(store, rows(other), 0)
    assert totals(store) == list(range(10))


def test_two_drivers_of_one_stream(store: SQLStore) -> None:
    """The one that is slower saves nothing."""
    given = rows(request(1))

    class Overtaken(Letters):
        def write(self, part: Part, rejected: Iterable[RejectedRequest]) -> None:
            save(store, given)

    with pytest.raises(CheckpointConflictError):
        save(store, given, 0, Overtaken())
    assert totals(store) == [1]


def test_a_refusal_of_workers_counts_if_the_schema_is_theirs(store: SQLStore, letters: Letters) -> None:
    save(store, rows(request(1)), 0)
    schema = store.load("order")
    assert schema is not None
    given = rows(request("x"), schema)
    assert given[0].errors is not None
    batch = save(store, given, 1, letters)
    assert letters.all() == [(1, ["type_conflict"], 1)]
    assert (batch.names, totals(store)) == ({"order"}, [1])


@pytest.mark.parametrize("when", ["before the part", "in the part"])
def test_a_retype_makes_refusals_of_workers_void(store: SQLStore, letters: Letters, when: str) -> None:
    save(store, rows(request(1)), 0)
    schema = store.load("order")
    assert schema is not None
    given = rows(request("x") + request(2) + request(1, "visit", contact={}), schema)
    retyped = schema.retype_change({"total": "string"})
    load_many = store.load_many
    if when == "before the part":
        assert store.save(retyped)
    else:  # after the versions were compared, in a transaction of a person

        def late(names: Sequence[str]) -> tuple[EventSchema | None, ...]:
            found = load_many(names)
            store.save(retyped)
            return found

        store.load_many = late  # type: ignore[method-assign]
    save(store, given, 1, letters)
    assert {event.properties["total"] for event in store.events()} == {1, "x"}
    assert letters.all() == [(2, ["type_conflict"], 2), (3, ["missing_contact_identifier"], None)]


def test_progress_is_kept_by_each_query(store: SQLStore) -> None:
    save(store, rows(request(1)), 0)
    other = MicroBatch(store, SchemaRegistry(store), Letters(), QUERY.replace("a", "b"), 0, "spark", 10)
    other.save(rows(request(1)))
    assert totals(store) == [1, 1]
    assert {record.who for record in store.history("order")} == {"spark"}
