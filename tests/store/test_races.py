"""Races of processes with many threads on a real database. Some are killed, and start again."""

import json
import multiprocessing
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import pytest

from eventschema import Contact, EventSchema, TrackedEvent, TrackRequest
from eventschema.store.sql import SQLStore
from tests.store.racer import EVENTS, PEOPLE, PROCESSES, THREADS, race, requests

Answer = dict[str, Any]


@pytest.fixture
def size(request: pytest.FixtureRequest) -> int:
    given: int = request.config.getoption("--race-size")
    return given


@contextmanager
def racers(url: str, size: int, directory: Path) -> Iterator[list[ForkServerProcess]]:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.store.racer"])
    started = [
        context.Process(target=race, args=(url, number, size, directory / f"{number}.jsonl"))
        for number in range(PROCESSES)
    ]
    for process in started:
        process.start()
    try:
        yield started
    finally:
        for process in started:
            process.join(120)
            assert process.exitcode is not None, "a racer hangs"


def read_answers(directory: Path) -> list[Answer]:
    lines = [line for path in sorted(directory.iterdir()) for line in path.read_text().splitlines(keepends=True)]
    return [json.loads(line) for line in lines if line.endswith("\n")]


@pytest.mark.slow
def test_nothing_is_lost_and_nothing_doubled(database_url: str, size: int, tmp_path: Path) -> None:
    directory = tmp_path / "answers"
    directory.mkdir()
    with racers(database_url, size, directory) as processes:
        pass
    assert [process.exitcode for process in processes] == [0] * PROCESSES
    answers = read_answers(directory)
    assert len(answers) == PROCESSES * THREADS * size
    assert_consistent(database_url, answers, complete=True)


@pytest.mark.slow
def test_processes_that_are_killed_lose_and_double_nothing(database_url: str, size: int, tmp_path: Path) -> None:
    directory = tmp_path / "answers"
    directory.mkdir()
    with racers(database_url, 2 * size, directory) as processes:
        for number, process in enumerate(processes[: PROCESSES // 2]):
            wait_for_answers(process, directory / f"{number}.jsonl", 1 + number * 2)
            process.kill()
    killed = [process.exitcode for process in processes[: PROCESSES // 2]]
    assert -signal.SIGKILL in killed
    assert_consistent(database_url, read_answers(directory), complete=False)

    again = tmp_path / "again"
    again.mkdir()
    with racers(database_url, 2 * size, again) as processes:
        pass
    assert [process.exitcode for process in processes] == [0] * PROCESSES
    before = {answer["event_id"] for answer in read_answers(directory) if answer["ok"]}
    answers = read_answers(again)
    assert before <= {answer["event_id"] for answer in answers if answer["ok"]}
    assert_consistent(database_url, answers, complete=True)


def wait_for_answers(process: ForkServerProcess, path: Path, count: int) -> None:
    while process.is_alive() and not (path.exists() and path.read_text().count("\n") >= count):
        time.sleep(0.002)


def assert_consistent(url: str, answers: list[Answer], *, complete: bool) -> None:
    store = SQLStore(url)
    try:
        schemas = {name: schema for name in EVENTS if (schema := store.load(name))}
        saved = list(store.events())
        assert_schemas_tell_their_history(store, schemas, saved)
        assert_contacts_are_one_each(store, saved)
        assert_answers_hold(store, schemas, saved, answers, complete=complete)
    finally:
        store.close()


def assert_schemas_tell_their_history(
    store: SQLStore, schemas: dict[str, EventSchema], saved: list[TrackedEvent]
) -> None:
    """No property was lost, none changed its type, and each came with an event that is stored."""
    by_id = {event.id: event for event in saved}
    for name, schema in schemas.items():
        history = store.history(name)
        assert [record.version for record in history] == list(range(schema.version + 1))
        added = [item for record in history for item in record.added.items()]
        assert added == list(schema.properties.items())
        for record in history:
            assert record.event_id in by_id
            assert record.added.keys() <= by_id[record.event_id].properties.keys()
            assert record.who is not None
    for event in saved:
        merged = schemas[event.name].merge(event.properties)
        assert merged.ok
        assert not merged.added
        assert not merged.adjustments
        assert repr(merged.properties) == repr(event.properties.copy())
    brought = Counter((event.name, name) for event in saved for name in event.properties)
    assert brought.keys() == {(name, key) for name, schema in schemas.items() for key in schema.properties}


def assert_contacts_are_one_each(store: SQLStore, saved: list[TrackedEvent]) -> None:
    contacts = everyone(store)
    held = Counter(item for contact in contacts for item in contact.identifiers.items())
    assert set(held.values()) == {1}
    ids = {event.id for event in saved}
    for contact in contacts:  # whatever changed them was saved with its event
        assert contact.properties
        assert set(contact.properties.values()) <= ids
    for event in saved:
        assert "id" in event.identifiers
        assert held.keys() >= set(event.identifiers.items())


def everyone(store: SQLStore) -> list[Contact]:
    ways = [{"email": f"person{number}@example.com"} for number in range(PEOPLE)]
    ways += [{"phoneNumber": f"+1202555010{number}"} for number in range(PEOPLE)]
    found = {contact.id: contact for way in ways for contact in store.find(way)}
    return list(found.values())


def assert_answers_hold(
    store: SQLStore,
    schemas: dict[str, EventSchema],
    saved: list[TrackedEvent],
    answers: list[Answer],
    *,
    complete: bool,
) -> None:
    accepted = {answer["event_id"] for answer in answers if answer["ok"]}
    ids = [event.id for event in saved]
    assert len(set(ids)) == len(ids)
    if complete:
        assert accepted == set(ids)
    else:  # a process may have been killed between saving and saying so
        assert accepted <= set(ids)
    refused = [answer for answer in answers if not answer["ok"]]
    assert not accepted & {answer["request"]["eventID"] for answer in refused}
    for answer in answers:
        assert (
            answer["types"].items()
            <= schemas.get(answer["request"]["eventName"], EventSchema("none")).properties.items()
        )
    for answer in refused:  # whatever was wrong then is wrong now
        request = TrackRequest.parse(answer["request"])
        decision = request.decide(schemas.get(request.event_name or ""), store.find(request.contact.identifiers))
        assert answer["errors"]
        assert {tuple(error) for error in answer["errors"]} <= {(e.code, e.pointer) for e in decision.errors}


def test_the_requests_contradict_each_other() -> None:
    sent = [request for process in range(PROCESSES) for request in requests(process, 0, 8)]
    kinds: dict[tuple[str, str], set[type]] = {}
    for request in sent:
        for name, value in request["properties"].items():
            kinds.setdefault((request["eventName"], name), set()).add(type(value))
    assert max(map(len, kinds.values())) > 2
    assert len({request["eventID"] for request in sent}) < len(sent)
