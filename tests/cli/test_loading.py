"""Loads that end early, and loads beside other writers: nothing is lost, and nothing is saved twice."""

import json
import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count
from pathlib import Path
from random import Random
from threading import Barrier, Event
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from eventschema.cli.app import app
from eventschema.cli.errorsfile import ErrorsFile
from eventschema.cli.loading import Loader, NoErrors
from eventschema.cli.ruleoptions import SERVICE_RULES
from eventschema.store import SchemaRegistry, StoreUnavailableError
from eventschema.store.checkpoints import CheckpointConflictError
from eventschema.store.sql import SQLStore
from tests.cli.loads import contents, left_by_one_load, locations, mixed, request, totals
from tests.databases import new_database


def loaded_until(place: str, number: int, url: str, folder: str) -> None:
    """Load a file in a process that dies before or after the transaction of a batch."""
    os.chdir(folder)
    commit, batches = SQLStore.commit_many, count()

    def dying_commit(self: SQLStore, *args: Any, **options: Any) -> Any:
        is_last = bool(options["checkpoints"]) and next(batches) == number
        if is_last and place == "before":
            os._exit(9)
        outcomes = commit(self, *args, **options)
        if is_last:
            os._exit(9)
        return outcomes

    SQLStore.commit_many = dying_commit  # type: ignore[method-assign]  # in this process alone
    load_in_process(url, folder)


def load_in_process(url: str, folder: str) -> None:
    os.chdir(folder)
    app(["load", "a", "--db", url, "--errors", "refused", "--batch-size", "7"], standalone_mode=False)


def in_process(target: Callable[..., None], *arguments: Any) -> Any:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.cli.test_loading"])
    process = context.Process(target=target, args=arguments)
    process.start()
    return process


def check_that_it_goes_on(url: str, folder: Path, place: str, number: int) -> None:
    requests = mixed(30)
    (folder / "a").write_bytes(requests)
    for target, arguments in ((loaded_until, (place, number)), (load_in_process, ())):
        process = in_process(target, *arguments, url, str(folder))
        process.join()
    assert process.exitcode == 0
    assert (contents(url), locations(folder / "refused")) == left_by_one_load(requests, folder / "at once")


class EndError(BaseException):
    """Ends a load in this process."""


@pytest.mark.parametrize("is_saved", [False, True])
def test_a_load_that_ended_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_saved: bool) -> None:
    """The load ends when it saves the third batch, and nobody tidies up."""
    requests = mixed(30)
    (tmp_path / "a").write_bytes(requests)
    commit, batches = SQLStore.commit_many, count()

    def ending_commit(self: SQLStore, *args: Any, **options: Any) -> Any:
        is_last = next(batches) == 2
        outcomes = commit(self, *args, **options) if is_saved or not is_last else ()
        if is_last:
            raise EndError
        return outcomes

    with closing(SQLStore(f"sqlite:///{tmp_path / 'events.db'}")) as store:
        for is_ended in (True, False):
            with monkeypatch.context() as patch, ErrorsFile(str(tmp_path / "refused"), store) as errors:
                if is_ended:
                    patch.setattr(SQLStore, "commit_many", ending_commit)
                loader = Loader(store, SchemaRegistry(store, SERVICE_RULES), errors, batch_size=7, max_line_bytes=1000)
                if is_ended:
                    with pytest.raises(EndError):
                        loader.load(str(tmp_path / "a"))
                else:
                    assert loader.load(str(tmp_path / "a")).before == (21 if is_saved else 14)
    left = left_by_one_load(requests, tmp_path / "at once")
    assert (contents(f"sqlite:///{tmp_path / 'events.db'}"), locations(tmp_path / "refused")) == left


@pytest.mark.slow
@pytest.mark.parametrize("number", [0, 1, 2, 3, 4])  # 0 begins the file of rejected requests
@pytest.mark.parametrize("place", ["before", "after"])
def test_a_load_that_died_at_any_step_goes_on(database_url: str, tmp_path: Path, place: str, number: int) -> None:
    check_that_it_goes_on(database_url, tmp_path, place, number)


@pytest.mark.slow
def test_a_load_that_is_killed_at_any_moment_goes_on(database_url: str, tmp_path: Path) -> None:
    requests = mixed(2000)
    (tmp_path / "a").write_bytes(requests)
    random = Random(15)
    kills = 0
    while True:
        process = in_process(load_in_process, database_url, str(tmp_path))
        process.join(random.uniform(0.02, 0.1 + 0.03 * kills))  # ever later, so that it comes to an end
        if process.exitcode == 0:
            break
        process.kill()
        process.join()
        kills += 1
        assert kills < 1000
    assert kills > 3
    assert (contents(database_url), locations(tmp_path / "refused")) == left_by_one_load(requests, tmp_path / "at once")


@pytest.mark.slow
def test_two_loads_of_a_file_at_once_save_nothing_twice(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"".join(request(number) for number in range(40)))
    barrier = Barrier(3)

    def load(_: int) -> bool:
        with closing(SQLStore(database_url)) as store:
            loader = Loader(store, SchemaRegistry(store), NoErrors(), batch_size=5, max_line_bytes=1000)
            barrier.wait()
            try:
                loader.load(str(tmp_path / "a"))
            except CheckpointConflictError:
                return False
            return True

    with ThreadPoolExecutor(3) as pool:
        outcomes = list(pool.map(load, range(3)))
    assert any(outcomes)
    assert totals(database_url) == sorted(map(str, range(40)))


@pytest.mark.slow
def test_other_writers_are_no_obstacle(database_url: str, tmp_path: Path) -> None:
    """A service adds to the schemas and contacts that a load adds to."""
    (tmp_path / "a").write_bytes(mixed(100))
    stop = Event()
    with closing(SQLStore(database_url)) as store, closing(SQLStore(database_url)) as other:
        registry = SchemaRegistry(other)

        def write() -> int:
            sent = 0
            while not stop.is_set():
                payload = json.loads(request(sent, f"event {sent % 4}"))
                payload["contact"] = {"email": f"{sent % 7}@example.com", "other": sent}
                payload["properties"][f"p{sent % 40}"] = sent
                assert registry.track(payload).ok
                sent += 1
            return sent

        with ThreadPoolExecutor(1) as pool:
            writing = pool.submit(write)
            try:
                loader = Loader(store, SchemaRegistry(store), NoErrors(), batch_size=10, max_line_bytes=1000)
                loader.load(str(tmp_path / "a"))
            finally:
                stop.set()
            sent = writing.result()
        stats = loader.stats
        assert len(list(store.events())) == sent + stats.accepted - stats.repeated


@pytest.mark.slow
def test_connections_that_break_lose_and_double_nothing(postgres_server: str, tmp_path: Path) -> None:
    """Even one that breaks while the server commits, after which nobody knows what was saved."""
    requests = mixed(300)
    (tmp_path / "a").write_bytes(requests)
    random, stop = Random(16), Event()
    breaks = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s"
    with new_database(postgres_server) as url:
        name = make_url(url).database

        def break_connections() -> int:
            broken = 0
            with psycopg.connect(postgres_server, autocommit=True) as server:
                while not stop.wait(random.uniform(0.02, 0.2)):
                    broken += server.execute(breaks, [name]).fetchone()[0]  # type: ignore[index]  # a count is one row
            return broken

        failures = 0
        with ThreadPoolExecutor(1) as pool:
            breaking = pool.submit(break_connections)
            try:
                while not load_once(url, tmp_path):
                    failures += 1
                    assert failures < 1000
            finally:
                stop.set()
            assert breaking.result() >= failures > 0
        assert load_once(url, tmp_path)
        assert (contents(url), locations(tmp_path / "refused")) == left_by_one_load(requests, tmp_path / "at once")


def load_once(url: str, folder: Path) -> bool:
    """Load a file; returns whether that came to its end."""
    try:
        with closing(SQLStore(url)) as store, ErrorsFile(str(folder / "refused"), store) as errors:
            registry = SchemaRegistry(store, SERVICE_RULES)
            Loader(store, registry, errors, batch_size=7, max_line_bytes=1000).load(str(folder / "a"))
    except StoreUnavailableError:
        return False
    return True
