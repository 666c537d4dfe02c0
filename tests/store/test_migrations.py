"""Databases of earlier releases, from ``versions``: they are updated completely, and nothing is lost."""

import multiprocessing
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from decimal import Decimal
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import psycopg
import pytest
from sqlalchemy import Connection, create_engine, inspect, make_url, text
from sqlalchemy.event import listen

from eventschema import Adjustment, AdjustmentKind, Contact, EventSchema, FrozenDict, SchemaChange, TrackedEvent
from eventschema.store import SchemaRegistry, StoreError, StoreUnavailableError, migrations
from eventschema.store.database import Database
from eventschema.store.database_errors import LostRaceError
from eventschema.store.migrations import STEPS, VERSION, update_tables
from eventschema.store.sql import SQLStore
from eventschema.store.tables import key_of
from tests.databases import new_database
from tests.store.releases import ANN, EVENT_ID, LONG_NAME, LONG_PROPERTIES, NOTE, PHONE_NUMBER, RULES, VERSIONS, fill

#: The versions of which releases have left databases.
RELEASED: Final = sorted({int(path.name.partition(".")[0]) for path in VERSIONS.iterdir()} - {VERSION})

#: The same as parameters: those between the oldest and the newest are slow.
EACH: Final = [
    pytest.param(version, marks=pytest.mark.slow) if version in RELEASED[1:-1] else version for version in RELEASED
]


def make_old(url: str, version: int) -> None:
    """Fill the empty database at ``url`` with what a release of that version made."""
    kind = make_url(url).get_backend_name()
    script = (VERSIONS / f"{version}.{kind}.sql").read_text(encoding="utf-8")
    if kind == "sqlite":
        with closing(sqlite3.connect(str(make_url(url).database))) as connection:
            connection.executescript(script)
    else:
        with psycopg.connect(url, autocommit=True) as server:
            server.execute(script.encode())


@pytest.fixture(params=EACH)
def old_url(request: pytest.FixtureRequest, database_url: str) -> str:
    """A database of each version and kind that earlier releases made."""
    make_old(database_url, request.param)
    return database_url


@pytest.fixture
def oldest_url(database_url: str) -> str:
    """The oldest of them, of each kind: for what does not depend on the version."""
    make_old(database_url, RELEASED[0])
    return database_url


@pytest.fixture(params=[*EACH, VERSION])
def filled_url(request: pytest.FixtureRequest, database_url: str) -> str:
    """One of those, or one of today, as the next release will find it."""
    if request.param == VERSION:
        fill(database_url)
    else:
        make_old(database_url, request.param)
    return database_url


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def everything(url: str) -> dict[str, list[Any]]:
    """All rows of all tables."""
    with connected(url) as connection:
        names = sorted(inspect(connection).get_table_names())
        return {name: sorted(map(repr, connection.execute(text(f'SELECT * FROM "{name}"')))) for name in names}


def shape(url: str) -> dict[str, Any]:
    """All tables, as the database describes them, by name."""
    with connected(url) as connection:
        inspector = inspect(connection)
        return {
            name: {
                "columns": [
                    (each["name"], str(each["type"]), each["nullable"], each["default"])
                    for each in inspector.get_columns(name)
                ],
                "primary key": inspector.get_pk_constraint(name),
                "foreign keys": inspector.get_foreign_keys(name),
                "unique": sorted(map(repr, inspector.get_unique_constraints(name))),
                "checks": inspector.get_check_constraints(name),
                "indexes": sorted(map(as_text, inspector.get_indexes(name))),
            }
            for name in inspector.get_table_names()
        }


def as_text(index: Mapping[str, Any]) -> str:
    """An index as text. The condition of one is an object of SQLAlchemy."""
    options = {name: str(value) for name, value in index.get("dialect_options", {}).items()}
    return repr({**index, "dialect_options": options})


def version_of(url: str) -> int | None:
    with connected(url) as connection:
        if not inspect(connection).has_table("eventschema_version"):
            return None
        found: int = connection.execute(text("SELECT version FROM eventschema_version")).scalar_one()
    return found


def test_each_step_leads_to_the_next_version() -> None:
    assert list(STEPS) == list(range(1, VERSION + 1))


def test_an_old_database_becomes_like_a_new_one(old_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    SQLStore(old_url).close()
    if old_url.startswith("sqlite"):
        new_url = f"sqlite:///{tmp_path / 'new.db'}"
        SQLStore(new_url).close()
        assert shape(old_url) == shape(new_url)
    else:
        with new_database(request.getfixturevalue("postgres_server")) as new_url:
            SQLStore(new_url).close()
            assert shape(old_url) == shape(new_url)
    assert version_of(old_url) == VERSION


def test_the_schemas_of_a_release_survive(filled_url: str) -> None:
    store = SQLStore(filled_url)
    order = EventSchema("order").apply(change("order", 0, total="float", count="int", note="string", day="date"))
    schemas = [
        EventSchema("declared", {"total": "float", "note": "string"}),
        order.apply(change("order", 1, paid="bool", big="int")),
        EventSchema("visit"),
        EventSchema("sha256:0").apply(change("sha256:0", 0, x="int")),
        EventSchema(LONG_NAME)
        .apply(change(LONG_NAME, 0, **{LONG_PROPERTIES[0]: "int", "short": "string"}))
        .apply(change(LONG_NAME, 1, **{LONG_PROPERTIES[1]: "float"})),
    ]
    for schema in schemas:
        loaded = store.load(schema.name)
        assert loaded == schema
        assert list(loaded.properties) == list(schema.properties)
        history = store.history(schema.name)
        assert [record.version for record in history] == list(range(schema.version + 1))
        assert {record.name for record in history} == {schema.name}
        assert {name: record.version for record in history for name in record.added} == {
            name: schema.since(name) for name in schema.properties
        }
    assert [(record.who, record.event_id) for record in store.history("order")][:2] == [("ann's key", EVENT_ID)] * 2
    assert store.history("order")[0].at.isoformat() == "2026-11-25T12:00:01+00:00"
    store.close()


def change(name: str, base_version: int, **added: str) -> SchemaChange:
    return SchemaChange(name, base_version, FrozenDict(added))  # type: ignore[arg-type]  # words will do


def test_the_contacts_and_events_of_a_release_survive(filled_url: str) -> None:
    store = SQLStore(filled_url)
    ann = Contact(f"{1:032}", ANN["email"], PHONE_NUMBER, {"tags": ("a", "b\0"), "vip": True, "score": 1.0})
    assert store.find(ANN) == store.find({"phoneNumber": PHONE_NUMBER}) == (ann,)
    assert store.find({"email": "bo@example.com"}) == (Contact(f"{4:032}", "bo@example.com"),)
    assert store.find({"email": "gone@example.com"}) == ()
    events = {event.id: event for event in store.events()}
    assert len(events) == 7
    assert events[EVENT_ID] == TrackedEvent(
        "order",
        FrozenDict({"total": 12.345679, "count": 3, "note": NOTE, "day": "2026-11-25"}),
        ann.identifiers,
        "2026-11-25T11:00+01:00",
        EVENT_ID,
        (
            Adjustment("total", AdjustmentKind.ROUNDED, 12.3456789, 12.345679),
            Adjustment("none", AdjustmentKind.NULL_IGNORED, None, None),
        ),
    )
    decimal = next(event for event in events.values() if "big" in event.properties)
    assert decimal.properties == {"total": 2.0, "paid": True, "big": 2**63 - 1}
    assert all(adjustment.before == Decimal(2) for adjustment in decimal.adjustments)
    erased = [event for event in events.values() if not event.identifiers]
    assert [(event.name, dict(event.properties)) for event in erased] == [("order", {})]
    long = [event for event in events.values() if event.name == LONG_NAME]
    assert [set(event.properties) for event in long] == [{LONG_PROPERTIES[0], "short"}, {LONG_PROPERTIES[1]}]
    store.close()


def test_a_database_of_a_release_can_be_used(filled_url: str) -> None:
    store = SQLStore(filled_url)
    registry = SchemaRegistry(store, RULES)

    def track(name: str, properties: dict[str, Any], event_id: str | None = None) -> Any:
        payload = {"eventName": name, "contact": ANN, "properties": properties, "eventID": event_id}
        return registry.track({**payload, "origin": "api", "eventVersion": "v2"})

    known = track(LONG_NAME, {LONG_PROPERTIES[0]: 5})
    assert known.decision.schema_change is None
    assert [error.code for error in track(LONG_NAME, {LONG_PROPERTIES[0]: "x"}).errors] == ["type_conflict"]
    assert track(LONG_NAME, {"more": 1}).decision.schema.version == 3
    assert track("order", {}, EVENT_ID).duplicate
    assert store.erase(str(known.contact_id))
    saved = next(event for event in store.events() if event.id == known.event_id)
    assert (saved.origin, saved.event_version) == ("api", "v2")
    store.close()


def test_opening_a_database_again_changes_nothing(old_url: str) -> None:
    SQLStore(old_url).close()
    before = everything(old_url), shape(old_url)
    SQLStore(old_url).close()
    assert (everything(old_url), shape(old_url)) == before


def opened(url: str, ready: Any, answers: Any) -> None:
    """Open the database at the same time as other processes."""
    ready.wait()
    with closing(SQLStore(url)) as store:
        schema = store.load("order")
    answers.put(None if schema is None else schema.version)


@pytest.mark.slow
@pytest.mark.parametrize("is_old", [True, False])
def test_many_processes_open_a_database_at_once(database_url: str, *, is_old: bool) -> None:
    if is_old:
        make_old(database_url, 0)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.store.test_migrations"])
    ready, answers = context.Barrier(8), context.Queue()
    processes = [context.Process(target=opened, args=(database_url, ready, answers)) for _ in range(8)]
    for process in processes:
        process.start()
    found = [answers.get(timeout=60) for _ in processes]
    for process in processes:
        process.join()
    assert found == [2 if is_old else None] * 8
    assert version_of(database_url) == VERSION


def test_a_newer_database_is_refused(oldest_url: str) -> None:
    SQLStore(oldest_url).close()
    with connected(oldest_url) as connection:
        connection.execute(text("UPDATE eventschema_version SET version = 99"))
        connection.commit()
    before = everything(oldest_url)
    with pytest.raises(StoreError) as caught:
        SQLStore(oldest_url)
    assert not isinstance(caught.value, StoreUnavailableError)
    assert str(caught.value) == (
        f"expected a database of version {VERSION} or older, found version 99: "
        "a newer release of eventschema has updated it, and is needed to open it"
    )
    assert everything(oldest_url) == before


def test_a_database_without_its_version_is_refused(database_url: str) -> None:
    SQLStore(database_url).close()
    with connected(database_url) as connection:
        connection.execute(text("DELETE FROM eventschema_version"))
        connection.commit()
    with pytest.raises(StoreError, match="expected a row in eventschema_version"):
        SQLStore(database_url)


class CutOffError(Exception):
    """Simulates the end of a connection between two statements."""


@pytest.mark.slow
def test_an_update_that_is_interrupted_changes_nothing(old_url: str) -> None:
    before = everything(old_url), shape(old_url)
    for place in count():
        if cut_off_at(old_url, place) is None:
            break
        assert (everything(old_url), shape(old_url)) == before
    assert place > 0
    assert version_of(old_url) == VERSION


def cut_off_at(url: str, place: int) -> CutOffError | None:
    """Bring a database up to date without the statement at ``place`` of those that write; what came of it."""
    database = Database(url, 1)
    written = count()

    def cut(_: Connection, __: object, statement: str, *___: object) -> None:
        if not statement.lstrip().startswith(("SELECT", "PRAGMA")) and next(written) == place:
            raise CutOffError

    listen(database.engine, "before_cursor_execute", cut)
    try:
        database.create(update_tables)
    except CutOffError as error:
        return error
    finally:
        database.close()
    return None


def killed_in_the_last_step(url: str) -> None:
    """Open a database and die within."""

    def die(_: Connection) -> None:
        os._exit(9)

    migrations.STEPS = MappingProxyType({**STEPS, VERSION: die})  # type: ignore[misc]  # in this process alone
    SQLStore(url)


@pytest.mark.slow
def test_a_process_that_dies_leaves_the_old_database(oldest_url: str) -> None:
    before = everything(oldest_url), shape(oldest_url)
    process = multiprocessing.get_context("forkserver").Process(target=killed_in_the_last_step, args=(oldest_url,))
    process.start()
    process.join(60)
    assert process.exitcode == 9
    assert (everything(oldest_url), shape(oldest_url)) == before
    SQLStore(oldest_url).close()
    assert version_of(oldest_url) == VERSION


def test_a_deadlock_with_an_older_release_can_be_retried(oldest_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(*_: object) -> None:
        raise LostRaceError

    monkeypatch.setattr(Database, "create", lose)
    with pytest.raises(StoreUnavailableError, match="the tables were not updated, because of another transaction"):
        SQLStore(oldest_url)


@pytest.mark.slow
def test_a_database_of_another_encoding_is_refused(postgres_server: str) -> None:
    with new_database(postgres_server) as url, psycopg.connect(url, autocommit=True) as server:
        name = f"{make_url(url).database}_latin1"
        server.execute(f"CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0".encode())
        try:
            latin1 = make_url(url).set(database=name).render_as_string(hide_password=False)
            with pytest.raises(StoreError, match="expected a database of the encoding UTF8, found LATIN1"):
                SQLStore(latin1)
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("order", "order"),
        ("é" * 255, "é" * 255),
        ("\U0001f600" * 256, "sha256:8041e66714937367b6c831f9d738485d4a463226cfc984dcdc52f9b469b2e5fb"),
        ("sha256:", "sha256:9fd714ce6f63c3b320c944b70e80a5d105fd2f3e2d30ae2fa81370e223f50d07"),
        ("SHA256:", "SHA256:"),
    ],
)
def test_the_key_of_a_name_has_at_most_255_characters(name: str, key: str) -> None:
    assert key_of(name) == key
