import gzip
import json
import re
from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import httpx
import pytest

from eventschema import EventSchema, Rules, loads_schemas
from eventschema.store import (
    AsyncSchemaRegistry,
    MemoryStore,
    NotSaved,
    Saved,
    SchemaRegistry,
    StoreError,
    StoreUnavailableError,
    ThreadedStore,
    UnitOfWork,
)
from eventschema.store.sql import SQLStore
from eventschema.web import create_app
from tests.databases import new_database
from tests.store.locks import write_lock
from tests.web.server import serving

ANN = {"email": "ann@example.com"}
EVENT_ID = "00000000-0000-0000-0000-00000000000a"
PROBLEM = "application/problem+json"


def payload(**changes: Any) -> dict[str, Any]:
    return {"eventName": "order", "contact": ANN, "properties": {"total": 1.5}, **changes}


def errors(response: httpx.Response) -> list[tuple[str, str]]:
    assert response.headers["Content-Type"] == PROBLEM
    body = response.json()
    assert body["status"] == response.status_code
    return [(error["code"], error["pointer"]) for error in body["errors"]]


def test_a_deleted_file_of_the_database_is_a_503(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    store = SQLStore(f"sqlite:///{path}")
    with serving(create_app(store)) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        assert client.post("/v4/track", json=payload()).status_code == 202
        path.rename(tmp_path / "aside.db")
        answers = [client.post("/v4/track", json=payload()), client.get("/v4/schemas/order"), client.get("/healthz")]
        assert [(answer.status_code, "Retry-After" in answer.headers) for answer in answers] == [(503, True)] * 3
        (tmp_path / "aside.db").rename(path)
        assert client.post("/v4/track", json=payload()).status_code == 202
    store.close()


def test_an_event_is_accepted(client: httpx.Client, store: MemoryStore) -> None:
    response = client.post("/v4/track", json=payload(eventID=EVENT_ID))
    assert response.status_code == 202
    assert response.headers["Content-Type"] == "application/json"
    assert response.json() == {"eventID": EVENT_ID}
    assert [event.id for event in store.events()] == [EVENT_ID]
    given = client.post("/v4/track", json=payload()).json()["eventID"]
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", given)
    assert store.seen(given)


def test_an_event_id_is_accepted_once(client: httpx.Client, store: MemoryStore) -> None:
    bodies = (payload(eventID=EVENT_ID), payload(eventID=EVENT_ID), payload(eventID=EVENT_ID, properties={"a": 1}))
    notes: tuple[dict[str, bool], ...] = ({}, {"duplicate": True}, {"duplicate": True, "differs": True})
    for body, note in zip(bodies, notes, strict=True):
        response = client.post("/v4/track", json=body)
        assert (response.status_code, response.json()) == (202, {"eventID": EVENT_ID, **note})
    assert len(list(store.events())) == 1
    assert store.load("order") == EventSchema("order").merge({"total": 1.5}).schema


def test_dropped_properties_are_listed() -> None:
    rules = Rules(invalid="drop", unknown_fields="ignore", event_ids="text")
    store = MemoryStore()
    with serving(create_app(store, rules=rules)) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        body = payload(eventID="Order-1", context={}, properties={"total": 1.5, "a b": 1, "tags": []})
        response = client.post("/v4/track", json=body)
        dropped = response.json().pop("dropped")
        assert (response.status_code, response.json()["eventID"]) == (202, "Order-1")
        assert [(error["code"], error["pointer"]) for error in dropped] == [
            ("invalid_name", "/properties/a b"),
            ("unsupported_type", "/properties/tags"),
        ]
        assert client.post("/v4/track", json=body).json() == {"eventID": "Order-1", "duplicate": True}
        assert [event.properties for event in store.events()] == [{"total": 1.5}]


def test_a_refusal_lists_every_error(client: httpx.Client, store: MemoryStore) -> None:
    client.post("/v4/track", json=payload())
    body = payload(contact={**ANN, "id": "gone"}, properties={"total": "x", "a b": 1}, propertes={})
    response = client.post("/v4/track", json=body)
    assert response.status_code == 422
    assert errors(response) == [
        ("contact_not_found", "/contact/id"),
        ("type_conflict", "/properties/total"),
        ("invalid_name", "/properties/a b"),
        ("unknown_field", "/propertes"),
    ]
    conflict, unknown = response.json()["errors"][1], response.json()["errors"][3]
    assert (conflict["expected"], conflict["actual"], conflict["since"]) == ("float", "string", 1)
    assert unknown["field"] == "propertes"
    assert len(list(store.events())) == 1


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"contact": 5}, [("malformed_request", "/contact")]),
        ({"contact": None}, [("malformed_request", "/contact")]),
        ({"contact": []}, [("malformed_request", "/contact")]),
        ({"properties": "a"}, [("malformed_request", "/properties")]),
        (
            {"eventName": "", "properties": []},
            [("invalid_event_name", "/eventName"), ("malformed_request", "/properties")],
        ),
    ],
)
def test_a_malformed_request_is_a_400(
    client: httpx.Client, changes: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    response = client.post("/v4/track", json=payload(**changes))
    assert response.status_code == 400
    assert errors(response) == expected
    described = client.get("/openapi.json").json()["paths"]["/v4/track"]["post"]["responses"]["400"]["description"]
    meaning = "The body, its contact or its properties is not a JSON object, or an object has a key twice."
    assert described.startswith(meaning)


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json",
        "Application/JSON; charset=UTF-8",
        'application/json;charset="utf-8"',
        "application/json;charset=utf8",
        "application/json; charset=utf-8; profile=x",
        "application/json; profile=x;charset=utf-8",
        "APPLICATION/JSON\t;\tCharset = Utf-8",
        "application/json; charset=latin-1",  # a parameter without meaning: RFC 8259, section 11
        'application/json; a="b;c"',
        "application/json;",
        "application/json ; ;",
    ],
)
def test_a_body_of_json(client: httpx.Client, media_type: str) -> None:
    body = b'{"eventName":"order","contact":{"email":"ann@example.com"}}'
    response = client.post("/v4/track", content=body, headers={"Content-Type": media_type})
    assert response.status_code == 202


def test_the_body_is_utf_8_whatever_charset_is_declared(client: httpx.Client, store: MemoryStore) -> None:
    body = json.dumps(payload(properties={"name": "\xe9"}), ensure_ascii=False)
    headers = {"Content-Type": "application/json; charset=latin-1"}
    assert client.post("/v4/track", content=body.encode(), headers=headers).status_code == 202
    assert client.post("/v4/track", content=body.encode("latin-1"), headers=headers).status_code == 400
    assert [event.properties["name"] for event in store.events()] == ["\xe9"]


def test_a_byte_order_mark_is_ignored(client: httpx.Client) -> None:
    body = json.dumps(payload()).encode()
    headers = {"Content-Type": "application/json"}
    assert client.post("/v4/track", content=b"\xef\xbb\xbf" + body, headers=headers).status_code == 202
    assert client.post("/v4/track", content=b"\xef\xbb\xbf" * 2 + body, headers=headers).status_code == 400


@pytest.mark.parametrize(
    "media_type",
    [
        "text/plain",
        "application/jsonp",
        "application/json5",
        "application/problem+json",
        "application / json",
        "application/json, text/plain",
        "json",
        "; application/json",
        "",
    ],
)
def test_a_body_of_another_type(client: httpx.Client, store: MemoryStore, media_type: str) -> None:
    response = client.post("/v4/track", content=b"{}", headers={"Content-Type": media_type})
    assert response.status_code == 415
    assert response.headers["Content-Type"] == PROBLEM
    assert list(store.events()) == []


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "br", "identity, gzip", "x"])
def test_a_body_that_is_compressed(client: httpx.Client, store: MemoryStore, coding: str) -> None:
    body = gzip.compress(json.dumps(payload()).encode())
    headers = {"Content-Type": "application/json", "Content-Encoding": coding}
    response = client.post("/v4/track", content=body, headers=headers)
    assert response.status_code == 415
    assert response.headers["Content-Type"] == PROBLEM
    assert response.headers["Accept-Encoding"] == "identity"
    assert list(store.events()) == []


@pytest.mark.parametrize("coding", ["identity", "Identity", ""])
def test_a_body_with_the_coding_identity(client: httpx.Client, coding: str) -> None:
    assert client.post("/v4/track", json=payload(), headers={"Content-Encoding": coding}).status_code == 202


@pytest.mark.parametrize("name", ["order", "a/b", "ä%2F ?#", "..", "\U0001f600"])
def test_the_schema_of_an_event(client: httpx.Client, store: MemoryStore, name: str) -> None:
    assert client.post("/v4/track", json=payload(eventName=name)).status_code == 202
    quoted = "".join(f"%{byte:02X}" for byte in name.encode())
    response = client.get(f"/v4/schemas/{quoted}")
    assert response.status_code == 200
    assert EventSchema.from_dict(response.json()) == store.load(name)
    assert loads_schemas(response.content) == {name: store.load(name)}  # saved, it is a schema file


@pytest.mark.parametrize("path", ["order", "", "%00", "%FF", "a" * 300, "%ED%A0%80"])
def test_a_missing_schema_is_a_404(client: httpx.Client, path: str) -> None:
    response = client.get(f"/v4/schemas/{path}")
    assert response.status_code == 404
    assert response.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is no schema of this name.",
    }


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 404), ("POST", "/v4/track/", 404), ("GET", "/v4/track", 405), ("POST", "/healthz", 405)],
)
def test_other_paths_and_methods(client: httpx.Client, method: str, path: str, status: int) -> None:
    response = client.request(method, path)
    assert (response.status_code, response.json()["status"]) == (status, status)
    assert response.headers["Content-Type"] == PROBLEM
    assert ("Allow" in response.headers) == (status == 405)


def test_health(client: httpx.Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok", "lastWrite": "none"})


def test_the_rules_are_those_of_the_application() -> None:
    app = create_app(MemoryStore(), rules=Rules(max_properties=0))
    with serving(app) as port:
        response = httpx.post(f"http://127.0.0.1:{port}/v4/track", json=payload())
    assert errors(response) == [("too_many_properties", "/properties")]


def test_an_application_on_a_registry() -> None:
    registry = AsyncSchemaRegistry(ThreadedStore(MemoryStore()), Rules(max_properties=0))
    with serving(create_app(registry)) as port:
        response = httpx.post(f"http://127.0.0.1:{port}/v4/track", json=payload())
    assert errors(response) == [("too_many_properties", "/properties")]


@pytest.mark.parametrize(
    "given", [SchemaRegistry(MemoryStore()), ThreadedStore(MemoryStore()), MemoryStore, "sqlite:///events.db"]
)
def test_an_application_needs_a_store(given: Any) -> None:
    with pytest.raises(TypeError, match=f"found {type(given).__name__}: give the store itself, or AsyncSchemaRegistry"):
        create_app(given)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"authorize": {"a-token": {"events.write"}}}, TypeError, "found dict: for a dict .* give its method get"),
        ({"authorize": "a-token"}, TypeError, "expected authorize to be a function .*, found str"),
        ({"authorize": str, "identify": {}}, TypeError, "expected identify to be a function .*, found dict"),
        ({"identify": str}, ValueError, "expected authorize with identify"),
        ({"rules": {"max_properties": 5}}, TypeError, r"expected rules made with Rules\(...\), found dict"),
        ({"max_body": "1MB"}, TypeError, "expected max_body as a number of bytes, found str"),
        ({"max_body": 1e6}, TypeError, "found float"),
        ({"max_body": True}, TypeError, "found bool"),
        ({"max_body": 0}, ValueError, "expected max_body of at least 1, found 0"),
        ({"body_timeout": None}, TypeError, "expected body_timeout as a number of seconds, found NoneType"),
        ({"body_timeout": False}, TypeError, "found bool"),
        ({"body_timeout": 0}, ValueError, "expected body_timeout above 0 seconds, found 0"),
        ({"body_timeout": float("nan")}, ValueError, "found nan"),
        ({"store_timeout": "1"}, TypeError, "expected store_timeout as a number of seconds, found str"),
        ({"store_timeout": 0}, ValueError, "expected store_timeout above 0 seconds, found 0"),
    ],
)
def test_wrong_options_are_errors(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        create_app(MemoryStore(), **options)


def test_the_smallest_options_are_accepted() -> None:
    create_app(MemoryStore(), max_body=1, body_timeout=0.001)
    create_app(MemoryStore(), body_timeout=float("inf"))


def test_rules_with_a_registry_must_be_its_own() -> None:
    registry = AsyncSchemaRegistry(ThreadedStore(MemoryStore()), Rules(max_properties=0))
    create_app(registry, rules=Rules(max_properties=0))
    for rules in (Rules(), Rules(max_properties=1)):
        with pytest.raises(ValueError, match="give them to it, AsyncSchemaRegistry"):
            create_app(registry, rules=rules)


class Broken(MemoryStore):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def load(self, name: str) -> EventSchema | None:
        raise self.error

    def find(self, identifiers: Mapping[str, str]) -> tuple[Any, ...]:
        raise self.error

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        raise self.error


def test_a_store_that_cannot_answer() -> None:
    with (
        serving(create_app(Broken(StoreUnavailableError("a secret")))) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        for response in (
            client.post("/v4/track", json=payload()),
            client.get("/v4/schemas/order"),
            client.get("/healthz"),
        ):
            assert response.status_code == 503
            assert response.headers["Content-Type"] == PROBLEM
            assert response.headers["Retry-After"] == "1"
            assert "secret" not in response.text


@pytest.mark.parametrize("kind", [RuntimeError, StoreError])
def test_a_500_does_not_repeat_the_error(kind: type[Exception]) -> None:
    with serving(create_app(Broken(kind("a secret")))) as port:
        response = httpx.post(f"http://127.0.0.1:{port}/v4/track", json=payload())
    assert (response.status_code, response.headers["Content-Type"]) == (500, PROBLEM)
    assert "Retry-After" not in response.headers
    assert "secret" not in response.text


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_an_application_on_a_database(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    def check(url: str) -> None:
        store = SQLStore(url)
        with serving(create_app(store)) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            for number in range(5):
                assert (
                    client.post("/v4/track", json=payload(properties={"a": "\0", f"p{number}": 1})).status_code == 202
                )
            assert len(client.get("/v4/schemas/order").json()["properties"]) == 6
        assert len(list(store.events())) == 5
        store.close()

    if kind == "sqlite":
        check(f"sqlite:///{tmp_path / 'events.db'}")
    else:
        with new_database(request.getfixturevalue("postgres_server")) as url:
            check(url)


def test_a_full_queue_is_a_503_and_health_does_not_wait(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'events.db'}"
    store = SQLStore(url)
    app = create_app(AsyncSchemaRegistry(ThreadedStore(store, threads=1), max_waiting=1))
    with (
        serving(app) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client,
        ThreadPoolExecutor(10) as threads,
    ):
        assert client.post("/v4/track", json=payload()).status_code == 202
        with write_lock(url):
            posted = [threads.submit(client.post, "/v4/track", json=payload())]
            while not wait(posted, timeout=0.1).done:  # requests that come at the same time are saved together
                posted.append(threads.submit(client.post, "/v4/track", json=payload()))
            [refused], others = wait(posted, return_when=FIRST_COMPLETED)
            response = refused.result()
            assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
            assert response.json()["detail"] == "Too many requests wait for the store."
            assert client.get("/healthz").status_code == 200
            assert client.get("/v4/schemas/order").status_code == 200
            assert not any(other.done() for other in others)
        assert {other.result().status_code for other in others} == {202}
        assert len(others) >= 2
    assert len(list(store.events())) == 1 + len(others)
    store.close()
