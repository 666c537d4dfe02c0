"""Retypes and the events of other writers: what an event costs, who waits for whom, and a race of processes."""

import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, event, text

from eventschema import EventSchema, FrozenDict, PropertyType, SchemaChange, TrackRequest
from eventschema.store import MemoryStore, NotSaved, RetypeError, SchemaRegistry, StoreUnavailableError, UnitOfWork
from eventschema.store.sql import SQLStore
from tests.databases import new_database
from tests.store.locks import table_lock

ANN = {"email": "ann@example.com"}
WRITERS, RETYPERS, SECONDS = 8, 2, 6.0
TYPES = ("int", "float", "string")
VALUES = (1, 2.5, "text")


def payload(value: object) -> dict[str, Any]:
    return {"eventName": "earthquake", "contact": ANN, "properties": {"mag": value}}


def work_of(store: SQLStore, value: object) -> UnitOfWork:
    request = TrackRequest.parse(payload(value))
    matches = store.find(ANN)
    return UnitOfWork.of(request, request.decide(store.load("earthquake"), matches), matches)


def retype(store: SQLStore | MemoryStore, type_: str) -> SchemaChange:
    schema = store.load("earthquake")
    assert schema is not None
    return schema.retype_change({"mag": type_})


def test_a_retype_is_noticed_without_a_statement_more(sql_store: SQLStore) -> None:
    registry = SchemaRegistry(sql_store)
    assert registry.track(payload(1)).ok
    statements: list[str] = []
    event.listen(sql_store.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    assert registry.track(payload(2)).ok
    known = [each for each in statements if not each.startswith("BEGIN")]
    assert [each.split()[0] for each in known] == ["SELECT", "INSERT"]
    assert sql_store.save(retype(sql_store, "float"))
    statements.clear()
    assert registry.track(payload(3)).schema_version == 2  # loses its race once, and is decided again
    assert sum(each.startswith("INSERT") for each in statements) >= 2
    statements.clear()
    assert registry.track(payload(4)).ok
    assert [each.split()[0] for each in statements if not each.startswith("BEGIN")] == ["SELECT", "INSERT"]
    found = sorted((kept.schema_version, repr(kept.properties["mag"])) for kept in sql_store.events())
    assert found == [(1, "1"), (1, "2"), (2, "3.0"), (2, "4.0")]


def test_a_stored_event_has_its_version(store: MemoryStore | SQLStore) -> None:
    registry = SchemaRegistry(store)
    registry.track(payload(1))
    registry.track({**payload(1), "properties": {"mag": 1, "more": True}})
    assert sorted(str(kept.schema_version) for kept in store.events()) == ["1", "2"]


def test_an_event_waits_for_a_retype_and_is_stale(postgres_server: str) -> None:
    with new_database(postgres_server) as url, ThreadPoolExecutor(1) as thread:
        store, other = SQLStore(url), SQLStore(url)
        assert SchemaRegistry(store).track(payload(1)).ok
        work, change = work_of(other, 2), retype(store, "string")
        with store._database.write() as connection:
            assert store._saver.save_checked_in(connection, change, None)
            outcome = thread.submit(other.commit, work)
            wait_for_a_waiter(url)
        assert outcome.result() is NotSaved.STALE
        assert len(list(store.events())) == 1
        store.close()
        other.close()


def test_a_retype_waits_for_the_events_before_it(postgres_server: str) -> None:
    with new_database(postgres_server) as url, ThreadPoolExecutor(1) as thread:
        store = SQLStore(url)
        assert SchemaRegistry(store).track(payload(1)).ok
        with table_lock(url, "eventschema_events", "ROW EXCLUSIVE"):  # as an event that is not committed yet
            saved = thread.submit(store.save, retype(store, "string"))
            wait_for_a_waiter(url)
            assert not saved.done()
        assert saved.result()
        store.close()


def wait_for_a_waiter(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        while not connection.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone():
            time.sleep(0.01)


def test_a_unit_of_work_never_retypes(store: MemoryStore | SQLStore) -> None:
    store.declare(EventSchema("earthquake", {"mag": "int"}))
    request = TrackRequest.parse(payload(1))
    decision = request.decide(store.load("earthquake"), ())
    assert decision.event is not None
    assert decision.contact is not None
    change = SchemaChange("earthquake", 0, FrozenDict(), FrozenDict({"mag": (PropertyType.INT, PropertyType.FLOAT)}))
    with pytest.raises(ValueError, match="expected the change of a schema by an event, found one that retypes"):
        UnitOfWork(decision.event, change, decision.contact, decision.contact_change, request.contact, None)


def write(url: str, number: int) -> None:
    """Track events of any type, which the schema takes now or not, for some seconds."""
    store, random, end = SQLStore(url), Random(number), time.monotonic() + SECONDS
    registry, numbers = SchemaRegistry(store), count()
    while time.monotonic() < end:
        contact = {"email": f"person{number}@example.com"}
        batch = [{**payload(random.choice(VALUES)), "contact": contact} for _ in range(1 + next(numbers) % 3)]
        with suppress(StoreUnavailableError):  # a lost race too many is no fault
            registry.track_many(batch) if len(batch) > 1 else registry.track(batch[0])
    store.close()


def change_types(url: str, number: int, answers: Path) -> None:
    """Retype for some seconds; note after each how many events of earlier versions there are."""
    store, random, end = SQLStore(url), Random(number), time.monotonic() + SECONDS
    before = text("SELECT count(*) FROM eventschema_events WHERE schema_version < :version")
    with answers.open("w", encoding="utf-8") as file:
        while time.monotonic() < end:
            schema = store.load("earthquake")
            assert schema is not None
            change = schema.retype_change({"mag": random.choice(TYPES)})
            if change.retyped and store.save(change, f"person {number}"):
                version = schema.version + 1
                with store.engine.connect() as connection:
                    file.write(f"{version} {connection.scalar(before, {'version': version})}\n")
            time.sleep(random.random() / 20)
    store.close()


@pytest.mark.slow
def test_no_event_comes_under_a_type_that_no_longer_stands(database_url: str, tmp_path: Path) -> None:
    store = SQLStore(database_url)
    store.declare(EventSchema("earthquake", {"mag": "int"}))
    context = multiprocessing.get_context("forkserver")
    started = [context.Process(target=write, args=(database_url, number)) for number in range(WRITERS)]
    paths = [tmp_path / str(number) for number in range(RETYPERS)]
    started += [context.Process(target=change_types, args=(database_url, n, path)) for n, path in enumerate(paths)]
    for process in started:
        process.start()
    for process in started:
        process.join(60)
    assert [process.exitcode for process in started] == [0] * len(started)
    noted = dict(numbers_of(line) for path in paths for line in path.read_text().splitlines())
    history, kept = store.history("earthquake"), list(store.events())
    assert list(noted) != []
    assert sorted(noted) == list(range(1, len(history)))
    types = [PropertyType.INT]
    for record in history[1:]:
        old, new = record.retyped["mag"]
        assert old is types[-1]
        types.append(new)
    accepted = {PropertyType.INT: int, PropertyType.FLOAT: float, PropertyType.STRING: str}
    for each in kept:
        assert each.schema_version is not None
        assert type(each.properties["mag"]) is accepted[types[each.schema_version]]
    assert {each.schema_version for each in kept} != {0}
    for version, earlier in noted.items():  # none came after the retype was saved
        assert sum((each.schema_version or 0) < version for each in kept) == earlier
    store.close()


def numbers_of(line: str) -> tuple[int, int]:
    version, earlier = line.split()
    return int(version), int(earlier)


def test_a_retype_by_another_process_reaches_all_caches(sql_store: SQLStore) -> None:
    registries: Iterator[SchemaRegistry] = (SchemaRegistry(sql_store) for _ in range(2))
    first, second = registries
    assert first.track(payload(1)).ok
    assert second.track(payload(2)).ok
    assert sql_store.save(retype(sql_store, "string"))
    assert first.track(payload("2.5 Mw")).ok
    assert [error.code for error in second.track(payload(3)).errors] == ["type_conflict"]
    assert second.track_many([payload("3")], dry_run=True)[0].ok


def test_a_retype_after_a_plan(sql_store: SQLStore) -> None:
    registry = SchemaRegistry(sql_store)
    assert all(registry.track(payload(value)).ok for value in (1, 2**53 + 1))
    registry.track({**payload(1), "eventName": "other"})
    plan = sql_store.plan_retype("earthquake", {"mag": "float"})
    assert [(each.accepted, each.refused) for each in plan.properties] == [(1, 1)]
    before = sql_store.history("earthquake")
    with pytest.raises(RetypeError, match="found float, which refuses 1 of 2 values of mag") as caught:
        sql_store.retype("earthquake", {"mag": "float"}, "Ann")
    assert caught.value.plan == plan
    assert sql_store.history("earthquake") == before
    assert sql_store.retype("earthquake", {"mag": "float"}, "Ann", force=True) == plan
    assert [(record.who, dict(record.retyped)) for record in sql_store.history("earthquake")[2:]] == [
        ("Ann", {"mag": ("int", "float")})
    ]
    assert sql_store.retype("earthquake", {"mag": "float"}).properties == ()
    assert len(sql_store.history("earthquake")) == 3
    assert {type(kept.properties["mag"]) for kept in sql_store.events()} == {int}


def test_a_retype_of_what_the_store_does_not_have(sql_store: SQLStore) -> None:
    for call in (sql_store.plan_retype, sql_store.retype):
        with pytest.raises(ValueError, match=r"^expected the name of a schema in the store, found 'nothing'$"):
            call("nothing", {"mag": "float"})
    sql_store.declare(EventSchema("earthquake", {"mag": "int"}))
    with pytest.raises(ValueError, match="at /retyped/gap"):
        sql_store.retype("earthquake", {"gap": "float"})
    assert len(sql_store.history("earthquake")) == 1


def test_a_retype_that_loses_its_race_is_planned_again(sql_store: SQLStore, monkeypatch: pytest.MonkeyPatch) -> None:
    sql_store.declare(EventSchema("earthquake", {"mag": "int"}))
    saver, lost = sql_store._saver, []
    save = saver.save_checked_in

    def lose(connection: Connection, change: SchemaChange, who: str | None) -> bool:
        lost.append(change)
        return len(lost) > 2 and save(connection, change, who)

    monkeypatch.setattr(saver, "save_checked_in", lose)
    assert sql_store.retype("earthquake", {"mag": "string"}).version == 0
    assert len(lost) == 3
    lost[:] = []
    monkeypatch.setattr(saver, "save_checked_in", lambda *_: False)
    with pytest.raises(StoreUnavailableError, match="100 races in a row"):
        sql_store.retype("earthquake", {"mag": "int"})


def test_a_reload_of_another_schema_of_that_version(sql_store: SQLStore) -> None:
    sql_store.declare(EventSchema("earthquake", {"mag": "int"}))
    assert sql_store.save(retype(sql_store, "float"))
    for known in (EventSchema("earthquake", {"mag": "bool"}), EventSchema("earthquake")):
        assert sql_store.reload(known) == sql_store.load("earthquake")


def test_of_two_retypes_of_a_version_one_is_saved(postgres_server: str) -> None:
    with new_database(postgres_server) as url, ThreadPoolExecutor(1) as thread:
        store, other = SQLStore(url), SQLStore(url)
        store.declare(EventSchema("earthquake", {"mag": "int"}))
        late, first = retype(other, "float"), retype(store, "string")
        with store._database.write() as connection:
            assert store._saver.save_checked_in(connection, first, None)
            saved = thread.submit(other.save, late)
            wait_for_a_waiter(url)
        assert not saved.result()
        assert [dict(record.retyped) for record in store.history("earthquake")[1:]] == [{"mag": ("int", "string")}]
        store.close()
        other.close()
