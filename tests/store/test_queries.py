"""Reading back what is stored: the schemas, and the events with the time at which they were received."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import postgresql

from eventschema import EventSchema, Rules, normalise_identifiers
from eventschema.store import MemoryStore, SchemaRegistry, queries
from eventschema.store.sql import SQLStore
from eventschema.store.tables import events, metadata
from tests.databases import new_database
from tests.store.test_migrations import make_old

START = datetime(2026, 11, 26, 12, tzinfo=UTC)
NAMES = ("order", "Order", "order ", "order-x", "order_x", "ö", "o\u0308", "\U0001f600", "é" * 300, "sha256:x", "~")


@pytest.fixture
def times() -> list[datetime]:
    """What the clock of ``timed`` returns next; then, when it is empty, each second once."""
    return []


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def timed(request: pytest.FixtureRequest, times: list[datetime], tmp_path: Path) -> Iterator[MemoryStore | SQLStore]:
    """An empty store of each kind with a clock of its own, and ids in order."""
    seconds, numbers = count(), count(1)

    def clock() -> datetime:
        return times.pop(0) if times else START + timedelta(seconds=next(seconds))

    def new_id() -> UUID:
        return UUID(int=next(numbers))

    if request.param == "memory":
        yield MemoryStore(clock=clock, new_id=new_id)
    elif request.param == "sqlite":
        with closing(SQLStore(f"sqlite:///{tmp_path / 'events.db'}", clock=clock, new_id=new_id)) as store:
            yield store
    else:
        with (
            new_database(request.getfixturevalue("postgres_server")) as url,
            closing(SQLStore(url, clock=clock, new_id=new_id)) as store,
        ):
            yield store


def test_schemas_are_listed_by_name(store: MemoryStore | SQLStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "_PAGE", 4)
    assert list(store.schemas()) == []
    registry = SchemaRegistry(store, Rules(max_event_name_length=300))
    for number, name in enumerate(NAMES):
        contact = {"email": "ann@example.com"}
        for properties in ({"a": number, "b": "x"}, {f"p{number}": 1.5}, {}):
            assert registry.track({"eventName": name, "contact": contact, "properties": properties}).ok
    store.declare(EventSchema("declared"))
    names = sorted((*NAMES, "declared"))
    listed = list(store.schemas())
    assert [schema.name for schema in listed] == names
    assert listed == [store.load(name) for name in names]
    assert [list(schema.properties) for schema in listed if schema.name == "order"] == [["a", "b", "p0"]]
    for number in range(len(names) + 1):
        assert list(store.schemas(limit=number)) == listed[:number]
        after = names[number - 1] if number else ""
        assert list(store.schemas(after=after)) == listed[number:]
        assert list(store.schemas(after=after, limit=2)) == listed[number : number + 2]
    assert [schema.name for schema in store.schemas(after="order\u00e9", limit=1)] == ["o\u0308"]


def track(store: MemoryStore | SQLStore, name: str = "order", **fields: Any) -> None:
    payload = {"eventName": name, "contact": {"email": "ann@example.com"}, **fields}
    assert SchemaRegistry(store).track(payload).ok


def test_events_are_filtered_by_name_and_time(timed: MemoryStore | SQLStore, times: list[datetime]) -> None:
    times += [START, datetime(2020, 1, 1)]  # of the schema, and of the event: without a zone, it is taken for UTC
    track(timed)
    track(timed, "visit")
    micro = timedelta(microseconds=1)
    ids = [str(UUID(int=number << 64)) for number in range(6)]
    received = [START + timedelta(minutes=1), START + timedelta(minutes=1, microseconds=5)]
    received = [received[1], received[0], received[0], received[0] + timedelta(hours=1)]
    for name, id_, at in zip(
        ("order", "visit", "order", "order"), (ids[2], ids[1], ids[5], ids[0]), received, strict=True
    ):
        times.append(at.astimezone(timezone(timedelta(hours=5))))
        track(timed, name, eventID=id_)

    def found(name: str | None = None, since: datetime | None = None) -> list[str | None]:
        return [event.id for event in timed.events(name=name, since=since)]

    everything = list(timed.events())
    assert [event.id for event in everything] == sorted(str(event.id) for event in everything)
    assert [event.received_at for event in everything if event.id in ids[1:]] == [received[1], received[0], received[2]]
    assert all(event.received_at and event.received_at.utcoffset() == timedelta(0) for event in everything)
    assert found(since=received[1]) == [ids[1], ids[5], ids[2], ids[0]]
    assert found(since=received[1].astimezone(timezone(timedelta(hours=-7)))) == [ids[1], ids[5], ids[2], ids[0]]
    assert found(since=received[1] + micro) == found(since=received[0]) == [ids[2], ids[0]]
    assert found("order", received[1]) == [ids[5], ids[2], ids[0]]
    assert found("visit", received[1] + micro) == []
    assert found("visit")[1:] == [ids[1]]
    assert found("order")[1:] == [ids[5], ids[2], ids[0]]
    assert len(found(since=datetime.min.replace(tzinfo=UTC))) == len(everything) == 6
    assert {event.received_at for event in everything} >= {datetime(2020, 1, 1, tzinfo=UTC), *received}
    for name in ("other", "", "a\0b", "\ud800"):
        assert found(name) == []


WRONG: list[tuple[str, dict[str, Any], type[Exception], str]] = [
    ("schemas", {"after": "a\0"}, ValueError, "expected after as text without control characters"),
    ("schemas", {"after": "\ud800"}, ValueError, "expected after as text without control characters"),
    ("schemas", {"after": 5}, TypeError, "expected after as text, found int"),
    ("schemas", {"limit": -1}, ValueError, "expected limit of at least 0, found -1"),
    ("schemas", {"limit": "5"}, TypeError, "expected limit as a number of schemas, found str"),
    ("events", {"since": datetime(2026, 11, 26)}, ValueError, "expected since as a datetime with a time zone"),
    ("events", {"since": "2026-11-26"}, TypeError, "expected since as a datetime, found str"),
    ("events", {"name": 5}, TypeError, "expected the name of an event as text, found int"),
    (
        "events",
        {"since": datetime.min.replace(tzinfo=timezone(timedelta(hours=1)))},
        ValueError,
        "expected since between the years 1 and 9999",
    ),
]


@pytest.mark.parametrize(("method", "arguments", "error", "message"), WRONG)
def test_wrong_arguments_of_readers(
    method: str, arguments: dict[str, Any], error: type[Exception], message: str, tmp_path: Path
) -> None:
    with closing(SQLStore(f"sqlite:///{tmp_path / 'events.db'}")) as sqlite:
        for store in (MemoryStore(), sqlite):
            with pytest.raises(error, match=message):
                getattr(store, method)(**arguments)


def test_all_pages_of_received_events_are_read(sql_store: SQLStore) -> None:
    row = {"identifiers": "{}", "properties": "{}", "adjustments": "[]"}
    rows = [
        row
        | {
            "id": f"{number * 7919 % 2003:05}",
            "name": "rare" if number in {3, 1999} else "order",
            "received_at": (START + timedelta(seconds=number // 900)).isoformat(),
        }
        for number in range(2003)
    ]
    with sql_store.engine.begin() as connection:
        connection.execute(events.insert(), rows)
    expected = sorted((str(each["received_at"]), str(each["id"]), each["name"]) for each in rows)
    listed = list(sql_store.events(since=START))
    assert [event.id for event in listed] == [id_ for _, id_, _ in expected]
    assert [event.id for event in sql_store.events(name="rare")] == [id_ for _, id_, name in expected if name == "rare"]


def test_a_page_of_received_events_needs_the_index_alone(sql_store: SQLStore) -> None:
    """A filter must not read a large table in one statement."""
    with sql_store.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET enable_seqscan = off; SET enable_sort = off")
        plan_of = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
        for statement in (queries._SELECT_END, queries._SELECT_RECEIVED.where(events.c.name == "rare")):
            values = statement.params(at="2026", last="")
            compiled = values.compile(connection, compile_kwargs={"literal_binds": True})
            plan = " ".join(map(str, connection.execute(text(f"{plan_of} {compiled}"))))
            assert "eventschema_events_received" in plan
            assert "sort" not in plan.lower().replace("enable_sort", "")
            assert "temp b-tree" not in plan.lower()


@pytest.mark.parametrize("is_old", [False, True])
def test_keys_are_compared_by_character_on_postgresql(postgres_server: str, *, is_old: bool) -> None:
    dialect: Any = postgresql.dialect()  # type: ignore[no-untyped-call]  # of SQLAlchemy
    columns = {(table.name, column.name): column for table in metadata.tables.values() for column in table.columns}
    keys = {place for place, column in columns.items() if "COLLATE" in column.type.compile(dialect)}
    assert {("eventschema_changes", "name"), ("eventschema_events", "id"), ("eventschema_events", "received_at")} < keys
    with new_database(postgres_server) as url:
        if is_old:
            make_old(url, 0)
        with closing(SQLStore(url)) as store, store.engine.connect() as connection:
            rows = connection.execute(
                text("SELECT table_name, column_name, collation_name FROM information_schema.columns")
            ).all()
    assert {(row[0], row[1]) for row in rows if row.table_name in metadata.tables and row[2] == "C"} == keys


def test_contacts_are_found_by_identifiers_as_written() -> None:
    store = MemoryStore()
    contact = {"email": "ann@EXAMPLE.com", "phoneNumber": "+12025550100"}
    tracked = SchemaRegistry(store).track({"eventName": "order", "contact": contact})
    for written in ({"email": " ann@Example.COM"}, {"phoneNumber": "+1 (202) 555-0100"}):
        assert [found.id for found in store.find(normalise_identifiers(written))] == [tracked.contact_id]
