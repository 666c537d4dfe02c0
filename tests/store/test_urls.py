from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from eventschema.store.sql import SQLStore
from eventschema.store.urls import parse_url
from tests.databases import new_database
from tests.support import load_cases

CASES = load_cases("database_urls")


def url_of(row: Any) -> str:
    """Name a test after its row."""
    return ascii(row["url"])


@pytest.mark.parametrize("row", CASES["accepted"], ids=url_of)
def test_an_accepted_url(row: Any) -> None:
    assert parse_url(row["url"]) == make_url(row["opened"])


@pytest.mark.parametrize("row", CASES["refused"], ids=url_of)
def test_a_refused_url_says_what_to_write(row: Any) -> None:
    with pytest.raises(ValueError, match="expected") as caught:
        parse_url(row["url"])
    assert str(caught.value) == row["message"]
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("row", CASES["refused"] + CASES["refused_when_opened"], ids=url_of)
def test_a_store_at_a_refused_url_makes_no_file(row: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="expected") as caught:
        SQLStore(row["url"])
    assert str(caught.value) == row["message"]
    assert list(tmp_path.iterdir()) == []


def test_no_message_repeats_a_secret() -> None:
    messages = [row["message"] for kind in ("refused", "refused_when_opened") for row in CASES[kind]]
    assert not any("secret" in message for message in messages)


@pytest.mark.parametrize(
    "url", ["sqlite:///file:events.db?uri=true", "sqlite:///file::memory:", "sqlite+pysqlite:///e.db"]
)
def test_every_spelling_of_a_file_opens_it(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    SQLStore(url).close()
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_each_scheme_of_postgresql_is_accepted(scheme: str, postgres_server: str) -> None:
    with new_database(postgres_server) as url:
        store = SQLStore(url.replace("postgresql", scheme, 1))
        assert store.load("order") is None
        store.close()
