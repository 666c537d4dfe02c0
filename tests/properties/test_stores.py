"""Every store answers every request alike: in memory, on SQLite and on PostgreSQL, good requests and bad ones."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from string import ascii_letters
from typing import Any, Final
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from eventschema import Rules
from eventschema.store import MemoryStore, SchemaRegistry
from eventschema.store.sql import SQLStore
from eventschema.store.tables import metadata, versions
from eventschema.testing import track_requests
from eventschema.testing.subject import history_of
from tests.databases import new_database
from tests.strategies_track import EMAILS, json_requests, texts

RULES: Final = Rules(max_name_length=5000, max_event_name_length=5000, max_string_length=20_000)
LONG: Final = "".join(Random(1).choices(ascii_letters, k=5000))  # no database can make it much shorter
LONG_TEXT: Final = "".join(map(chr, Random(2).choices(range(0x10000, 0x20000), k=5000)))
NAMES: Final = ("order", "Order", "o\u0308rder", "sha256:", "'%s\\", LONG, LONG[:-1], LONG_TEXT, LONG[:255], LONG[:256])
VALUES: Final = (
    0.1 + 0.2,
    1e-7,
    1.0,
    5e-324,
    1.7e308,
    2**53 + 1,
    2**63 - 1,
    -(2**63),
    2**63,
    2**70,
    10**308,
    True,
    None,
)
NOW: Final = datetime(2026, 11, 26, 12, tzinfo=UTC)
WHO: Final = (None, "", "ann", LONG_TEXT, "a\0b", "\ud800")
EVENT_IDS: Final = tuple(str(UUID(int=number << 64)) for number in range(3))

_values: Final = st.sampled_from(VALUES) | st.sampled_from((LONG_TEXT, "\0", "\\u0000", "\ud800", "2026-11-26")) | texts
_odd: Final = st.fixed_dictionaries(
    {
        "eventName": st.sampled_from((*NAMES, "a\0b")),
        "contact": st.fixed_dictionaries(
            {"email": st.sampled_from((*EMAILS, f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 57}.com"))},
            optional={"p": _values, LONG: _values},
        ),
        "properties": st.dictionaries(
            st.sampled_from(("p", "P", "q", LONG, LONG[:-1], LONG[:255], LONG[:256])), _values, max_size=4
        ),
    },
    optional={
        "eventID": st.sampled_from(EVENT_IDS),
        "eventTime": st.sampled_from(("2026-11-26T12:00", "2026-11-26T12:00:00,5+01:00")),
        "origin": st.sampled_from(("api", "", "\U0001f600" * 255, "' %s", "x\0")),
        "eventVersion": st.sampled_from(("v2", "' \\ %s")),
    },
)
_requests: Final = st.lists(
    st.tuples(st.one_of(_odd, _odd, track_requests(rules=RULES), json_requests), st.sampled_from(WHO)),
    min_size=1,
    max_size=5,
)


_GIVEN: Final = re.compile(r"\b0{8}-0{4}-0{4}-0{4}-[0-9a-f]{12}\b|\b0{16}[0-9a-f]{16}\b")


class Numbers:
    """UUIDs in order, the same for every store; ``start`` begins again."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        self.numbers = count(1)

    def __call__(self) -> UUID:
        return UUID(int=next(self.numbers))


class Clock:
    """A clock that shows what it is set to."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now


CLOCK: Final = Clock()


def emptied(store: SQLStore) -> SQLStore:
    store._saver.forget_days()
    with store.engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            if table is not versions:
                connection.execute(delete(table))
    return store


@pytest.fixture(scope="module")
def databases(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: str
) -> Iterator[list[tuple[SQLStore, Numbers]]]:
    """SQLite and PostgreSQL, each with the source of its ids."""
    file: Path = tmp_path_factory.mktemp("stores") / "events.db"
    with new_database(postgres_server) as url:
        pairs = []
        for each in (f"sqlite:///{file}", url):
            numbers = Numbers()
            pairs.append((SQLStore(each, clock=CLOCK, new_id=numbers), numbers))
        with pairs[0][0].engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA synchronous = OFF")  # of the one connection: this is not about lasting
        yield pairs
        for store, _ in pairs:
            store.close()


def answered(store: Any, requests: list[tuple[Any, str | None]]) -> list[str]:
    """The outcome of each request, and everything that the store holds afterwards.

    As text, which tells 1, 1.0 and True apart. The ids that the store gave are numbered as they come: a store may draw
    one that it then does not need.
    """
    registry = SchemaRegistry(store, RULES, max_schemas=2)
    answers: list[object] = []
    names: dict[str, None] = {}
    for number, (payload, who) in enumerate(requests):
        CLOCK.now = NOW + timedelta(hours=9) * number
        try:
            tracked = registry.track(payload, who)
        except ValueError as error:
            answers.append(str(error))
            continue
        answers.append(tracked)
        if tracked.decision.event is not None:
            names[tracked.decision.event.name] = None
            answers.append(store.find(tracked.decision.event.identifiers))
    for name in names:
        schema = store.load(name)
        answers += [schema and schema.to_dict(), history_of(store, name), store.last_seen(name)]
    given: dict[str, int] = {}
    answers += store.events()
    answers += store.events(since=NOW + timedelta(hours=9))
    answers += store.schemas()
    return [_GIVEN.sub(lambda id_: f"<{given.setdefault(id_[0], len(given))}>", repr(answer)) for answer in answers]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(requests=_requests)
def test_every_store_answers_every_request_alike(
    databases: list[tuple[SQLStore, Numbers]], requests: list[tuple[Any, str | None]]
) -> None:
    expected = answered(MemoryStore(clock=CLOCK, new_id=Numbers()), requests)
    for store, numbers in databases:
        numbers.start()
        assert answered(emptied(store), requests) == expected
