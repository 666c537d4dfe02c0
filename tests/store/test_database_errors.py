"""Real errors of real databases: each is a lost race, can be retried, or is a lasting error."""

import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import StatementError

from eventschema.store import StoreError, StoreUnavailableError
from eventschema.store.database_errors import LostRaceError, translate_errors
from eventschema.store.waiting import ContendedError
from tests.databases import new_database

Case = tuple[list[str], type[Exception]]

SECRET: Final = "a name that nobody else may see"
TABLES: Final = (
    "CREATE TABLE parents (id TEXT PRIMARY KEY)",
    "CREATE TABLE children (id TEXT NOT NULL, size INTEGER CHECK (size > 0), parent TEXT REFERENCES parents)",
)

#: Statements and what stops them: on both databases, on SQLite, on PostgreSQL.
BOTH: Final[list[Case]] = [
    (["INSERT INTO parents VALUES (:secret)", "INSERT INTO parents VALUES (:secret)"], LostRaceError),
    (["INSERT INTO children VALUES ('a', 1, :secret)"], LostRaceError),
    (["INSERT INTO children VALUES (NULL, 1, :secret)"], StoreError),
    (["INSERT INTO children VALUES (:secret, 0, NULL)"], StoreError),
    (["SELECT * FROM missing"], StoreError),
    (["SELECT missing FROM parents WHERE id = :secret"], StoreError),
]
SQLITE: Final[list[Case]] = [
    (["PRAGMA max_page_count = 1", "INSERT INTO parents VALUES (zeroblob(100000))"], StoreUnavailableError),
    (["PRAGMA query_only = ON", "INSERT INTO parents VALUES (:secret)"], StoreError),
]
LONG: Final = "(SELECT string_agg(md5(n::text), '') FROM generate_series(1, 200) n)"  # too random to be packed
POSTGRES: Final[list[Case]] = [
    ([f"INSERT INTO parents SELECT {LONG}"], StoreError),
    (["INSERT INTO parents VALUES (:nul)"], StoreError),
    (["SELECT CAST(:secret AS integer)"], StoreError),
    (["SET LOCAL statement_timeout = 10", "SELECT pg_sleep(5)"], StoreUnavailableError),
    (["SET TRANSACTION READ ONLY", "INSERT INTO parents VALUES (:secret)"], StoreUnavailableError),
    (["SELECT pg_terminate_backend(pg_backend_pid())"], StoreUnavailableError),
]


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path / 'errors.db'}", hide_parameters=True)
    prepare(engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")  # what a statement does is rolled back
def postgres(postgres_server: str) -> Iterator[Engine]:
    with new_database(postgres_server) as url:
        engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"), hide_parameters=True)
        prepare(engine)
        yield engine
        engine.dispose()


def prepare(engine: Engine) -> None:
    with engine.begin() as connection:
        for statement in TABLES:
            connection.exec_driver_sql(statement)


def execute(connection: Connection, statement: str) -> None:
    parameters = {"secret": SECRET, "nul": f"{SECRET}\0"}
    connection.execute(text(statement), {key: value for key, value in parameters.items() if f":{key}" in statement})


def run(engine: Engine, statements: list[str]) -> None:
    with translate_errors(), engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA foreign_keys = ON")
        for statement in statements:
            execute(connection, statement)


def raised(engine: Engine, statements: list[str]) -> Exception:
    with pytest.raises((StoreError, LostRaceError)) as caught:
        run(engine, statements)
    return caught.value


@pytest.mark.parametrize(("statements", "expected"), BOTH + SQLITE)
def test_sqlite_errors_are_translated(sqlite: Engine, statements: list[str], expected: type[Exception]) -> None:
    assert type(raised(sqlite, statements)) is expected


@pytest.mark.parametrize(("statements", "expected"), BOTH + POSTGRES)
def test_postgresql_errors_are_translated(postgres: Engine, statements: list[str], expected: type[Exception]) -> None:
    assert type(raised(postgres, statements)) is expected


def test_a_postgresql_lock_timeout_can_be_retried(postgres: Engine) -> None:
    with postgres.connect() as holder:
        holder.exec_driver_sql("LOCK TABLE parents")
        found = raised(postgres, ["SET LOCAL lock_timeout = 10", "INSERT INTO parents VALUES (:secret)"])
    assert type(found) is ContendedError


@pytest.mark.parametrize(("statements", "expected"), [case for case in BOTH + POSTGRES if case[1] is not LostRaceError])
def test_no_error_quotes_a_value(postgres: Engine, statements: list[str], expected: type[Exception]) -> None:
    assert SECRET not in "".join(traceback.format_exception(raised(postgres, statements)))


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        (
            ["SET LOCAL statement_timeout = 10", "SELECT pg_sleep(5), CAST(:secret AS text)"],
            "canceling statement due to statement timeout",
        ),
        (
            ["SELECT pg_terminate_backend(pg_backend_pid()), CAST(:secret AS text)"],
            "terminating connection due to administrator command",
        ),
        (
            ["SET TRANSACTION READ ONLY", "INSERT INTO parents VALUES (:secret)"],
            "cannot execute INSERT in a read-only transaction",
        ),
    ],
)
def test_what_passes_has_the_words_of_the_database(postgres: Engine, statements: list[str], words: str) -> None:
    assert str(raised(postgres, statements)) == f"the database cannot answer: {words}"


def test_a_lasting_error_names_the_statement(sqlite: Engine, postgres: Engine) -> None:
    statement = "SELECT missing\n  FROM parents WHERE id = :secret"
    words = "the database refused a statement: "
    assert str(raised(sqlite, [statement])) == f"{words}no such column: missing (in: {statement_of(statement, '?')})"
    assert str(raised(postgres, [statement])) == f"{words}UndefinedColumn (in: {statement_of(statement, '%(secret)s')})"


def statement_of(statement: str, parameter: str) -> str:
    return " ".join(statement.split()).replace(":secret", parameter)


def test_a_bug_is_not_translated(sqlite: Engine) -> None:
    statement = text("SELECT :missing")
    with sqlite.connect() as connection, pytest.raises(StatementError, match="missing") as caught, translate_errors():
        connection.execute(statement)
    assert type(caught.value) is StatementError
