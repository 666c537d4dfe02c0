"""One setting for all laws: the same examples on every run, and no clock. The order of the tests. And the databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("deterministic", derandomize=True, deadline=None, max_examples=150)
settings.load_profile("deterministic")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--race-size",
        type=int,
        default=3,
        help="requests that each of 8 threads in each of 8 processes sends in the tests of races",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What catches most mistakes soonest comes first: the tests of the engine, then its laws."""
    first = [Path(__file__).parent / room for room in ("core", "properties", "track")]
    items.sort(key=lambda item: next((place for place, room in enumerate(first) if room in item.path.parents), 9))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server."""
    from tests.databases import NoServerError, run_server  # here and not above: most tests need no database

    try:
        with run_server() as url:
            yield url
    except NoServerError as error:
        pytest.skip(str(error))


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database, one of each kind."""
    from tests.databases import new_database

    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'events.db'}"
        return
    with new_database(request.getfixturevalue("postgres_server")) as url:
        yield url
