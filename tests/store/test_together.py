"""Group commit, on real databases: who shares a transaction, and what happens to the others if one cannot be saved."""

import asyncio
import gc
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from threading import Event
from typing import Any
from uuid import UUID
from weakref import ref

import psycopg
import pytest
from sqlalchemy.event import listen

from eventschema import TrackRequest
from eventschema.store import (
    AsyncSchemaRegistry,
    NotSaved,
    Saved,
    SchemaRegistry,
    StoreBusyError,
    StoreError,
    StoreUnavailableError,
    ThreadedStore,
    UnitOfWork,
)
from eventschema.store.sql import SQLStore
from eventschema.store.together import Together
from eventschema.store.waiting import WriteQueue

NOW = datetime(2026, 11, 26, tzinfo=UTC)


class Gate:
    """Holds the first commit of a store until it is opened, and counts the commits."""

    def __init__(self, store: SQLStore) -> None:
        self.store = store
        self.reached, self.opened = Event(), Event()
        self.commits = 0
        self.fails: BaseException | None = None
        listen(store.engine, "commit", self._commit)

    def _commit(self, _: object) -> None:
        self.commits += 1
        if self.commits == 1:
            self.reached.set()
            assert self.opened.wait(20)
        elif self.fails is not None:
            raise self.fails


def payload(contact: str = "ann@example.com", number: int | None = None, **properties: Any) -> dict[str, Any]:
    event_id = None if number is None else str(UUID(int=number))
    return {"eventName": "order", "contact": {"email": contact}, "eventID": event_id, "properties": properties}


def decided(store: SQLStore, request: dict[str, Any]) -> UnitOfWork:
    parsed = TrackRequest.parse(request)
    matches = store.find(parsed.contact.identifiers)
    return UnitOfWork.of(parsed, parsed.decide(store.load("order"), matches), matches)


def wait_until(is_true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not is_true():
        assert time.monotonic() < end
        time.sleep(0.001)


def waiting(store: SQLStore) -> int:
    return len(store._database.writers._line)


@contextmanager
def one_group(store: SQLStore, calls: list[Callable[[], Any]]) -> Iterator[tuple[Gate, list[Future[Any]]]]:
    """Within the block ``calls`` wait in this order behind a commit that is held; then they are one group."""
    gate = Gate(store)
    with ThreadPoolExecutor(len(calls) + 1) as threads:
        held = [{**payload("first@example.com", 999), "eventName": "held"}]  # the other groups wait for a new schema
        first = threads.submit(SchemaRegistry(store).track_many, held, atomic=True)
        assert gate.reached.wait(20)
        waits = []
        for number, call in enumerate(calls, 1):
            waits.append(threads.submit(call))
            wait_until(lambda number=number: waiting(store) == number)  # type: ignore[misc]
        try:
            yield gate, waits
        finally:
            gate.opened.set()
    assert all(first.result())


def commits(store: SQLStore, works: list[UnitOfWork]) -> list[Callable[[], Any]]:
    return [partial(store.commit, work) for work in works]


def prepared(store: SQLStore, people: int) -> None:
    registry = SchemaRegistry(store)
    for number in range(people):
        registry.track(payload(f"{number}@example.com", 900 + number, total=1))


def test_calls_that_wait_are_saved_in_one_transaction(sql_store: SQLStore) -> None:
    prepared(sql_store, 9)
    works = [decided(sql_store, payload(f"{number}@example.com", number + 1, total=2)) for number in range(9)]
    with one_group(sql_store, commits(sql_store, works)) as (gate, outcomes):
        assert not any(outcome.done() for outcome in outcomes)
    assert [outcome.result().event_id for outcome in outcomes] == [str(UUID(int=number)) for number in range(1, 10)]
    assert gate.commits == 2
    assert all(sql_store.seen_many([str(UUID(int=number)) for number in range(1, 10)]))


def test_a_lone_call_is_one_transaction_at_once(sql_store: SQLStore) -> None:
    gate = Gate(sql_store)
    gate.opened.set()
    assert SchemaRegistry(sql_store).track(payload(total=1)).ok
    assert SchemaRegistry(sql_store).track(payload(total=2)).ok
    assert gate.commits == 2


def test_batches_and_single_requests_share_a_transaction(sql_store: SQLStore) -> None:
    prepared(sql_store, 3)
    works = [decided(sql_store, payload(f"{number}@example.com", number + 1, total=2)) for number in range(3)]
    calls: list[Callable[[], Any]] = [
        lambda: sql_store.commit_many(works[:2]),
        lambda: sql_store.commit(works[1]),  # a repetition, by then
        lambda: sql_store.commit_many(works[1:], atomic=True),
    ]
    with one_group(sql_store, calls) as (gate, outcomes):
        pass
    kinds = [outcome.result() for outcome in outcomes]
    assert [type(outcome) for outcome in kinds[0]] == [Saved, Saved]
    assert kinds[1] is NotSaved.DUPLICATE
    assert kinds[2][0] is NotSaved.DUPLICATE
    assert isinstance(kinds[2][1], Saved)
    assert gate.commits == 2


def test_a_lost_race_touches_that_call_alone(sql_store: SQLStore) -> None:
    prepared(sql_store, 3)
    requests = [
        payload("0@example.com", 1, total=2),
        payload("new@example.com", 2, total=2),
        payload("new@example.com", 3, total=3),  # creates the same contact
        payload("1@example.com", 4, more=1),
        payload("2@example.com", 5, other=1),  # changes the same version of the schema
        payload("2@example.com", 1, total=4),  # repeats the first
        payload("2@example.com", 6, total=5),
    ]
    works = [decided(sql_store, request) for request in requests]
    with one_group(sql_store, commits(sql_store, works)) as (gate, outcomes):
        pass
    found = [type(outcome.result()) if outcome.result() else outcome.result() for outcome in outcomes]
    assert found == [Saved, Saved, NotSaved.STALE, Saved, NotSaved.STALE, NotSaved.DUPLICATE, Saved]
    assert gate.commits == 2


def test_another_process_that_was_faster_touches_its_call_alone(sql_store: SQLStore, database_url: str) -> None:
    prepared(sql_store, 3)
    contact = sql_store.find({"email": "2@example.com"})[0]
    works = [
        decided(sql_store, payload("0@example.com", 1, total=2)),
        decided(sql_store, payload("new@example.com", 2, total=2)),
        decided(sql_store, payload("1@example.com", 3, more=1)),
        decided(sql_store, payload("2@example.com", 4, total=2)),
        decided(sql_store, payload("0@example.com", 5, total=2)),
    ]
    other = SQLStore(database_url)
    SchemaRegistry(other).track(payload("new@example.com", 11, total=1))
    SchemaRegistry(other).track(payload("1@example.com", 12, another=1))
    SchemaRegistry(other).track(payload("0@example.com", 5, total=7))
    other.erase(str(contact.id))
    other.close()
    with one_group(sql_store, commits(sql_store, works)) as (_, outcomes):
        pass
    found = [type(outcome.result()) if outcome.result() else outcome.result() for outcome in outcomes]
    assert found == [Saved, NotSaved.STALE, NotSaved.STALE, NotSaved.STALE, NotSaved.DUPLICATE]


def test_changes_of_a_contact_keep_the_order_of_arrival(sql_store: SQLStore) -> None:
    prepared(sql_store, 1)
    works = []
    for number in range(8):
        request = payload("0@example.com", number + 1, total=2)
        works.append(decided(sql_store, {**request, "contact": {"email": "0@example.com", "last": number}}))
    with one_group(sql_store, commits(sql_store, works)) as (gate, outcomes):
        pass
    assert all(isinstance(outcome.result(), Saved) for outcome in outcomes)
    assert dict(sql_store.find({"email": "0@example.com"})[0].properties) == {"last": 7}
    assert gate.commits == 2


def test_identifiers_may_change_hands_in_a_group(sql_store: SQLStore) -> None:
    prepared(sql_store, 2)
    first, second = (sql_store.find({"email": f"{number}@example.com"})[0] for number in range(2))
    requests = [
        {"id": first.id, "email": "between@example.com"},
        {"id": second.id, "email": "0@example.com"},
        {"email": "1@example.com"},  # a new contact
    ]
    works = [decided(sql_store, payload("x@example.com", 1, total=2) | {"contact": requests[0], "eventID": None})]
    # The later ones are decided as if the earlier ones were saved, as another thread does that has just seen them.
    for contact, known in ((requests[1], second), (requests[2], None)):
        parsed = TrackRequest.parse(payload(total=1) | {"contact": contact})
        matches = () if known is None else (known,)
        works.append(UnitOfWork.of(parsed, parsed.decide(sql_store.load("order"), matches), matches))
    with one_group(sql_store, commits(sql_store, works)) as (_, outcomes):
        pass
    assert all(isinstance(outcome.result(), Saved) for outcome in outcomes)
    found = [sql_store.find({"email": f"{name}@example.com"})[0].id for name in ("between", "0", "1")]
    assert found == [first.id, second.id, outcomes[2].result().contact_id]


def test_one_that_no_database_takes_does_not_fail_the_others(sql_store: SQLStore) -> None:
    prepared(sql_store, 3)
    works = [decided(sql_store, payload(f"{number}@example.com", number + 1, total=2)) for number in range(3)]
    works[1] = replace(works[1], event=replace(works[1].event, origin="\ud800"))
    with one_group(sql_store, commits(sql_store, works)) as (_, outcomes):
        pass
    assert isinstance(outcomes[0].result(), Saved)
    assert isinstance(outcomes[2].result(), Saved)
    with pytest.raises(UnicodeEncodeError):
        outcomes[1].result()
    assert sql_store.seen_many([str(UUID(int=number)) for number in (1, 2, 3)]) == (True, False, True)


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_one_that_is_refused_at_the_commit_fails_alone(database_url: str) -> None:
    store = SQLStore(database_url)
    prepared(store, 3)
    with store.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ "
            "BEGIN IF NEW.origin = 'x' THEN RAISE 'refused'; END IF; RETURN NEW; END $$; "
            "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON eventschema_events "
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()"
        )
    requests = [payload(f"{number}@example.com", number + 1, total=2) for number in range(3)]
    works = [decided(store, request) for request in (requests[0], requests[1] | {"origin": "x"}, requests[2])]
    with one_group(store, commits(store, works)) as (_, outcomes):
        pass
    assert isinstance(outcomes[0].result(), Saved)
    assert isinstance(outcomes[2].result(), Saved)
    with pytest.raises(StoreError, match="refused"):
        outcomes[1].result()
    assert store.seen_many([str(UUID(int=number)) for number in (1, 2, 3)]) == (True, False, True)
    store.close()


def test_nobody_is_told_saved_if_the_commit_fails(sql_store: SQLStore) -> None:
    prepared(sql_store, 3)
    works = [decided(sql_store, payload(f"{number}@example.com", number + 1, total=2)) for number in range(3)]
    with one_group(sql_store, commits(sql_store, works)) as (gate, outcomes):
        gate.fails = StoreUnavailableError("no disk")
    for outcome in outcomes:
        with pytest.raises(StoreUnavailableError, match="no disk"):
            outcome.result()
    gate.fails = None
    assert not any(sql_store.seen_many([str(UUID(int=number)) for number in (1, 2, 3)]))
    assert isinstance(sql_store.commit(works[0]), Saved)


def test_an_interrupted_thread_interrupts_no_other(sql_store: SQLStore) -> None:
    prepared(sql_store, 3)
    works = [decided(sql_store, payload(f"{number}@example.com", number + 1, total=2)) for number in range(3)]
    interrupts = iter([True])

    def clock() -> datetime:
        if next(interrupts, False):
            raise KeyboardInterrupt
        return NOW

    with one_group(sql_store, commits(sql_store, works)) as (_, outcomes):
        sql_store._saver._clock = clock
    with pytest.raises(KeyboardInterrupt):
        outcomes[0].result()
    assert all(isinstance(outcome.result(), Saved) for outcome in outcomes[1:])


def test_an_interrupted_commit_is_unknown_to_the_others(sql_store: SQLStore) -> None:
    prepared(sql_store, 2)
    works = [decided(sql_store, payload(f"{number}@example.com", number + 1, total=2)) for number in range(2)]
    with one_group(sql_store, commits(sql_store, works)) as (gate, outcomes):
        gate.fails = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        outcomes[0].result()
    with pytest.raises(StoreUnavailableError, match="interrupted, and may have been completed"):
        outcomes[1].result()


def test_a_call_whose_time_is_over_leaves_the_line(tmp_path: Any) -> None:
    store = SQLStore(f"sqlite:///{tmp_path / 'events.db'}", timeout=0.5, max_waiting=2)
    prepared(store, 3)
    works = [decided(store, payload(f"{number}@example.com", number + 1, total=2)) for number in range(3)]
    with one_group(store, commits(store, works[:2])) as (_, outcomes):
        with pytest.raises(StoreBusyError, match="2 writers wait"):
            store.commit(works[2])
        for outcome in outcomes:
            with pytest.raises(StoreUnavailableError, match=r"not done within 0\.5 s"):
                outcome.result()
        assert waiting(store) == 0
    assert isinstance(store.commit(works[2]), Saved)
    assert store.seen_many([str(UUID(int=number)) for number in (1, 2, 3)]) == (False, False, True)
    store.close()


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_a_locked_contact_delays_only_its_own_requests(database_url: str) -> None:
    store = SQLStore(database_url)
    prepared(store, 4)
    works = []
    for number in range(4):
        request = payload(f"{number}@example.com", number + 1, total=2)
        works.append(decided(store, {**request, "contact": {"email": f"{number}@example.com", "a": number}}))
    with psycopg.connect(database_url) as holder:
        holder.execute("SELECT FROM eventschema_contacts WHERE email = '2@example.com' FOR UPDATE")
        with one_group(store, commits(store, works)) as (gate, outcomes):
            gate.opened.set()
            for number in (0, 1, 3):
                assert isinstance(outcomes[number].result(5), Saved)
            assert not outcomes[2].done()
            holder.rollback()
            assert isinstance(outcomes[2].result(5), Saved)
    store.close()


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_only_calls_about_others_are_saved_meanwhile(database_url: str) -> None:
    store = SQLStore(database_url)
    prepared(store, 3)
    gate = Gate(store)
    works = [decided(store, payload(f"{number}@example.com", number + 1, total=2)) for number in (0, 0, 1)]
    works[1] = replace(works[1], event=replace(works[1].event, id=str(UUID(int=9))))
    with ThreadPoolExecutor(3) as threads:
        held = threads.submit(store.commit, works[0])
        assert gate.reached.wait(20)
        same = threads.submit(store.commit, works[1])
        wait_until(lambda: waiting(store) == 1)
        assert isinstance(threads.submit(store.commit, works[2]).result(20), Saved)
        assert waiting(store) == 1
        assert not same.done()
        assert not held.done()
        gate.opened.set()
        assert isinstance(same.result(20), Saved)
    assert isinstance(held.result(), Saved)
    store.close()


def test_calls_that_come_while_a_group_begins_join_it(sql_store: SQLStore) -> None:
    prepared(sql_store, 4)
    works = [decided(sql_store, payload(f"{number}@example.com", number + 1, total=2)) for number in range(4)]
    begins, late = iter([False, True]), list[Future[Any]]()

    def begin(_: object) -> None:
        if next(begins, False):  # that of the group
            late.append(threads.submit(sql_store.commit, works[3]))
            wait_until(lambda: waiting(sql_store) == 1)

    with ThreadPoolExecutor(1) as threads, one_group(sql_store, commits(sql_store, works[:3])) as (gate, outcomes):
        next(begins)  # the one that is held has begun
        listen(sql_store._database._writer, "begin", begin)
    assert all(isinstance(outcome.result(), Saved) for outcome in [*outcomes, *late])
    assert gate.commits == 2
    assert all(sql_store.seen_many([str(UUID(int=number)) for number in (1, 2, 3, 4)]))


@pytest.mark.slow
def test_tasks_share_commits(sql_store: SQLStore) -> None:
    prepared(sql_store, 64)
    gate = Gate(sql_store)
    threaded = ThreadedStore(sql_store)
    registry = AsyncSchemaRegistry(threaded)

    async def send_all() -> list[Any]:
        requests = [payload(f"{number}@example.com", number + 1, total=2) for number in range(64)]
        sent = asyncio.gather(*map(registry.track, requests))
        await asyncio.to_thread(gate.reached.wait, 20)
        await asyncio.sleep(0.3)
        gate.opened.set()
        return await sent

    results = asyncio.run(send_all())
    assert all(results)
    assert gate.commits <= 4
    threaded.close()


@pytest.mark.slow
def test_a_group_that_a_database_refuses_fails_each_call(sql_store: SQLStore) -> None:
    prepared(sql_store, 2)
    works = [decided(sql_store, payload(f"{number}@secret.com", number + 1, total=2)) for number in range(2)]
    with sql_store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE eventschema_contacts RENAME COLUMN properties TO gone")
    gate = Gate(sql_store)
    gate.opened.set()
    with ThreadPoolExecutor(2) as threads:
        for outcome in [threads.submit(sql_store.commit, work) for work in works]:
            with pytest.raises(StoreError) as caught:
                outcome.result()
            assert "secret" not in str(caught.value)


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_questions_that_wait_are_asked_together(database_url: str) -> None:
    store = SQLStore(database_url)
    prepared(store, 8)
    opened, selects = Event(), []

    def hold(_: object, __: object, statement: str, *___: object) -> None:
        if "eventschema_contacts" in statement:
            selects.append(statement)
            assert opened.wait(20)

    listen(store.engine, "before_cursor_execute", hold)
    line = store._database.readers
    assert line is not None
    with ThreadPoolExecutor(9) as threads:
        given = [{"email": f"{number}@example.com"} for number in range(8)] + [{"email": "nobody@example.com"}]
        found = [threads.submit(store.find, each) for each in given]
        wait_until(lambda: len(line._line) == 7)
        opened.set()
    emails = [[contact.email for contact in each.result()] for each in found]
    assert emails == [[f"{number}@example.com"] for number in range(8)] + [[]]
    assert len(selects) <= 4
    store.close()


def test_a_batch_of_any_size_is_written_whole(sql_store: SQLStore) -> None:
    registry = SchemaRegistry(sql_store)
    created = registry.track_many([payload(f"{number}@example.com", number + 1, total=1) for number in range(150)])
    assert all(created)
    # Each contact gets the address of the next: none is free before the next has given it up.
    moved = []
    for number in reversed(range(150)):
        contact = {"id": created[number].contact_id, "email": f"{number + 1}@example.com", "number": number}
        moved.append({**payload(number=number + 1001, total=2), "contact": contact})
    assert all(registry.track_many(moved))
    found = sql_store.find_many([{"email": f"{number}@example.com"} for number in range(151)])
    assert [[contact.id for contact in each] for each in found] == [[], *([each.contact_id] for each in created)]
    assert [each[0].properties["number"] for each in found[1:]] == list(range(150))
    assert all(sql_store.seen_many([str(UUID(int=number + 1001)) for number in range(150)]))


def test_a_version_that_another_writer_took_is_noticed(sql_store: SQLStore, database_url: str) -> None:
    prepared(sql_store, 2)
    works = [decided(sql_store, payload(f"{number}@example.com", number + 1, **{f"p{number}": 1})) for number in (0, 1)]
    other = SQLStore(database_url)
    assert SchemaRegistry(other).track(payload("0@example.com", 11, p1="text")).ok
    other.close()
    late = replace(works[1], event=replace(works[1].event, id=str(UUID(int=3))))
    assert sql_store.commit_many([works[0], late]) == (NotSaved.STALE, NotSaved.STALE)
    changed = works[1].schema_change
    assert changed is not None
    assert not sql_store.save(replace(changed, base_version=2))  # the property is there already
    assert sql_store.commit(replace(late, schema_change=replace(changed, base_version=2))) is NotSaved.STALE


def test_what_was_saved_is_freed_at_once() -> None:
    class Saving:
        """Something that can be referred to weakly."""

    queue: WriteQueue[Saving, int] = WriteQueue(1, 10)
    together = Together[Saving, int](lambda calls, _: [1] * len(calls), lambda _: 1, queue, 10)
    gc.disable()
    try:
        call = Saving()
        freed = ref(call)
        assert together.do(call) == 1
        del call
        assert freed() is None
    finally:
        gc.enable()
