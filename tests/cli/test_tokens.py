"""The tokens of ``serve``: who may send events, and who may govern schemas."""

from pathlib import Path
from typing import Any

import click
import pytest

from eventschema import EventSchema
from eventschema.cli.serve import _declare
from eventschema.cli.tokens import Tokens
from eventschema.store import MemoryStore
from eventschema.web import READ, WRITE, WRITE_SCHEMAS
from tests.cli.conftest import Run
from tests.cli.service import PAYLOAD, served

SEND, GOVERN = {READ, WRITE}, {READ, WRITE, WRITE_SCHEMAS}


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        (Tokens("s", None), {"s": SEND, "a": None, "": None, "é": None}),
        (Tokens("s", "a"), {"s": SEND, "a": GOVERN, "sa": None, "None": None}),
        (Tokens(None, "a"), {"s": None, "a": GOVERN}),
    ],
)
def test_the_scopes_of_each_token(tokens: Tokens, expected: dict[str, set[str] | None]) -> None:
    authorize = tokens.authorize()
    assert authorize is not None
    assert {given: authorize(given) for given in expected} == expected
    tokens.check("0.0.0.0")


def test_without_tokens_everything_is_allowed_here_alone() -> None:
    nobody = Tokens(None, None)
    assert (nobody.authorize(), nobody.identify()) == (None, None)
    for host in ("127.0.0.1", "::1", "localhost"):
        nobody.check(host)
    for host in ("0.0.0.0", "example.com", "::"):
        with pytest.raises(click.UsageError, match=r"without a token, only 127\.0\.0\.1"):
            nobody.check(host)


def test_the_history_names_who_governs() -> None:
    assert Tokens("s", None).identify() is None
    identify = Tokens("s", "a").identify()
    assert identify is not None
    assert [identify("a"), identify("s")] == ["serve --admin-token", None]


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        (Tokens("a b", None), "--token: expected letters, digits"),
        (Tokens("s", ""), "--admin-token: expected letters, digits"),
        (Tokens("s", "s"), "--admin-token: expected another token than --token, which every sender has."),
    ],
)
def test_tokens_that_are_refused(tokens: Tokens, message: str) -> None:
    with pytest.raises(click.UsageError) as caught:
        tokens.check("127.0.0.1")
    assert caught.value.message.startswith(message)


@pytest.mark.slow
def test_a_service_that_only_people_extend(tmp_path: Path, run: Run) -> None:
    options = ("--token", "sender", "--declared-only")
    with served(tmp_path, *options, EVENTSCHEMA_ADMIN_TOKEN="admin") as (client, lines):
        sender, admin = ({"Authorization": f"Bearer {token}"} for token in ("sender", "admin"))
        refused = client.post("/v4/track", json=PAYLOAD, headers=sender)
        assert refused.json()["errors"][0]["code"] == "undeclared_event"
        declaration = {"properties": {"total": "int"}, "frozen": True}
        assert client.put("/v4/schemas/order", json=declaration, headers=sender).status_code == 403
        assert client.put("/v4/schemas/order", json=declaration, headers=admin).status_code == 201
        assert client.post("/v4/track", json=PAYLOAD, headers=sender).status_code == 202
        [version] = client.get("/v4/schemas/order/history", headers=sender).json()["versions"]
        assert (version["who"], version["frozen"]) == ("serve --admin-token", True)
    assert not any("admin" in line for line in lines)


def test_a_start_says_what_it_declared(capsys: pytest.CaptureFixture[str]) -> None:
    store: Any = MemoryStore()
    for schema in (EventSchema("order", {"a": "int"}), EventSchema("order", {"b": "int"}, frozen=True)):
        _declare(store, {"order": schema})
    _declare(store, {"order": EventSchema("order", {"a": "int"})})
    store.save(store.load("order").freeze_change(frozen=False))
    _declare(store, {"order": EventSchema("order", frozen=True)})
    assert capsys.readouterr().err.splitlines() == [
        "Declared 1 new schema.",
        "Added 1 property to the schema of order, now of version 1.",
        "Froze the schema of order, now of version 3.",
    ]


def test_load_of_undeclared_names(tmp_path: Path, run: Run) -> None:
    (tmp_path / "requests.ndjson").write_text('{"eventName": "order", "contact": {"email": "ann@example.com"}}\n')
    options = ("--db", f"sqlite:///{tmp_path / 'events.db'}", "--format", "json")
    result = run("load", str(tmp_path / "requests.ndjson"), *options, "--declared-only", "--source", "a")
    assert (result.exit_code, "undeclared_event" in result.stdout) == (0, True)
    result = run("load", str(tmp_path / "requests.ndjson"), *options, "--source", "b")
    assert "undeclared_event" not in result.stdout
