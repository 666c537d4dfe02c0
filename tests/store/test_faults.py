"""Faults in the middle of group commits and batches: what was answered as saved is there, once and whole."""

import os
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event

from eventschema.store import SchemaRegistry, StoreUnavailableError
from eventschema.store.sql import SQLStore
from tests.databases import NoServerError, run_restartable_server

SENDERS = 8
BATCH = 20


def request(sender: int, number: int) -> dict[str, Any]:
    event_id = str(UUID(int=(sender << 64) + number))
    contact = {"email": f"{sender}.{number // 7}@example.com", "last": number}
    return {
        "eventName": "order",
        "eventID": event_id,
        "contact": contact,
        "properties": {"text": "x" * 500, f"p{number % 50}": number},
    }


class Senders:
    """Threads that send until they are stopped: every second one batches, the others single requests."""

    def __init__(self, store: SQLStore) -> None:
        self.registry = SchemaRegistry(store)
        self.stop = Event()
        self.saved: list[tuple[str, ...]] = []  # the ids of each call that was answered
        self.failed: list[tuple[str, ...]] = []
        self.errors: list[StoreUnavailableError] = []

    def send(self, sender: int) -> None:
        number = 0
        while not self.stop.is_set():
            size = BATCH if sender % 2 else 1
            requests = [request(sender, number + each) for each in range(size)]
            ids = tuple(each["eventID"] for each in requests)
            number += size
            try:
                results = self.registry.track_many(requests) if size > 1 else [self.registry.track(requests[0])]
            except StoreUnavailableError as error:
                self.failed.append(ids)
                self.errors.append(error)
                time.sleep(0.01)
            else:
                assert all(result.ok and not result.duplicate for result in results)
                self.saved.append(ids)

    @contextmanager
    def running(self) -> Iterator[None]:
        with ThreadPoolExecutor(SENDERS) as threads:
            sent = [threads.submit(self.send, sender) for sender in range(SENDERS)]
            try:
                yield
            finally:
                self.stop.set()
        for each in sent:
            each.result()


def wait_until(is_true: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < end
        time.sleep(0.005)


def assert_consistent(url: str, senders: Senders, *, may_be_saved: bool = False) -> None:
    """All that was answered is stored, once; of what failed nothing, or, if it ``may_be_saved``, all or nothing."""
    with closing(SQLStore(url)) as store:
        stored = Counter(event.id for event in store.events())
        assert not stored or max(stored.values()) == 1
        answered = {id_ for ids in senders.saved for id_ in ids}
        assert answered <= stored.keys()
        for ids in senders.failed:
            there = sum(id_ in stored for id_ in ids)
            assert there in ((0, len(ids)) if may_be_saved else (0,))
        sent = answered | {id_ for ids in senders.failed for id_ in ids}
        assert stored.keys() <= sent
        schema = store.load("order")
        assert schema is not None
        history = store.history("order")
        assert [record.version for record in history] == list(range(schema.version + 1))
        assert all(record.event_id in stored for record in history)
        names = {name for event in store.events() for name in event.properties}
        assert names == schema.properties.keys()
        for event_ in store.events():
            assert [contact.id for contact in store.find({"id": event_.identifiers["id"]})]


@pytest.mark.parametrize("pages", [120, pytest.param(1500, marks=pytest.mark.slow)])
def test_a_full_file_loses_and_halves_nothing(pages: int, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'events.db'}"
    store, limit = SQLStore(url), [pages]
    store.close()
    event.listen(store.engine, "connect", lambda raw, _: raw.execute(f"PRAGMA max_page_count = {limit[0]}"))
    senders = Senders(store)
    with senders.running():
        wait_until(lambda: len(senders.failed) >= 2 * SENDERS)
    assert {str(error) for error in senders.errors} == {"the database cannot answer: database or disk is full"}
    assert senders.saved
    assert_consistent(url, senders)
    limit[0] = 2**20
    store.close()
    assert all(senders.registry.track_many([request(0, 0), request(1, 0), request(99, 1)]))
    store.close()


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of 2 MiB in memory. Skips the test where none may be mounted."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root may mount a file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.slow
def test_a_full_disk_loses_and_halves_nothing(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        filler = disk / "filler"
        filler.write_bytes(b"x" * 2**19)
        url = f"sqlite:///{disk / 'events.db'}"
        store = SQLStore(url)
        senders = Senders(store)
        with senders.running():
            wait_until(lambda: len(senders.failed) >= 2 * SENDERS)
        assert senders.saved
        filler.unlink()
        assert_consistent(url, senders)
        assert SchemaRegistry(store).track(request(99, 1)).ok
        store.close()


@pytest.mark.slow
def test_a_server_that_restarts_under_load_loses_nothing() -> None:
    try:
        with run_restartable_server() as (url, restart):
            store = SQLStore(url)
            senders = Senders(store)
            with senders.running():
                for _ in range(3):
                    before = len(senders.saved)
                    wait_until(lambda before=before: len(senders.saved) > before + 4 * SENDERS)  # type: ignore[misc]
                    restart()
                before = len(senders.saved)
                wait_until(lambda: len(senders.saved) > before + 4 * SENDERS)
            assert senders.failed
            assert_consistent(url, senders, may_be_saved=True)
            store.close()
    except NoServerError as error:
        pytest.skip(str(error))
