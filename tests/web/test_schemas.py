"""The schemas over HTTP, on a real server: declared, frozen, retyped, compared by their tags, and their history."""

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import event

from eventschema import EventSchema, Rules, TooManySchemaProperties
from eventschema.store import AsyncSchemaRegistry, MemoryStore, SchemaRegistry, ThreadedStore
from eventschema.store.sql import SQLStore
from eventschema.web import READ, WRITE, WRITE_SCHEMAS, create_app
from tests.web.server import exchange, serving

ANN = {"email": "ann@example.com"}
ORDER = EventSchema("order", {"total": "int"})
PATH = "/v4/schemas/order"
ABSENT = "found one that the schema does not have"


@contextmanager
def client_of(app: Any, **options: Any) -> Iterator[httpx.Client]:
    with serving(app) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20, **options) as client:
        yield client


def tag_of(schema: EventSchema | None) -> str:
    assert schema is not None
    return f'"{schema.version}-{schema.fingerprint}"'


def sent(name: str = "order", **properties: Any) -> dict[str, Any]:
    return {"eventName": name, "contact": ANN, "properties": properties}


def problem(response: httpx.Response, status: int) -> dict[str, Any]:
    assert response.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert (response.status_code, body["status"], body["type"]) == (status, status, "about:blank")
    return body


def errors(response: httpx.Response, status: int = 422) -> list[tuple[str, str, str]]:
    return [(each["code"], each["pointer"], each["message"]) for each in problem(response, status)["errors"]]


# --- reading ---


def test_a_schema_has_a_tag(client: httpx.Client, store: MemoryStore) -> None:
    store.declare(ORDER)
    first = client.get(PATH)
    assert (first.status_code, first.headers["ETag"]) == (200, tag_of(ORDER))
    for known in (tag_of(ORDER), f"W/{tag_of(ORDER)}", f'"x", {tag_of(ORDER)}', "*", f',"", {tag_of(ORDER)} ,'):
        again = client.get(PATH, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag_of(ORDER))
    for other in ('"1-x"', "x", tag_of(ORDER).strip('"'), '"x" "y"', "*, *", "x" * 5000, ""):
        assert client.get(PATH, headers={"If-None-Match": other}).status_code == 200
    assert client.head(PATH).headers["ETag"] == tag_of(ORDER)
    store.save(ORDER.freeze_change())
    assert client.get(PATH, headers={"If-None-Match": tag_of(ORDER)}).json()["frozen"] is True


def test_a_name_without_a_schema(client: httpx.Client) -> None:
    for path in (PATH, f"{PATH}/history"):
        assert problem(client.get(path), 404)["detail"] == "There is no schema of this name."


def test_methods_that_a_path_does_not_have(client: httpx.Client) -> None:
    for path, allowed in ((PATH, "GET, HEAD, PATCH, PUT"), (f"{PATH}/history", "GET, HEAD")):
        for method in ("POST", "DELETE", "OPTIONS"):
            response = client.request(method, path)
            assert problem(response, 405)["title"] == "Method Not Allowed"
            assert response.headers["Allow"] == allowed


# --- names in paths ---

NAMES = (
    "a/history",
    "history",
    "a/b/history",
    "/history",
    "a%2Fhistory",
    "a/",
    "/",
    "%",
    "ö?#&",
    "a b",
    "a/last-seen",
    "..",
    "a/../b",
)


def test_an_encoded_name_is_exactly_that_name(client: httpx.Client, store: MemoryStore) -> None:
    for name in NAMES:
        path = f"/v4/schemas/{quote(name, safe='')}".replace("..", "%2E%2E")
        created = client.put(path, json={"properties": {"total": "int"}})
        assert (created.status_code, created.json()["name"]) == (201, name)
        assert client.get(path).json() == created.json()
        history = client.get(f"{path}/history").json()
        assert (history["name"], len(history["versions"])) == (name, 1)
    assert [schema.name for schema in store.schemas()] == sorted(NAMES)


def test_a_slash_that_is_not_encoded_is_part_of_the_name(client: httpx.Client, store: MemoryStore) -> None:
    for name in ("a/b", "a/history", "a"):
        store.declare(EventSchema(name))
    assert client.get("/v4/schemas/a/b").json()["name"] == "a/b"
    assert client.get("/v4/schemas/a/b/history").json()["name"] == "a/b"
    assert client.get("/v4/schemas/a/history").json()["name"] == "a"
    assert "versions" in client.get("/v4/schemas/a/history").json()
    assert client.get("/v4/schemas/a%2fhistory").json()["name"] == "a/history"
    assert client.get("/v4/schemas/a%2Fhistory/history").json()["name"] == "a/history"


def test_a_server_without_raw_paths(store: MemoryStore) -> None:
    inner = create_app(store)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope.pop("raw_path", None)
        await inner(scope, receive, send)

    store.declare(EventSchema("a/b%"))
    with client_of(app) as client:
        assert client.get("/v4/schemas/a%2Fb%25").json()["name"] == "a/b%"
        assert client.get("/v4/schemas/a%2Fb%25/history").json()["name"] == "a/b%"


def test_below_another_path(store: MemoryStore) -> None:
    from starlette.applications import Starlette
    from starlette.routing import Mount

    store.declare(EventSchema("a/history"))
    with client_of(Starlette(routes=[Mount("/events", create_app(store))])) as client:
        assert client.get("/events/v4/schemas/a%2Fhistory").json()["name"] == "a/history"
        assert client.get("/events/v4/schemas/a%2Fhistory/history").json()["name"] == "a/history"


# --- PUT ---


def test_put_declares_and_extends(client: httpx.Client, store: MemoryStore) -> None:
    created = client.put(PATH, json={"properties": {"total": "int"}})
    assert (created.status_code, created.json(), created.headers["ETag"]) == (201, ORDER.to_dict(), tag_of(ORDER))
    again = client.put(PATH, json={"properties": {"total": "int"}})
    assert (again.status_code, again.json(), again.headers["ETag"]) == (200, ORDER.to_dict(), tag_of(ORDER))
    extended = client.put(PATH, json={"name": "order", "properties": {"note": "string"}})
    assert (extended.status_code, extended.json()["version"]) == (200, 1)
    assert extended.json()["properties"] == {"total": "int", "note": "string"}
    assert extended.headers["ETag"] == tag_of(store.load("order"))
    assert client.put(PATH, json=extended.json()).json() == extended.json()  # the document of a GET
    assert client.put("/v4/schemas/bare", json={}).json() == EventSchema("bare").to_dict()


def test_put_takes_a_whole_document(client: httpx.Client, store: MemoryStore) -> None:
    schema = ORDER.merge({"note": "x"}).schema.retype({"total": "float"}).freeze()
    assert client.put(PATH, json=schema.to_dict()).status_code == 201
    assert store.load("order") == schema
    assert len(store.history("order")) == 4


def test_put_freezes_and_thaws(client: httpx.Client, store: MemoryStore) -> None:
    store.declare(ORDER)
    frozen = client.put(PATH, json={"properties": {"note": "string"}, "frozen": True})
    assert (frozen.status_code, frozen.json()["frozen"], frozen.json()["frozenSince"]) == (200, True, 1)
    refused = client.post("/v4/track", json=sent(more=1))
    assert errors(refused) == [
        (
            "frozen_schema",
            "/properties/more",
            f"Expected a property of the schema (frozen by version 1), {ABSENT}, at /properties/more.",
        )
    ]
    assert client.put(PATH, json={"frozen": None}).json() == client.put(PATH, json={}).json() == frozen.json()
    thawed = client.put(PATH, json={"frozen": False}).json()
    assert (thawed["version"], "frozen" in thawed) == (2, False)
    assert client.post("/v4/track", json=sent(more=1)).status_code == 202
    created = client.put("/v4/schemas/closed", json={"properties": {"a": "int"}, "frozen": True}).json()
    assert (created["version"], created["frozenSince"]) == (0, 0)


def test_put_that_contradicts(client: httpx.Client, store: MemoryStore) -> None:
    stored = ORDER.merge({"note": "x"}).schema
    store.declare(stored)
    response = client.put(PATH, json={"properties": {"note": "int", "total": "float", "more": "bool"}})
    assert errors(response, 409) == [
        (
            "type_conflict",
            "/properties/note",
            "Expected string (set by version 1 of the schema), found int, at /properties/note.",
        ),
        (
            "type_conflict",
            "/properties/total",
            "Expected int (as the schema was declared), found float that it does not take, at /properties/total.",
        ),
    ]
    assert response.json()["title"] == "Conflict"
    assert store.load("order") == stored


NO_DECLARATIONS = [
    ({"name": "other"}, ("invalid_schema", "/name", "the name in the path, or none", "another")),
    ({"propertes": {}}, ("invalid_schema", "/propertes", None, "another field")),
    ({"properties": []}, ("invalid_schema", "/properties", "an object of names and types", "array")),
    ({"properties": {"a b": "int"}}, ("invalid_schema", "/properties/a b", None, "another")),
    ({"properties": {"a": "number"}}, ("invalid_schema", "/properties/a", None, "'number'")),
    ({"frozen": 1}, ("invalid_schema", "/frozen", "true or false", "1")),
    ({"format": 4}, ("invalid_schema", "/format", "1 or 2 or 3", "4")),
    ({"version": 1}, ("invalid_schema", "/version", "0, the last version in since", "1")),
]


def test_put_of_what_is_no_declaration(client: httpx.Client, store: MemoryStore) -> None:
    for body, (code, pointer, words, actual) in NO_DECLARATIONS:
        [error] = problem(client.put(PATH, json=body), 422)["errors"]
        assert (error["code"], error["pointer"], error["actual"]) == (code, pointer, actual)
        assert words in {None, error["expected"]}
        assert error["message"] == f"Expected {error['expected']}, found {actual}, at {pointer}."
    assert list(store.schemas()) == []


def test_put_within_the_rules(store: MemoryStore) -> None:
    rules = Rules(max_name_length=5, max_event_name_length=6, max_schema_properties=2)
    with client_of(create_app(store, rules=rules)) as client:
        assert [each[:2] for each in errors(client.put(PATH, json={"properties": {"abcdef": "int", "b": "int"}}))] == [
            ("name_too_long", "/properties/abcde...")
        ]
        three = {"a": "int", "b": "int", "c": "int"}
        assert errors(client.put(PATH, json={"properties": three})) == [
            ("too_many_schema_properties", "/properties", TooManySchemaProperties("/properties", 2, 3).message)
        ]
        assert [each[:2] for each in errors(client.put("/v4/schemas/orders2", json={}))] == [
            ("invalid_event_name", "/name")
        ]
        assert client.put(PATH, json={"properties": {"a": "int", "b": "int"}}).status_code == 201
        assert client.put(PATH, json={"properties": {"c": "int"}}).status_code == 422
        store.declare(EventSchema("large", three))
        assert client.put("/v4/schemas/large", json={"properties": three, "frozen": True}).status_code == 200


def test_bodies_that_are_not_read(store: MemoryStore) -> None:
    with client_of(create_app(store, max_body=50)) as client:
        for method in ("PUT", "PATCH"):
            assert [each[:2] for each in errors(client.request(method, PATH, json=[]), 400)] == [
                ("malformed_request", "")
            ]
            twice = client.request(
                method, PATH, content=b'{"a": 1, "a": 2}', headers={"Content-Type": "application/json"}
            )
            assert errors(twice, 400)[0][0] == "malformed_request"
            assert problem(client.request(method, PATH, content=b"{}"), 415)
            assert problem(client.request(method, PATH, json={"a": "x" * 50}), 413)
            assert problem(client.request(method, f"{PATH}?dryrun=true", json={}), 400)
        assert problem(client.put(f"{PATH}?dryRun=true", json={}), 400)["detail"] == "There may be no query."


# --- conditions ---


def test_put_only_what_the_tag_says(client: httpx.Client, store: MemoryStore) -> None:
    store.declare(ORDER)
    body = {"properties": {"note": "string"}}
    stale = client.put(PATH, json=body, headers={"If-Match": '"0-other"'})
    assert problem(stale, 412)["detail"] == "The schema has version 0 now."
    assert stale.headers["ETag"] == tag_of(ORDER)
    assert client.put(PATH, json=body, headers={"If-Match": f"W/{tag_of(ORDER)}"}).status_code == 412  # a weak tag
    done = client.put(PATH, json=body, headers={"If-Match": f'"x", {tag_of(ORDER)}'})
    assert (done.status_code, done.json()["version"]) == (200, 1)
    assert client.put(PATH, json=body, headers={"If-Match": tag_of(ORDER)}).status_code == 412
    assert client.put(PATH, json={"properties": {"a": "int"}}, headers={"If-Match": "*"}).status_code == 200
    missing = client.put("/v4/schemas/none", json=body, headers={"If-Match": "*"})
    assert problem(missing, 412)["detail"] == "There is no schema of this name."
    assert store.load("none") is None


def test_put_only_creates(client: httpx.Client, store: MemoryStore) -> None:
    headers = {"If-None-Match": "*"}
    assert client.put(PATH, json=ORDER.to_dict(), headers=headers).status_code == 201
    assert client.put(PATH, json=ORDER.to_dict(), headers=headers).status_code == 412
    body = {"properties": {"note": "string"}}
    assert client.put(PATH, json=body, headers={"If-None-Match": f"W/{tag_of(ORDER)}"}).status_code == 412
    assert client.put(PATH, json=body, headers={"If-None-Match": '"other"'}).json()["version"] == 1


def test_a_header_without_tags_is_met_by_nothing(client: httpx.Client, store: MemoryStore) -> None:
    store.declare(ORDER)
    changes: list[tuple[str, Any]] = [("PUT", {"frozen": True}), ("PATCH", {"retype": {"total": "float"}})]
    values = ("x", "", '"a" "b"', '*, "a"', '"' + "x" * 5000 + '"')
    for name, value, (method, body) in product(("If-Match", "If-None-Match"), values, changes):
        detail = problem(client.request(method, PATH, json=body, headers={name: value}), 412)["detail"]
        assert detail == f"The header {name} must have entity tags, each in quotes, or * alone."
    assert store.load("order") == ORDER


def test_of_many_that_saw_one_version_one_is_saved(tmp_path: Path) -> None:
    with (
        closing(SQLStore(f"sqlite:///{tmp_path / 'events.db'}")) as store,
        client_of(create_app(store)) as client,
        ThreadPoolExecutor(6) as threads,
    ):
        assert client.put(PATH, json=ORDER.to_dict()).status_code == 201

        def put(number: int) -> int:
            body = {"properties": {f"p{number}": "int"}}
            return client.put(PATH, json=body, headers={"If-Match": tag_of(ORDER)}).status_code

        assert sorted(threads.map(put, range(6))) == [200] + [412] * 5
        assert sorted(threads.map(lambda _: client.put("/v4/schemas/new", json={}).status_code, range(6))) == (
            [200] * 5 + [201]
        )
        both = [{"If-Match": tag_of(store.load("order"))}, {}]
        answers = list(threads.map(lambda headers: client.put(PATH, json={"frozen": True}, headers=headers), both))
        assert {answer.status_code for answer in answers} <= {200, 412}
        schema = store.load("order")
        assert schema is not None
        assert (schema.version, schema.frozen_since) == (2, 2)


@pytest.mark.slow
def test_services_of_one_database_put_at_once(database_url: str) -> None:
    """Each of two services changes only what it has seen: of the answers 200 and 201 none undid another."""
    with (
        closing(SQLStore(database_url)) as first,
        closing(SQLStore(database_url)) as second,
        client_of(create_app(first)) as one,
        client_of(create_app(second)) as other,
        ThreadPoolExecutor(8) as threads,
    ):

        def put(number: int) -> tuple[str, int]:
            """Read and change until it is saved: the property, and how often another was faster."""
            client, name, lost = (one, other)[number % 2], f"p{number}", 0
            while True:
                seen = client.get(PATH)
                condition = {"If-None-Match": "*"} if seen.status_code == 404 else {"If-Match": seen.headers["ETag"]}
                answer = client.put(PATH, json={"properties": {name: "int"}}, headers=condition)
                if answer.status_code != 412:
                    assert answer.status_code == (201 if seen.status_code == 404 else 200)
                    return name, lost
                lost += 1

        answers = dict(threads.map(put, range(24)))
        assert sum(answers.values()) > 0
        stored = first.load("order")
        assert stored is not None
        assert (set(stored.properties), stored.version) == (set(answers), 23)
        assert all(len(record.added) == 1 for record in first.history("order"))


# --- PATCH ---


def test_patch_retypes_after_a_plan(client: httpx.Client, store: MemoryStore) -> None:
    client.post("/v4/track", json=sent(total=5, note="x"))
    body = {"retype": {"total": "float"}}
    planned = client.patch(f"{PATH}?dryRun=true", json=body)
    plan = planned.json()
    assert planned.status_code == 200
    assert planned.headers["ETag"] == tag_of(store.load("order")) == client.get(PATH).headers["ETag"]
    assert (plan["event"], plan["version"], plan["losesValues"], plan["retyped"]) == ("order", 1, False, False)
    assert plan["properties"] == [
        {
            "name": "total",
            "kind": "lossy",
            "before": "int",
            "after": "float",
            "accepted": 1,
            "refused": 0,
            "first": [],
            "versions": [{"version": 1, "accepted": 1, "refused": 0, "changed": 1}],
        }
    ]
    done = client.patch(PATH, json=body, headers={"If-Match": planned.headers["ETag"]})
    assert done.status_code == 200
    assert done.json() == {**plan, "retyped": True, "schema": client.get(PATH).json()}
    assert done.headers["ETag"] == tag_of(store.load("order"))
    again = client.patch(PATH, json=body).json()
    assert (again["retyped"], again["properties"], again["version"]) == (False, [], 2)
    assert problem(client.patch(PATH, json=body, headers={"If-Match": planned.headers["ETag"]}), 412)
    assert client.post("/v4/track", json=sent(total=5.5)).status_code == 202


def test_patch_that_would_lose_values(client: httpx.Client, store: MemoryStore) -> None:
    client.post("/v4/track", json=sent(note="x"))
    before = store.load("order")
    for path in (PATH, f"{PATH}?dryRun=true"):
        refused = problem(client.patch(path, json={"retype": {"note": "int"}}), 409)
        what = "found int, which refuses 1 of 1 value of note"
        assert refused["detail"] == f"Expected types that accept all stored values, {what}."
        assert (refused["title"], "errors" in refused) == ("Conflict", False)
        assert (refused["plan"]["losesValues"], refused["plan"]["properties"][0]["refused"]) == (True, 1)
        assert len(refused["plan"]["properties"][0]["first"]) == 1
    assert store.load("order") == before
    forced = {"retype": {"note": "int"}, "force": True}
    assert client.patch(f"{PATH}?dryRun=true", json=forced).json()["retyped"] is False
    assert client.patch(PATH, json=forced).json()["schema"]["properties"] == {"note": "int"}


NO_RETYPES = [
    ({}, ("invalid_schema", "", "Expected the field retype, found none, at the root.")),
    (
        {"retype": {}, "forced": True},
        ("invalid_schema", "/forced", "Expected only retype, force, found another field, at /forced."),
    ),
    (
        {"retype": {}, "force": 1},
        ("invalid_schema", "/force", "Expected true or false, found another value, at /force."),
    ),
    (
        {"retype": []},
        ("invalid_schema", "/retype", "Expected an object of names and types, found array, at /retype."),
    ),
    (
        {"retype": {"more": "int"}},
        (
            "unknown_property",
            "/retype/more",
            "Expected a property of the schema, found one that the schema does not have, at /retype/more.",
        ),
    ),
]


def test_patch_of_what_is_no_retype(client: httpx.Client, store: MemoryStore) -> None:
    store.declare(ORDER)
    for body, expected in NO_RETYPES:
        assert errors(client.patch(PATH, json=body)) == [expected]
        assert problem(client.patch("/v4/schemas/none", json=body), 404)


class Plain(MemoryStore):
    """A store that cannot retype."""

    plan_retype: Any = None
    retype: Any = None


class Bare:
    """An asynchronous store that has only what tracking needs."""

    def __init__(self) -> None:
        self._store = ThreadedStore(MemoryStore())

    async def load(self, name: str) -> Any:
        return await self._store.load(name) or (ORDER if name == "order" else None)

    async def find(self, identifiers: Any) -> Any:
        return await self._store.find(identifiers)

    async def commit(self, work: Any) -> Any:
        return await self._store.commit(work)

    async def seen(self, event_id: str) -> bool:
        return await self._store.seen(event_id)


def test_stores_that_lack_a_method() -> None:
    store = Plain()
    store.declare(ORDER)
    with client_of(create_app(store)) as client:
        for query in ("", "?dryRun=true"):
            refused = problem(client.patch(PATH + query, json={"retype": {"total": "float"}}), 501)
            assert refused["detail"] == "The store of this service cannot retype schemas."
    with client_of(create_app(AsyncSchemaRegistry(Bare()))) as client:
        assert problem(client.put(PATH, json={}), 501)["detail"] == "The store of this service cannot declare schemas."
        history = problem(client.get(f"{PATH}/history"), 501)
        assert history["detail"] == "The store of this service keeps no history."


@pytest.mark.slow
def test_a_plan_that_takes_too_long_is_a_503(tmp_path: Path) -> None:
    with closing(SQLStore(f"sqlite:///{tmp_path / 'events.db'}", timeout=0.15)) as store:
        SchemaRegistry(store).track(sent(total=1))
        before = store.load("order")
        with client_of(create_app(store)) as client:
            slow = [0.1]
            event.listen(store.engine, "after_cursor_execute", lambda *_: time.sleep(slow[0]))
            response = client.patch(PATH, json={"retype": {"total": "float"}})
            slow[0] = 0.0
            assert problem(response, 503)
            assert store.load("order") == before
            assert client.get("/healthz").json() == {"status": "ok", "lastWrite": "none"}


# --- history ---


def test_the_history_of_a_schema(store: MemoryStore) -> None:
    app = create_app(store, authorize=lambda _: {READ, WRITE, WRITE_SCHEMAS}, identify=lambda token: token)
    with client_of(app) as client:

        def ask(method: str, path: str, who: str, body: Any = None) -> httpx.Response:
            return client.request(method, path, json=body, headers={"Authorization": f"Bearer {who}"})

        ask("PUT", PATH, "ann", {"properties": {"total": "int"}})
        event_id = ask("POST", "/v4/track", "bo", sent(total=1, note="x")).json()["eventID"]
        ask("PATCH", PATH, "cy", {"retype": {"total": "float"}})
        ask("PUT", PATH, "di", {"frozen": True})
        found = ask("GET", f"{PATH}/history", "ann").json()
        times = [version.pop("at") for version in found["versions"]]
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00", at) for at in times)
        assert found == {
            "name": "order",
            "versions": [
                {"version": 0, "added": {"total": "int"}, "eventID": None, "who": "ann"},
                {"version": 1, "added": {"note": "string"}, "eventID": event_id, "who": "bo"},
                {"version": 2, "added": {}, "eventID": None, "who": "cy", "retyped": {"total": ["int", "float"]}},
                {"version": 3, "added": {}, "eventID": None, "who": "di", "frozen": True},
            ],
        }
        first = ask("GET", f"{PATH}/history?limit=3", "ann")
        assert [version["version"] for version in first.json()["versions"]] == [0, 1, 2]
        assert first.links["next"]["url"] == "?after=2&limit=3"
        last = ask("GET", f"{PATH}/history?after=2&limit=3", "ann")
        assert [version["version"] for version in last.json()["versions"]] == [3]
        assert "Link" not in last.headers
        assert ask("GET", f"{PATH}/history?after=9", "ann").json()["versions"] == []


def test_a_wrong_query_of_a_history(client: httpx.Client, store: MemoryStore) -> None:
    store.declare(ORDER)
    pages = ("after=", "after=-1", "after=x", "after=1234567890", "limit=0", "limit=101", "after=1&after=2", "x=1")
    for query in pages:
        assert problem(client.get(f"{PATH}/history?{query}"), 400)


# --- who may ---


def test_to_govern_needs_its_own_scope(store: MemoryStore) -> None:
    scopes = {"sender": {READ, WRITE}, "admin": {WRITE_SCHEMAS}}
    with client_of(create_app(store, authorize=scopes.get)) as client:
        changes: list[tuple[str, Any]] = [("PUT", {}), ("PATCH", {"retype": {}})]
        for method, body in changes:
            refused = client.request(method, PATH, json=body, headers={"Authorization": "Bearer sender"})
            assert problem(refused, 403)["detail"] == "The bearer token lacks the scope schemas.write."
            assert problem(client.request(method, PATH, json=body), 401)
        assert client.put(PATH, json={}, headers={"Authorization": "Bearer admin"}).status_code == 201
        for path in (PATH, f"{PATH}/history"):
            assert client.get(path, headers={"Authorization": "Bearer sender"}).status_code == 200
            assert problem(client.get(path, headers={"Authorization": "Bearer admin"}), 403)


def test_undeclared_names_are_refused_until_they_are_declared(store: MemoryStore) -> None:
    with client_of(create_app(AsyncSchemaRegistry(ThreadedStore(store), declared_only=True))) as client:
        assert errors(client.post("/v4/track", json=sent(total=1))) == [
            (
                "undeclared_event",
                "/eventName",
                "Expected an event with a declared schema, found one without a schema, at /eventName.",
            )
        ]
        batch = client.post("/v4/track/batch", json={"events": [sent(total=1)]}).json()
        assert [error["pointer"] for error in batch["rejected"][0]["errors"]] == ["/events/0/eventName"]
        assert client.put(PATH, json={"properties": {"total": "int"}}).status_code == 201
        assert client.post("/v4/track", json=sent(total=1)).status_code == 202


def test_a_path_that_is_not_utf8(port: int) -> None:
    answer = exchange(port, b"GET /v4/schemas/%ff%2Fhistory HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 404")
