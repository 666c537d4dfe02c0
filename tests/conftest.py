"""Profiles of Hypothesis, the order of the tests, and databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# The examples are the same on every run. CI asks for more of them: pytest --hypothesis-profile thorough
settings.register_profile("quick", derandomize=True, deadline=None, max_examples=15)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=300)
settings.load_profile("quick")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--race-size",
        type=int,
        default=3,
        help="requests that each of 8 threads in each of 8 processes sends in the tests of races",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run first the tests that find most mistakes soonest: those of core, then the properties."""
    first = [Path(__file__).parent / folder for folder in ("core", "properties", "track")]
    items.sort(key=lambda item: next((rank for rank, folder in enumerate(first) if folder in item.path.parents), 9))


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
